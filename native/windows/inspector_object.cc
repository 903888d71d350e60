// SPDX-License-Identifier: MIT
#include "windows/inspector_object.h"

#include <cmath>
#include <string>

#include "background.h"

namespace kernelwire {
namespace {

constexpr double kPerMs = 1e4;
constexpr double kUnixMs = 11'644'473'600'000;  // from 1601 to 1970

// Whole milliseconds since 1970, where there are any.
void PutTime(Napi::Object& answer, const char* name, uint64_t time) {
  const double ms = std::floor(static_cast<double>(time) / kPerMs) - kUnixMs;
  if (ms > 0) answer[name] = ms;
}

void PutText(Napi::Object& answer, const char* name, const std::u16string& text) {
  if (!text.empty()) answer[name] = Napi::String::New(answer.Env(), text);
}

Napi::Object SignatureOf(Napi::Env env, const Signature& signature) {
  Napi::Object answer = Napi::Object::New(env);
  answer["isSigned"] = signature.is_signed;
  answer["isVerified"] = signature.is_verified();
  if (signature.chain != ChainStatus::kNotLookedAt) {
    answer["chainStatus"] = static_cast<int>(signature.chain);
  }
  PutText(answer, "issuer", signature.issuer);
  PutText(answer, "subject", signature.subject);
  return answer;
}

Napi::Value AnswerOf(Napi::Env env, const InspectedFile& file) {
  Napi::Object answer = Napi::Object::New(env);
  answer["error"] = static_cast<double>(file.error);
  answer["isKnown"] = file.is_known;
  if (!file.has_facts) return answer;
  answer["version"] = file.version;
  answer["sizeBytes"] = static_cast<double>(file.size);
  answer["attributes"] = static_cast<double>(file.attributes);
  PutTime(answer, "creationMs", file.created);
  PutTime(answer, "modificationMs", file.modified);
  PutTime(answer, "accessMs", file.accessed);
  if (file.error != ERROR_SUCCESS || file.is_known) return answer;
  answer["hash"] = file.digests[Digests::kSha256];
  answer["sha1"] = file.digests[Digests::kSha1];
  answer["md5"] = file.digests[Digests::kMd5];
  if (!file.info.file_version.empty()) answer["fileVersion"] = file.info.file_version;
  PutText(answer, "originalFileName", file.info.original_file_name);
  answer["signature"] = SignatureOf(env, file.signature);
  return answer;
}

std::wstring Wide(const Napi::Value& value) {
  const std::u16string text = value.As<Napi::String>().Utf16Value();
  return {reinterpret_cast<const wchar_t*>(text.data()), text.size()};
}

}  // namespace

Napi::Function FileInspectorObject::Define(Napi::Env env) {
  return DefineClass(env, "FileInspector",
                     {
                         InstanceMethod<&FileInspectorObject::Inspect>("inspect"),
                         InstanceMethod<&FileInspectorObject::Cancel>("cancel"),
                     });
}

// new FileInspector(limitBytes)
FileInspectorObject::FileInspectorObject(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<FileInspectorObject>(info) {
  const auto limit_bytes = static_cast<uint64_t>(info[0].As<Napi::Number>().Int64Value());
  inspector_ = std::make_shared<FileInspector>(limit_bytes);
  napi_add_env_cleanup_hook(info.Env(), StopAtExit, this);
}

FileInspectorObject::~FileInspectorObject() {
  napi_remove_env_cleanup_hook(Env(), StopAtExit, this);
  inspector_->Cancel();
}

// A program that ends does not wait for the rest of a file.
void FileInspectorObject::StopAtExit(void* object) {
  static_cast<FileInspectorObject*>(object)->inspector_->Cancel();
}

// inspect(path, knownVersion): a promise of what the file is.
Napi::Value FileInspectorObject::Inspect(const Napi::CallbackInfo& info) {
  return Background<InspectedFile>::Run(
      info.Env(),
      [inspector = inspector_, path = Wide(info[0]),
       known = info[1].As<Napi::String>().Utf8Value()] { return inspector->Inspect(path, known); },
      AnswerOf);
}

void FileInspectorObject::Cancel(const Napi::CallbackInfo& /*info*/) { inspector_->Cancel(); }

}  // namespace kernelwire
