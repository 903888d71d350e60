// SPDX-License-Identifier: MIT
#include "linux/loop_watch.h"

#include <cerrno>
#include <cstring>
#include <utility>

namespace kernelwire {

int LoopWatch::Create(napi_env env, FileDescriptor fd, std::function<void()> on_readable,
                      std::function<void()> on_time, Owned* watch) {
  uv_loop_s* loop = nullptr;
  if (napi_get_uv_event_loop(env, &loop) != napi_ok) return ENOSYS;
  Owned made(new LoopWatch(loop, std::move(fd), std::move(on_readable), std::move(on_time)));
  if (int error = made->Start(env)) return error;
  *watch = std::move(made);
  return 0;
}

LoopWatch::LoopWatch(uv_loop_s* loop, FileDescriptor fd, std::function<void()> on_readable,
                     std::function<void()> on_time)
    : loop_(loop),
      fd_(std::move(fd)),
      on_readable_(std::move(on_readable)),
      on_time_(std::move(on_time)) {}

// Null where this libuv numbers its handles in another way than event_loop.h.
LoopWatch::Handle LoopWatch::NewHandle(int type, const char* name) {
  const char* actual = uv_handle_type_name(type);
  if (!actual || strcmp(actual, name) != 0) return nullptr;
  return Handle(static_cast<uv_handle_s*>(calloc(1, uv_handle_size(type))));
}

int LoopWatch::Start(napi_env env) {
  poll_ = NewHandle(KERNELWIRE_UV_POLL, "poll");
  timer_ = NewHandle(KERNELWIRE_UV_TIMER, "timer");
  if (!poll_ || !timer_) return ENOSYS;
  if (int error = uv_timer_init(loop_, timer_.get())) return -error;
  open_handles_++;
  uv_handle_set_data(timer_.get(), this);
  if (int error = uv_poll_init(loop_, poll_.get(), fd_.get())) return -error;
  open_handles_++;
  uv_handle_set_data(poll_.get(), this);
  uv_unref(timer_.get());
  if (napi_add_async_cleanup_hook(env, OnEnvironmentEnds, this, &hook_) != napi_ok) return ENOMEM;
  return -uv_poll_start(poll_.get(), KERNELWIRE_UV_READABLE, [](uv_handle_s* poll, int, int) {
    LoopWatch* watch = Of(poll);
    if (!watch->is_closing_) watch->on_readable_();
  });
}

void LoopWatch::SetTimer(int milliseconds) {
  // The loop's own idea of the time is that of the beginning of its turn.
  uv_update_time(loop_);
  uv_timer_start(
      timer_.get(),
      [](uv_handle_s* timer) {
        LoopWatch* watch = Of(timer);
        if (!watch->is_closing_) watch->on_time_();
      },
      milliseconds > 0 ? static_cast<uint64_t>(milliseconds) : 0, 0);
}

void LoopWatch::StopTimer() { uv_timer_stop(timer_.get()); }

void LoopWatch::Ref() { uv_ref(poll_.get()); }

void LoopWatch::Unref() { uv_unref(poll_.get()); }

LoopWatch* LoopWatch::Of(uv_handle_s* handle) {
  return static_cast<LoopWatch*>(uv_handle_get_data(handle));
}

void LoopWatch::Leave() {
  has_owner_ = false;
  Close();
  if (open_handles_ == 0) delete this;
}

void LoopWatch::Close() {
  if (is_closing_) return;
  is_closing_ = true;
  // Made in this order; a handle whose making failed was never in the loop.
  if (open_handles_ > 0) uv_close(timer_.get(), OnClosed);
  if (open_handles_ > 1) uv_close(poll_.get(), OnClosed);
}

void LoopWatch::OnClosed(uv_handle_s* handle) {
  LoopWatch* watch = Of(handle);
  if (--watch->open_handles_ > 0) return;
  if (watch->hook_) napi_remove_async_cleanup_hook(watch->hook_);
  if (!watch->has_owner_) delete watch;
}

// The environment waits until the hook is removed.
void LoopWatch::OnEnvironmentEnds(napi_async_cleanup_hook_handle, void* watch) {
  static_cast<LoopWatch*>(watch)->Close();
}

}  // namespace kernelwire
