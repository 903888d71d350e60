// SPDX-License-Identifier: MIT
#include "etl/face_object.h"

#include <optional>
#include <string>
#include <utility>

#include "etl/file_input.h"

namespace kernelwire::etl {
namespace {

Napi::Value Closed(const Napi::CallbackInfo& info) {
  Napi::Error::New(info.Env(), "the file is closed").ThrowAsJavaScriptException();
  return info.Env().Undefined();
}

}  // namespace

void FaceObject::Define(Napi::Env env, Napi::Object exports) {
  exports["Etl"] = DefineClass(env, "Etl",
                               {
                                   InstanceMethod<&FaceObject::Open>("open"),
                                   InstanceMethod<&FaceObject::Refusal>("refusal"),
                                   InstanceMethod<&FaceObject::Step>("step"),
                                   InstanceMethod<&FaceObject::Push>("push"),
                                   InstanceMethod<&FaceObject::End>("end"),
                                   InstanceMethod<&FaceObject::HoldAtMost>("holdAtMost"),
                                   InstanceMethod<&FaceObject::Facts>("facts"),
                                   InstanceMethod<&FaceObject::Names>("names"),
                                   InstanceMethod<&FaceObject::Totals>("totals"),
                                   InstanceMethod<&FaceObject::Counts>("counts"),
                                   InstanceMethod<&FaceObject::Close>("close"),
                               });
  exports["etlMemoryBytes"] = Napi::Number::New(env, RecordWriter::kBytes);
  exports["etlRecordsMax"] = Napi::Number::New(env, RecordWriter::kRecordsMax);
}

// new Etl(path: string | undefined, memory?: ArrayBuffer, offsets?: Uint32Array)
FaceObject::FaceObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<FaceObject>(info) {
  std::unique_ptr<Input> input;
  if (info[0].IsString()) {
    int error = 0;
    input = FileInput::Open(info[0].As<Napi::String>().Utf8Value().c_str(), error);
    if (!input) {
      const std::string reason = "cannot open the file: system error " + std::to_string(error);
      Napi::Error::New(info.Env(), reason).ThrowAsJavaScriptException();
      return;
    }
  }
  std::optional<RecordWriter> records;
  if (info[1].IsArrayBuffer()) {
    memory_ = Napi::Persistent(info[1].As<Napi::ArrayBuffer>());
    offsets_ = Napi::Persistent(info[2].As<Napi::Uint32Array>());
    records.emplace(static_cast<uint8_t*>(memory_.Value().Data()), offsets_.Value().Data());
  }
  face_ = std::make_unique<Face>(std::move(input), records ? &*records : nullptr);
}

Napi::Value FaceObject::Open(const Napi::CallbackInfo& info) {
  if (!face_) return Closed(info);
  return Napi::Number::New(info.Env(), static_cast<int>(face_->Open()));
}

Napi::Value FaceObject::Refusal(const Napi::CallbackInfo& info) {
  if (!face_) return Closed(info);
  return Napi::String::New(info.Env(), face_->refusal());
}

Napi::Value FaceObject::Step(const Napi::CallbackInfo& info) {
  if (!face_) return Closed(info);
  return Napi::Number::New(info.Env(), face_->Step(info[0].As<Napi::Number>().Uint32Value()));
}

void FaceObject::Push(const Napi::CallbackInfo& info) {
  // A pipe may bring something when it is closed already.
  if (!face_) return;
  const auto bytes = info[0].As<Napi::Uint8Array>();
  face_->Push(bytes.Data(), bytes.ByteLength());
}

void FaceObject::End(const Napi::CallbackInfo& /*info*/) {
  if (face_) face_->End();
}

void FaceObject::HoldAtMost(const Napi::CallbackInfo& info) {
  if (face_) face_->HoldAtMost(info[0].As<Napi::Number>().Uint32Value());
}

Napi::Value FaceObject::Facts(const Napi::CallbackInfo& info) {
  if (!face_) return Closed(info);
  auto facts = Napi::Float64Array::New(info.Env(), Face::kFacts);
  face_->WriteFacts(facts.Data());
  return facts;
}

Napi::Value FaceObject::Names(const Napi::CallbackInfo& info) {
  if (!face_) return Closed(info);
  Napi::Array names = Napi::Array::New(info.Env(), 2);
  names.Set(0u, Napi::String::New(info.Env(), face_->session_name()));
  names.Set(1u, Napi::String::New(info.Env(), face_->file_name()));
  return names;
}

Napi::Value FaceObject::Totals(const Napi::CallbackInfo& info) {
  if (!face_) return Closed(info);
  auto totals = Napi::Float64Array::New(info.Env(), Face::kTotals);
  face_->WriteTotals(totals.Data());
  return totals;
}

// Rows of EventCount.
Napi::Value FaceObject::Counts(const Napi::CallbackInfo& info) {
  if (!face_) return Closed(info);
  const size_t bytes = face_->kinds() * sizeof(EventCount);
  auto rows = Napi::ArrayBuffer::New(info.Env(), bytes);
  if (bytes > 0) std::memcpy(rows.Data(), face_->counts(), bytes);
  return rows;
}

// Frees the memory and the file.
void FaceObject::Close(const Napi::CallbackInfo& /*info*/) {
  face_.reset();
  memory_.Reset();
  offsets_.Reset();
}

}  // namespace kernelwire::etl
