// SPDX-License-Identifier: MIT
#include "linux/hasher_object.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "background.h"
#include "linux/hasher_process.h"

namespace kernelwire {
namespace {

// A process that ends takes a millisecond; the loop waits for it at its own end only.
constexpr int kEndMs = 50;
constexpr int kCloseMs = 500;

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
  object["error"] = static_cast<uint32_t>(answer.error);
  if (answer.has_digests) {
    object["hash"] = Hex(answer.digests.sha256);
    object["sha1"] = Hex(answer.digests.sha1);
    object["md5"] = Hex(answer.digests.md5);
  }
  if (answer.is_of_image) object["isOfImage"] = true;
  if (!answer.has_status) return object;
  object["sizeBytes"] = static_cast<double>(answer.size);
  if (answer.has_creation) object["creationMs"] = static_cast<double>(answer.creation_ms);
  object["modificationMs"] = static_cast<double>(answer.modification_ms);
  object["accessMs"] = static_cast<double>(answer.access_ms);
  return object;
}

uint32_t Uint32(const Napi::Object& object, const char* name) {
  return object.Get(name).As<Napi::Number>().Uint32Value();
}

uint64_t Bytes(const Napi::Object& object, const char* name) {
  return static_cast<uint64_t>(object.Get(name).As<Napi::Number>().Int64Value());
}

void RequestOf(const Napi::Object& wish, HashRequest* request) {
  request->id = Uint32(wish, "id");
  request->uid = Uint32(wish, "uid");
  const auto words = wish.Get("identity").As<Napi::Uint32Array>();
  memcpy(&request->identity, words.Data(), std::min(words.ByteLength(), sizeof(file_identity)));
  request->start_boot_ns =
      static_cast<uint64_t>(Uint32(wish, "startHigh")) << 32 | Uint32(wish, "startLow");
  request->limit_bytes = Bytes(wish, "limitBytes");
  request->bytes_per_second = Bytes(wish, "bytesPerSecond");
  request->pid = Uint32(wish, "pid");
  request->is_executed = wish.Get("isExecuted").ToBoolean();
  request->allows_remote = wish.Get("allowsRemote").ToBoolean();
  request->is_doubtful = wish.Get("isDoubtful").ToBoolean();
  const std::string path = wish.Get("path").As<Napi::String>();
  // A path that is longer than the kernel's own limit leads nowhere.
  if (path.size() > sizeof(request->path)) return;
  request->path_length = static_cast<uint16_t>(path.size());
  path.copy(request->path, sizeof(request->path));
}

}  // namespace

Napi::Function HasherObject::Define(Napi::Env env) {
  return DefineClass(env, "Hasher",
                     {
                         InstanceMethod<&HasherObject::Start>("start"),
                         InstanceMethod<&HasherObject::Ask>("ask"),
                         InstanceMethod<&HasherObject::TakeAnswers>("takeAnswers"),
                         InstanceMethod<&HasherObject::IsRunning>("isRunning"),
                         InstanceMethod<&HasherObject::Close>("close"),
                     });
}

// new Hasher(onAnswers)
HasherObject::HasherObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<HasherObject>(info) {
  on_answers_.emplace(info[0].As<Napi::Function>());
  napi_add_env_cleanup_hook(info.Env(), EndAtExit, this);
}

HasherObject::~HasherObject() {
  AwaitHasher(End(), kEndMs);
  napi_remove_env_cleanup_hook(Env(), EndAtExit, this);
}

void HasherObject::EndAtExit(void* object) {
  AwaitHasher(static_cast<HasherObject*>(object)->End(), kEndMs);
}

pid_t HasherObject::End() {
  is_closed_ = true;
  // The loop closes the descriptor when it has let go of it.
  if (watch_) shutdown(watch_->fd(), SHUT_RDWR);
  watch_.reset();
  on_answers_.reset();
  return std::exchange(process_, 0);
}

// start(): a promise of the reason why it does not run, or of none.
Napi::Value HasherObject::Start(const Napi::CallbackInfo& info) {
  // The object is there when the program is: the promise's function holds it.
  auto self = std::make_shared<Napi::ObjectReference>(Napi::Persistent(Value()));
  return Background<HasherProcess>::Run(
      info.Env(), StartHasher, [this, self](Napi::Env env, HasherProcess process) -> Napi::Value {
        if (!process.failure.empty()) return Napi::String::New(env, process.failure);
        process_ = process.pid;
        if (is_closed_) {
          process.socket.Close();
          AwaitHasher(End(), kEndMs);
          return env.Undefined();
        }
        if (const int error = LoopWatch::Create(
                env, std::move(process.socket), [this] { OnReadable(); }, [] {}, &watch_))
          return Napi::String::New(env, strerror(error));
        watch_->Unref();
        return env.Undefined();
      });
}

void HasherObject::OnReadable() {
  for (;;) {
    HashAnswer answer;
    const ssize_t bytes = recv(watch_->fd(), &answer, sizeof(answer), MSG_DONTWAIT);
    if (bytes == static_cast<ssize_t>(sizeof(answer))) {
      answers_.push_back(answer);
      continue;
    }
    if (bytes < 0 && (errno == EAGAIN || errno == EINTR)) break;
    watch_.reset();
    AwaitHasher(std::exchange(process_, 0), kEndMs);
    break;
  }
  on_answers_->Call();
}

// ask(wish): whether it was taken; false: later, or not at all any more.
Napi::Value HasherObject::Ask(const Napi::CallbackInfo& info) {
  if (!watch_) return Napi::Boolean::New(info.Env(), false);
  auto request = std::make_unique<HashRequest>();
  RequestOf(info[0].As<Napi::Object>(), request.get());
  const size_t bytes = HashRequest::kFixedBytes + request->path_length;
  const ssize_t sent = send(watch_->fd(), request.get(), bytes, MSG_DONTWAIT | MSG_NOSIGNAL);
  return Napi::Boolean::New(info.Env(), sent == static_cast<ssize_t>(bytes));
}

Napi::Value HasherObject::TakeAnswers(const Napi::CallbackInfo& info) {
  Napi::Array answers = Napi::Array::New(info.Env(), answers_.size());
  for (uint32_t i = 0; i < answers_.size(); i++) answers[i] = AnswerOf(info.Env(), answers_[i]);
  answers_.clear();
  return answers;
}

Napi::Value HasherObject::IsRunning(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), watch_ != nullptr);
}

// close(): a promise, of its end.
Napi::Value HasherObject::Close(const Napi::CallbackInfo& info) {
  const pid_t pid = End();
  return Background<bool>::Run(
      info.Env(),
      [pid] {
        AwaitHasher(pid, kCloseMs);
        return true;
      },
      [](Napi::Env env, bool) -> Napi::Value { return env.Undefined(); });
}

}  // namespace kernelwire
