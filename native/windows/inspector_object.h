// SPDX-License-Identifier: MIT
// FileInspector for JavaScript: lib/windows/native.ts has the types.
#pragma once

#include <napi.h>

#include <memory>

#include "windows/file_inspector.h"

namespace kernelwire {

class FileInspectorObject : public Napi::ObjectWrap<FileInspectorObject> {
 public:
  static Napi::Function Define(Napi::Env env);

  explicit FileInspectorObject(const Napi::CallbackInfo& info);
  ~FileInspectorObject() override;

 private:
  static void StopAtExit(void* object);
  Napi::Value Inspect(const Napi::CallbackInfo& info);
  void Cancel(const Napi::CallbackInfo& info);

  std::shared_ptr<FileInspector> inspector_;
};

}  // namespace kernelwire
