// SPDX-License-Identifier: MIT
#include "linux/hash_thread_object.h"

#include <string>
#include <utility>

namespace kernelwire {
namespace {

template <size_t kBytes>
std::string Hex(const std::array<uint8_t, kBytes>& digest) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const uint8_t byte : digest) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

Napi::Value AnswerOf(Napi::Env env, const HashAnswer& answer) {
  Napi::Object object = Napi::Object::New(env);
  object["id"] = answer.id;
  if (answer.status == HashStatus::kHashed) {
    Napi::Object digests = Napi::Object::New(env);
    digests["hash"] = Hex(answer.digests.sha256);
    digests["sha1"] = Hex(answer.digests.sha1);
    digests["md5"] = Hex(answer.digests.md5);
    object["answer"] = digests;
  } else {
    object["answer"] = answer.status == HashStatus::kChanged ? "changed" : "unreadable";
  }
  return object;
}

}  // namespace

Napi::Function HashThreadObject::Define(Napi::Env env) {
  return DefineClass(env, "HashThread",
                     {
                         InstanceMethod<&HashThreadObject::Start>("start"),
                         InstanceMethod<&HashThreadObject::Hash>("hash"),
                         InstanceMethod<&HashThreadObject::TakeAnswers>("takeAnswers"),
                         InstanceMethod<&HashThreadObject::HasEnded>("hasEnded"),
                         InstanceMethod<&HashThreadObject::Stop>("stop"),
                     });
}

// new HashThread(onAnswers)
HashThreadObject::HashThreadObject(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<HashThreadObject>(info) {
  on_answers_.emplace(info[0].As<Napi::Function>());
  napi_add_env_cleanup_hook(info.Env(), EndAtExit, this);
}

HashThreadObject::~HashThreadObject() {
  End();
  napi_remove_env_cleanup_hook(Env(), EndAtExit, this);
}

void HashThreadObject::EndAtExit(void* object) { static_cast<HashThreadObject*>(object)->End(); }

void HashThreadObject::End() {
  thread_.reset();
  on_answers_.reset();
}

void HashThreadObject::OnAnswers() {
  on_answers_->Call();
  if (thread_ && thread_->HasEnded()) End();
}

Napi::Value HashThreadObject::Start(const Napi::CallbackInfo& info) {
  std::unique_ptr<Digester> digester = Digester::Create();
  const bool is_started =
      digester && HashThread::Start(
                      info.Env(), std::move(digester), [this] { OnAnswers(); }, &thread_) == 0;
  return Napi::Boolean::New(info.Env(), is_started);
}

// hash(id, fd, sizeBytes, version)
Napi::Value HashThreadObject::Hash(const Napi::CallbackInfo& info) {
  FileToHash file = {};
  file.id = info[0].As<Napi::Number>().Uint32Value();
  file.fd = info[1].As<Napi::Number>().Int32Value();
  file.size = static_cast<uint64_t>(info[2].As<Napi::Number>().Int64Value());
  const std::string version = info[3].As<Napi::String>();
  version.copy(file.version.data(), file.version.size() - 1);
  return Napi::Boolean::New(info.Env(), thread_ && thread_->Hash(file));
}

Napi::Value HashThreadObject::TakeAnswers(const Napi::CallbackInfo& info) {
  Napi::Array answers = Napi::Array::New(info.Env());
  HashAnswer answer;
  for (uint32_t i = 0; thread_ && thread_->TakeAnswer(&answer); i++)
    answers[i] = AnswerOf(info.Env(), answer);
  return answers;
}

Napi::Value HashThreadObject::HasEnded(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), !thread_ || thread_->HasEnded());
}

void HashThreadObject::Stop(const Napi::CallbackInfo&) {
  if (thread_) thread_->Stop();
}

}  // namespace kernelwire
