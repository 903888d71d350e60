// SPDX-License-Identifier: MIT
// The little of libuv that the addon needs, which Node exports to addons.
//
// Declared here because Node-API's headers do not have it, and Node's own headers are not installed
// everywhere. libuv's binary interface is frozen within 1.x (https://docs.libuv.org/en/v1.x, "ABI
// compatibility"): handles are only ever named by pointers and made as large as it says itself.
#pragma once

#include <cstddef>
#include <cstdint>

extern "C" {
struct uv_loop_s;
struct uv_handle_s;

using uv_close_callback = void (*)(uv_handle_s* handle);
using uv_timer_callback = void (*)(uv_handle_s* timer);
using uv_poll_callback = void (*)(uv_handle_s* poll, int status, int events);

// enum uv_handle_type, UV_HANDLE_TYPE_MAP; and enum uv_poll_event.
enum { KERNELWIRE_UV_POLL = 8, KERNELWIRE_UV_TIMER = 13, KERNELWIRE_UV_READABLE = 1 };

size_t uv_handle_size(int type);
const char* uv_handle_type_name(int type);
void uv_handle_set_data(uv_handle_s* handle, void* data);
void* uv_handle_get_data(const uv_handle_s* handle);
void uv_ref(uv_handle_s* handle);
void uv_unref(uv_handle_s* handle);
void uv_close(uv_handle_s* handle, uv_close_callback callback);
void uv_update_time(uv_loop_s* loop);

int uv_poll_init(uv_loop_s* loop, uv_handle_s* poll, int fd);
int uv_poll_start(uv_handle_s* poll, int events, uv_poll_callback callback);
int uv_timer_init(uv_loop_s* loop, uv_handle_s* timer);
int uv_timer_start(uv_handle_s* timer, uv_timer_callback callback, uint64_t timeout_ms,
                   uint64_t repeat_ms);
int uv_timer_stop(uv_handle_s* timer);
}
