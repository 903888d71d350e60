// SPDX-License-Identifier: MIT
// A JavaScript function that the event loop calls, outside every other call.
#pragma once

#include <napi.h>

namespace kernelwire {

class LoopCallback {
 public:
  explicit LoopCallback(Napi::Function function) : function_(Napi::Persistent(function)) {
    const Napi::Env env = function.Env();
    napi_async_init(env, nullptr, Napi::String::New(env, "kernelwire"), &context_);
  }
  ~LoopCallback() {
    if (context_) napi_async_destroy(function_.Env(), context_);
  }
  LoopCallback(const LoopCallback&) = delete;
  LoopCallback& operator=(const LoopCallback&) = delete;

  // The call may destroy this object's owner. An exception is the program's own, uncaught.
  void Call() const {
    const napi_env env = function_.Env();
    Napi::HandleScope scope(env);
    const napi_value receiver = Napi::Env(env).Global();
    napi_make_callback(env, context_, receiver, function_.Value(), 0, nullptr, nullptr);
    bool has_thrown = false;
    napi_is_exception_pending(env, &has_thrown);
    napi_value thrown;
    if (has_thrown && napi_get_and_clear_last_exception(env, &thrown) == napi_ok)
      napi_fatal_exception(env, thrown);
  }

 private:
  Napi::FunctionReference function_;
  napi_async_context context_ = nullptr;
};

}  // namespace kernelwire
