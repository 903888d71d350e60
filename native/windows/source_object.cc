// SPDX-License-Identifier: MIT
#include "windows/source_object.h"

#include <string>
#include <utility>
#include <vector>

#include "background.h"

namespace kernelwire {
namespace {

constexpr double kPerMs = 1e4;
constexpr double kUnixMs = 11'644'473'600'000;  // from 1601 to 1970

Napi::String Text(Napi::Env env, const std::wstring& text) {
  return Napi::String::New(env, reinterpret_cast<const char16_t*>(text.data()), text.size());
}

Napi::Value ReportOf(Napi::Env env, const SessionReport& report) {
  Napi::Object object = Napi::Object::New(env);
  object["name"] = Text(env, report.name);
  object["isKernel"] = report.is_kernel;
  object["error"] = static_cast<double>(report.error);
  object["step"] = report.step;
  Napi::Array refused = Napi::Array::New(env, report.refused.size());
  for (uint32_t i = 0; i < report.refused.size(); i++) {
    refused[i] = static_cast<double>(report.refused[i]);
  }
  object["refused"] = refused;
  object["eventsLost"] = report.losses.events;
  object["logBuffersLost"] = report.losses.log_buffers;
  object["realTimeBuffersLost"] = report.losses.real_time_buffers;
  object["restarts"] = report.restarts;
  return object;
}

struct OpenResult {
  TraceOutcome outcome;
  std::vector<std::wstring> orphans;
};

}  // namespace

Napi::Function EtwSourceObject::Define(Napi::Env env) {
  return DefineClass(env, "EtwSource",
                     {
                         InstanceMethod<&EtwSourceObject::Open>("open"),
                         InstanceMethod<&EtwSourceObject::Scan>("scan"),
                         InstanceMethod<&EtwSourceObject::Release>("release"),
                         InstanceMethod<&EtwSourceObject::IsDrained>("isDrained"),
                         InstanceMethod<&EtwSourceObject::Wait>("wait"),
                         InstanceMethod<&EtwSourceObject::StopWaiting>("stopWaiting"),
                         InstanceMethod<&EtwSourceObject::NowMs>("nowMs"),
                         InstanceMethod<&EtwSourceObject::TakeSnapshot>("takeSnapshot"),
                         InstanceMethod<&EtwSourceObject::Sessions>("sessions"),
                         InstanceMethod<&EtwSourceObject::Detach>("detach"),
                         InstanceMethod<&EtwSourceObject::Close>("close"),
                         InstanceMethod<&EtwSourceObject::Ref>("ref"),
                         InstanceMethod<&EtwSourceObject::Unref>("unref"),
                     });
}

// new EtwSource({ laneBytes, environment, accesses, threads, modules, files }, onWake)
EtwSourceObject::EtwSourceObject(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<EtwSourceObject>(info) {
  const Napi::Object given = info[0].As<Napi::Object>();
  const auto wants = [&given](const char* name) { return given.Get(name).ToBoolean().Value(); };
  EtwSourceOptions options{};
  options.lane_bytes = given.Get("laneBytes").As<Napi::Number>().Uint32Value();
  options.with_environment = wants("environment");
  options.with_accesses = wants("accesses");
  options.with_threads = wants("threads");
  options.with_files = wants("files");
  wake_ =
      Napi::ThreadSafeFunction::New(info.Env(), info[1].As<Napi::Function>(), "kernelwire", 0, 1);
  source_ = std::make_shared<EtwSource>(options, [wake = wake_] { wake.NonBlockingCall(); });
  napi_add_env_cleanup_hook(info.Env(), StopAtExit, this);
}

EtwSourceObject::~EtwSourceObject() {
  napi_remove_env_cleanup_hook(Env(), StopAtExit, this);
  source_->Detach();
  if (!is_closed_) wake_.Release();
}

// A session outlives the program that started it: nothing of ours may.
void EtwSourceObject::StopAtExit(void* object) {
  static_cast<EtwSourceObject*>(object)->source_->Detach();
}

// Promise of { error, step, orphans } with { memory, offsets, attachedMs } where error is 0.
Napi::Value EtwSourceObject::Open(const Napi::CallbackInfo& info) {
  return Background<OpenResult>::Run(
      info.Env(),
      [source = source_] {
        OpenResult result;
        result.outcome = source->Open(result.orphans);
        return result;
      },
      [this, self = std::make_shared<Napi::ObjectReference>(Napi::Persistent(Value()))](
          Napi::Env env, OpenResult result) -> Napi::Value {
        Napi::Object opened = Napi::Object::New(env);
        opened["error"] = static_cast<double>(result.outcome.error);
        opened["step"] = result.outcome.step;
        Napi::Array orphans = Napi::Array::New(env, result.orphans.size());
        for (uint32_t i = 0; i < result.orphans.size(); i++) {
          orphans[i] = Text(env, result.orphans[i]);
        }
        opened["orphans"] = orphans;
        if (result.outcome.error != 0) return opened;
        // The memory outlives the source as long as JavaScript has it.
        auto* keeper = new std::shared_ptr<EtwSource>(source_);
        opened["memory"] = Napi::ArrayBuffer::New(
            env, source_->memory(), source_->memory_bytes(),
            [](Napi::Env, void*, std::shared_ptr<EtwSource>* kept) { delete kept; }, keeper);
        Napi::Uint32Array offsets = Napi::Uint32Array::New(env, Ring::kScanCapacity);
        offsets_ = Napi::Persistent(offsets);
        opened["offsets"] = offsets;
        opened["attachedMs"] = static_cast<double>(source_->attached()) / kPerMs - kUnixMs;
        return opened;
      });
}

Napi::Value EtwSourceObject::Scan(const Napi::CallbackInfo& info) {
  const size_t count = source_->Scan(offsets_.Value().Data());
  return Napi::Number::New(info.Env(), static_cast<double>(count));
}

void EtwSourceObject::Release(const Napi::CallbackInfo& info) {
  source_->Release(info[0].As<Napi::Number>().Uint32Value());
}

Napi::Value EtwSourceObject::IsDrained(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), source_->IsDrained());
}

Napi::Value EtwSourceObject::Wait(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), source_->Wait(info[0].ToBoolean()));
}

void EtwSourceObject::StopWaiting(const Napi::CallbackInfo& /*info*/) { source_->StopWaiting(); }

Napi::Value EtwSourceObject::NowMs(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(source_->Now()) / kPerMs - kUnixMs);
}

void EtwSourceObject::TakeSnapshot(const Napi::CallbackInfo& /*info*/) { source_->TakeSnapshot(); }

Napi::Value EtwSourceObject::Sessions(const Napi::CallbackInfo& info) {
  Napi::Array sessions = Napi::Array::New(info.Env());
  uint32_t index = 0;
  for (const SessionReport& report : source_->Reports()) {
    sessions[index++] = ReportOf(info.Env(), report);
  }
  return sessions;
}

// Promise: the sessions are stopped, and all that they had is in the lanes.
Napi::Value EtwSourceObject::Detach(const Napi::CallbackInfo& info) {
  return Background<bool>::Run(
      info.Env(),
      [source = source_] {
        source->Detach();
        return true;
      },
      [](Napi::Env env, bool) -> Napi::Value { return env.Undefined(); });
}

// After Detach(): gives the event loop back.
void EtwSourceObject::Close(const Napi::CallbackInfo& /*info*/) {
  if (is_closed_) return;
  is_closed_ = true;
  wake_.Release();
}

void EtwSourceObject::Ref(const Napi::CallbackInfo& info) {
  if (!is_closed_) wake_.Ref(info.Env());
}

void EtwSourceObject::Unref(const Napi::CallbackInfo& info) {
  if (!is_closed_) wake_.Unref(info.Env());
}

}  // namespace kernelwire
