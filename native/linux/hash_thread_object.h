// SPDX-License-Identifier: MIT
// HashThread as a JavaScript object: lib/native.ts is its type, lib/identity/hash-thread.ts its
// only user.
#pragma once

#include <napi.h>

#include <memory>
#include <optional>

#include "linux/hash_thread.h"
#include "linux/loop_callback.h"

namespace kernelwire {

class HashThreadObject : public Napi::ObjectWrap<HashThreadObject> {
 public:
  static Napi::Function Define(Napi::Env env);
  explicit HashThreadObject(const Napi::CallbackInfo& info);
  ~HashThreadObject() override;

 private:
  static void EndAtExit(void* object);
  void OnAnswers();
  void End();

  Napi::Value Start(const Napi::CallbackInfo& info);
  Napi::Value Hash(const Napi::CallbackInfo& info);
  Napi::Value TakeAnswers(const Napi::CallbackInfo& info);
  Napi::Value HasEnded(const Napi::CallbackInfo& info);
  void Stop(const Napi::CallbackInfo& info);

  std::optional<LoopCallback> on_answers_;
  std::unique_ptr<HashThread> thread_;
};

}  // namespace kernelwire
