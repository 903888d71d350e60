// SPDX-License-Identifier: MIT
// EbpfSource as a JavaScript object: lib/native.ts is its type, lib/linux/source.ts its only user.
#pragma once

#include <napi.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "linux/ebpf_source.h"
#include "linux/loop_callback.h"

namespace kernelwire {

class SourceObject : public Napi::ObjectWrap<SourceObject> {
 public:
  static Napi::Function Define(Napi::Env env);
  explicit SourceObject(const Napi::CallbackInfo& info);
  ~SourceObject() override;

 private:
  static void CloseAtExit(void* object);
  void Close();

  Napi::Value Open(const Napi::CallbackInfo& info);
  Napi::Value Programs(const Napi::CallbackInfo& info);
  Napi::Value Scan(const Napi::CallbackInfo& info);
  void Release(const Napi::CallbackInfo& info);
  Napi::Value IsDrained(const Napi::CallbackInfo& info);
  void WaitForRecord(const Napi::CallbackInfo& info);
  void Pause(const Napi::CallbackInfo& info);
  void Interrupt(const Napi::CallbackInfo& info);
  Napi::Value Extend(const Napi::CallbackInfo& info);
  Napi::Value Restrict(const Napi::CallbackInfo& info);
  Napi::Value TakeSnapshot(const Napi::CallbackInfo& info);
  Napi::Value MissedRuns(const Napi::CallbackInfo& info);
  Napi::Value LostPrograms(const Napi::CallbackInfo& info);
  Napi::Value Detach(const Napi::CallbackInfo& info);
  void Close(const Napi::CallbackInfo& info);
  void Ref(const Napi::CallbackInfo& info);
  void Unref(const Napi::CallbackInfo& info);

  Napi::Value Opened(Napi::Env env, std::shared_ptr<EbpfSource> source);
  Napi::ArrayBuffer Expose(Napi::Env env, std::shared_ptr<Mapping> mapping, const std::byte* data,
                           size_t bytes);

  EbpfOptions options_;
  std::shared_ptr<EbpfSource> source_;
  std::vector<Napi::Reference<Napi::ArrayBuffer>> exposed_;
  uint32_t* offsets_ = nullptr;  // memory of `offsets`, which `offsets_owner_` keeps
  Napi::Reference<Napi::Uint32Array> offsets_owner_;
  std::optional<LoopCallback> on_answer_;
};

}  // namespace kernelwire
