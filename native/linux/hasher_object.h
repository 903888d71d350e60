// SPDX-License-Identifier: MIT
// The program that hashes as a JavaScript object: lib/native.ts is its type, lib/identity/hasher.ts
// its only user. What it has open, the environment closes with it.
#pragma once

#include <napi.h>

#include <optional>
#include <vector>

#include "linux/hasher/protocol.h"
#include "linux/loop_callback.h"
#include "linux/loop_watch.h"

namespace kernelwire {

class HasherObject : public Napi::ObjectWrap<HasherObject> {
 public:
  static Napi::Function Define(Napi::Env env);
  explicit HasherObject(const Napi::CallbackInfo& info);
  ~HasherObject() override;

 private:
  static void EndAtExit(void* object);
  void OnReadable();
  // The process whose end is still to be taken note of.
  pid_t End();

  Napi::Value Start(const Napi::CallbackInfo& info);
  Napi::Value Ask(const Napi::CallbackInfo& info);
  Napi::Value TakeAnswers(const Napi::CallbackInfo& info);
  Napi::Value IsRunning(const Napi::CallbackInfo& info);
  Napi::Value Close(const Napi::CallbackInfo& info);

  std::optional<LoopCallback> on_answers_;
  LoopWatch::Owned watch_;
  std::vector<HashAnswer> answers_;
  pid_t process_ = 0;
  bool is_closed_ = false;
};

}  // namespace kernelwire
