// SPDX-License-Identifier: MIT
// Face as a JavaScript object: lib/native.ts is its type, lib/etl/native-core.ts its only user.
#pragma once

#include <napi.h>

#include <memory>

#include "etl/face.h"

namespace kernelwire::etl {

class FaceObject : public Napi::ObjectWrap<FaceObject> {
 public:
  static void Define(Napi::Env env, Napi::Object exports);
  explicit FaceObject(const Napi::CallbackInfo& info);

 private:
  Napi::Value Open(const Napi::CallbackInfo& info);
  Napi::Value Refusal(const Napi::CallbackInfo& info);
  Napi::Value Step(const Napi::CallbackInfo& info);
  void Push(const Napi::CallbackInfo& info);
  void End(const Napi::CallbackInfo& info);
  void HoldAtMost(const Napi::CallbackInfo& info);
  Napi::Value Facts(const Napi::CallbackInfo& info);
  Napi::Value Names(const Napi::CallbackInfo& info);
  Napi::Value Totals(const Napi::CallbackInfo& info);
  Napi::Value Counts(const Napi::CallbackInfo& info);
  void Close(const Napi::CallbackInfo& info);

  std::unique_ptr<Face> face_;
  Napi::Reference<Napi::ArrayBuffer> memory_;
  Napi::Reference<Napi::Uint32Array> offsets_;
};

}  // namespace kernelwire::etl
