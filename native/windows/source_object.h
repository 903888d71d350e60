// SPDX-License-Identifier: MIT
// EtwSource as a JavaScript object: lib/windows/native.ts is its type, lib/windows/source.ts its
// only user.
#pragma once

#include <napi.h>

#include <memory>

#include "windows/etw_source.h"

namespace kernelwire {

class EtwSourceObject : public Napi::ObjectWrap<EtwSourceObject> {
 public:
  static Napi::Function Define(Napi::Env env);
  explicit EtwSourceObject(const Napi::CallbackInfo& info);
  ~EtwSourceObject() override;

 private:
  static void StopAtExit(void* object);

  Napi::Value Open(const Napi::CallbackInfo& info);
  Napi::Value Scan(const Napi::CallbackInfo& info);
  void Release(const Napi::CallbackInfo& info);
  Napi::Value IsDrained(const Napi::CallbackInfo& info);
  Napi::Value Wait(const Napi::CallbackInfo& info);
  void StopWaiting(const Napi::CallbackInfo& info);
  Napi::Value NowMs(const Napi::CallbackInfo& info);
  void TakeSnapshot(const Napi::CallbackInfo& info);
  Napi::Value Sessions(const Napi::CallbackInfo& info);
  Napi::Value Detach(const Napi::CallbackInfo& info);
  void Close(const Napi::CallbackInfo& info);
  void Ref(const Napi::CallbackInfo& info);
  void Unref(const Napi::CallbackInfo& info);

  std::shared_ptr<EtwSource> source_;
  Napi::ThreadSafeFunction wake_;
  Napi::Reference<Napi::Uint32Array> offsets_;
  bool is_closed_ = false;
};

}  // namespace kernelwire
