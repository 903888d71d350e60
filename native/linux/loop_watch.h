// SPDX-License-Identifier: MIT
// A file descriptor and a timer in the event loop of a JavaScript environment.
//
// They outlive their owner until the loop has let go of them, and the environment until then.
#pragma once

#include <node_api.h>

#include <cstdlib>
#include <functional>
#include <memory>

#include "linux/event_loop.h"
#include "linux/file_descriptor.h"

namespace kernelwire {

class LoopWatch {
 public:
  struct Release {
    void operator()(LoopWatch* watch) const { watch->Leave(); }
  };
  using Owned = std::unique_ptr<LoopWatch, Release>;

  // Watches `fd`, which it takes. Both functions are called from the loop, and may let go of the
  // watch. 0 or an errno.
  static int Create(napi_env env, FileDescriptor fd, std::function<void()> on_readable,
                    std::function<void()> on_time, Owned* watch);

  int fd() const { return fd_.get(); }
  // Calls on_time once, so many milliseconds from now; replaces what was set before.
  void SetTimer(int milliseconds);
  void StopTimer();
  // Whether the watch keeps the loop running; the timer never does.
  void Ref();
  void Unref();

 private:
  struct Free {
    void operator()(uv_handle_s* handle) const { free(handle); }
  };
  using Handle = std::unique_ptr<uv_handle_s, Free>;

  LoopWatch(uv_loop_s* loop, FileDescriptor fd, std::function<void()> on_readable,
            std::function<void()> on_time);
  static Handle NewHandle(int type, const char* name);
  int Start(napi_env env);
  void Leave();
  void Close();
  static void OnClosed(uv_handle_s* handle);
  static void OnEnvironmentEnds(napi_async_cleanup_hook_handle hook, void* watch);
  static LoopWatch* Of(uv_handle_s* handle);

  uv_loop_s* const loop_;
  const FileDescriptor fd_;
  const std::function<void()> on_readable_;
  const std::function<void()> on_time_;
  Handle poll_;
  Handle timer_;
  int open_handles_ = 0;
  bool has_owner_ = true;
  bool is_closing_ = false;
  napi_async_cleanup_hook_handle hook_ = nullptr;
};

}  // namespace kernelwire
