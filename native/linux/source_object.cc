// SPDX-License-Identifier: MIT
#include "linux/source_object.h"

#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

#include "background.h"

namespace kernelwire {
namespace {

constexpr double kNsPerMs = 1e6;

struct OpenResult {
  std::shared_ptr<EbpfSource> source;
  EbpfSource::Failure failure;
};

Napi::Value FailureOf(Napi::Env env, const EbpfSource::Failure& failure) {
  Napi::Object object = Napi::Object::New(env);
  object["step"] = failure.step;
  object["errno"] = failure.error;
  object["reason"] = strerror(failure.error);
  return object;
}

Napi::Value ViewpointOf(Napi::Env env, const Viewpoint& viewpoint) {
  constexpr const char* kProcNumbers[] = {"none", "own", "initial"};  // enum class ProcNumbers
  Napi::Object object = Napi::Object::New(env);
  object["isNested"] = viewpoint.is_nested;
  object["proc"] = kProcNumbers[static_cast<size_t>(viewpoint.proc)];
  object["procShowsAll"] = viewpoint.proc_shows_all;
  object["listsAll"] = viewpoint.lists_all;
  return object;
}

Napi::Value SnapshotOf(Napi::Env env, const Snapshot& snapshot) {
  Napi::Object object = Napi::Object::New(env);
  Napi::ArrayBuffer records = Napi::ArrayBuffer::New(env, snapshot.records.size());
  if (!snapshot.records.empty())
    memcpy(records.Data(), snapshot.records.data(), snapshot.records.size());
  object["records"] = records;
  object["begunBootMs"] = static_cast<double>(snapshot.begun_boot_ns) / kNsPerMs;
  object["endedBootMs"] = static_cast<double>(snapshot.ended_boot_ns) / kNsPerMs;
  object["isPartial"] = snapshot.is_partial;
  object["errno"] = snapshot.error;
  return object;
}

Ladder LadderOf(const Napi::Array& rungs) {
  Ladder ladder;
  for (uint32_t i = 0; i < rungs.Length(); i++) {
    const Napi::Array names = rungs.Get(i).As<Napi::Array>();
    Rung rung;
    for (uint32_t k = 0; k < names.Length(); k++) rung.push_back(names.Get(k).As<Napi::String>());
    ladder.push_back(std::move(rung));
  }
  return ladder;
}

std::vector<Ladder> LaddersOf(const Napi::Value& value) {
  const Napi::Array array = value.As<Napi::Array>();
  std::vector<Ladder> ladders;
  for (uint32_t i = 0; i < array.Length(); i++)
    ladders.push_back(LadderOf(array.Get(i).As<Napi::Array>()));
  return ladders;
}

}  // namespace

Napi::Function SourceObject::Define(Napi::Env env) {
  return DefineClass(
      env, "Source",
      {
          InstanceMethod<&SourceObject::Open>("open"),
          InstanceMethod<&SourceObject::Programs>("programs"),
          InstanceMethod<&SourceObject::Scan>("scan"),
          InstanceMethod<&SourceObject::Release>("release"),
          InstanceMethod<&SourceObject::IsDrained>("isDrained"),
          InstanceMethod<&SourceObject::WaitForRecord>("waitForRecord"),
          InstanceMethod<&SourceObject::Pause>("pause"),
          InstanceMethod<&SourceObject::Interrupt>("interrupt"),
          InstanceMethod<&SourceObject::Extend>("extend"),
          InstanceMethod<&SourceObject::Restrict>("restrict"),
          InstanceMethod<&SourceObject::TakeSnapshot>("takeSnapshot"),
          InstanceMethod<&SourceObject::MissedRuns>("missedRuns"),
          InstanceMethod<&SourceObject::LostPrograms>("lostPrograms"),
          InstanceMethod<&SourceObject::Detach>("detach"),
          InstanceMethod<static_cast<void (SourceObject::*)(const Napi::CallbackInfo&)>(
              &SourceObject::Close)>("close"),
          InstanceMethod<&SourceObject::Ref>("ref"),
          InstanceMethod<&SourceObject::Unref>("unref"),
      });
}

// new Source({ ringBytes, asks, ladders }, onAnswer)
SourceObject::SourceObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<SourceObject>(info) {
  const Napi::Object options = info[0].As<Napi::Object>();
  options_.ring_bytes =
      static_cast<size_t>(options.Get("ringBytes").As<Napi::Number>().Int64Value());
  options_.asks = options.Get("asks").As<Napi::Number>();
  options_.ladders = LaddersOf(options.Get("ladders"));
  on_answer_.emplace(info[1].As<Napi::Function>());
  napi_add_env_cleanup_hook(info.Env(), CloseAtExit, this);
}

SourceObject::~SourceObject() {
  Close();
  napi_remove_env_cleanup_hook(Env(), CloseAtExit, this);
}

void SourceObject::CloseAtExit(void* object) { static_cast<SourceObject*>(object)->Close(); }

// Takes everything out of the kernel.
void SourceObject::Close() {
  if (source_) {
    source_->StopWaiter();
    DetachAll(source_->Detach());
    on_answer_.reset();
  }
  source_.reset();
}

// Promise of { ring, counters, offsets, attachedBootMs, viewpoint }, or of { step, errno, reason }.
Napi::Value SourceObject::Open(const Napi::CallbackInfo& info) {
  return Background<OpenResult>::Run(
      info.Env(),
      [options = options_] {
        OpenResult result;
        try {
          result.source = EbpfSource::Open(options, &result.failure);
        } catch (const std::bad_alloc&) {
          result.failure = {"what it keeps of its programs", ENOMEM};
        }
        return result;
      },
      [this, self = std::make_shared<Napi::ObjectReference>(Napi::Persistent(Value()))](
          Napi::Env env, OpenResult result) {
        if (!result.source) return FailureOf(env, result.failure);
        return Opened(env, std::move(result.source));
      });
}

Napi::Value SourceObject::Opened(Napi::Env env, std::shared_ptr<EbpfSource> source) {
  if (const int error = source->StartWaiter(env, [this] { on_answer_->Call(); }))
    return FailureOf(env, {"the waiting for records", error});
  source_ = std::move(source);

  const Ring& ring = source_->ring();
  const auto counters = source_->counters();
  Napi::Uint32Array offsets = Napi::Uint32Array::New(env, Ring::kScanCapacity);
  offsets_ = offsets.Data();
  offsets_owner_ = Napi::Persistent(offsets);

  Napi::Object opened = Napi::Object::New(env);
  opened["ring"] = Expose(env, source_->ring().mapping(), ring.data(), 2 * ring.size());
  opened["counters"] = Expose(env, counters, counters->data(), counters->size());
  opened["offsets"] = offsets;
  opened["attachedBootMs"] = static_cast<double>(source_->attached_boot_ns()) / kNsPerMs;
  opened["viewpoint"] = ViewpointOf(env, source_->viewpoint());
  return opened;
}

// An ArrayBuffer over mapped memory. Its finalizer may run after the source is closed and on
// Node 21+ the memory can move to another ArrayBuffer: so it keeps the mapping itself alive.
Napi::ArrayBuffer SourceObject::Expose(Napi::Env env, std::shared_ptr<Mapping> mapping,
                                       const std::byte* data, size_t bytes) {
  auto* keeper = new std::shared_ptr<Mapping>(std::move(mapping));
  Napi::ArrayBuffer buffer = Napi::ArrayBuffer::New(
      env, const_cast<std::byte*>(data), bytes,
      [](Napi::Env, void*, std::shared_ptr<Mapping>* kept) { delete kept; }, keeper);
  exposed_.push_back(Napi::Persistent(buffer));
  return buffer;
}

Napi::Value SourceObject::Programs(const Napi::CallbackInfo& info) {
  Napi::Array programs = Napi::Array::New(info.Env());
  if (!source_) return programs;
  uint32_t index = 0;
  for (const ProgramState& state : source_->programs()) {
    Napi::Object program = Napi::Object::New(info.Env());
    program["name"] = state.name;
    program["hook"] = state.hook;
    program["attached"] = state.attached;
    program["errno"] = state.error.error;
    program["reason"] = state.error.error ? strerror(state.error.error) : "";
    program["log"] = state.error.log;
    programs[index++] = program;
  }
  return programs;
}

Napi::Value SourceObject::Scan(const Napi::CallbackInfo& info) {
  const size_t count = source_ ? source_->ring().Scan(offsets_) : 0;
  return Napi::Number::New(info.Env(), static_cast<double>(count));
}

void SourceObject::Release(const Napi::CallbackInfo& info) {
  if (source_) source_->ring().Release(info[0].As<Napi::Number>().Uint32Value());
}

Napi::Value SourceObject::IsDrained(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), !source_ || !source_->ring().HasData());
}

void SourceObject::WaitForRecord(const Napi::CallbackInfo& info) {
  if (source_) source_->waiter()->WaitForRecord(info[0].As<Napi::Number>().Int32Value());
}

void SourceObject::Pause(const Napi::CallbackInfo& info) {
  if (source_) source_->waiter()->Pause(info[0].As<Napi::Number>().Int32Value());
}

void SourceObject::Interrupt(const Napi::CallbackInfo&) {
  if (source_) source_->waiter()->Interrupt();
}

// extend(asks, ladders): what is asked for beside what there is; a promise, when it is attached.
Napi::Value SourceObject::Extend(const Napi::CallbackInfo& info) {
  if (!source_) return info.Env().Undefined();
  const uint32_t asks = info[0].As<Napi::Number>().Uint32Value();
  const std::vector<Ladder> missing = source_->Missing(LaddersOf(info[1]));
  return Background<std::vector<Climbed>>::Run(
      info.Env(), [source = source_, asks, missing] { return source->Climb(asks, missing); },
      [source = source_](Napi::Env env, std::vector<Climbed> climbed) {
        source->Add(std::move(climbed));
        return env.Undefined();
      });
}

// restrict(asks, ladders): nothing else any more; a promise, when the rest is detached.
Napi::Value SourceObject::Restrict(const Napi::CallbackInfo& info) {
  if (!source_) return info.Env().Undefined();
  const uint32_t asks = info[0].As<Napi::Number>().Uint32Value();
  auto others =
      std::make_shared<std::vector<Climbed>>(source_->TakeOthers(asks, LaddersOf(info[1])));
  return Background<bool>::Run(
      info.Env(),
      [others] {
        others->clear();
        return true;
      },
      [](Napi::Env env, bool) { return env.Undefined(); });
}

// Promise of { records, begunBootMs, endedBootMs, isPartial, errno }.
Napi::Value SourceObject::TakeSnapshot(const Napi::CallbackInfo& info) {
  return Background<Snapshot>::Run(
      info.Env(),
      [iterator = source_ ? source_->iterator() : nullptr] {
        try {
          return kernelwire::TakeSnapshot(iterator.get());
        } catch (const std::bad_alloc&) {
          Snapshot none = {};
          none.error = ENOMEM;
          return none;
        }
      },
      [](Napi::Env env, Snapshot snapshot) { return SnapshotOf(env, snapshot); });
}

Napi::Value SourceObject::MissedRuns(const Napi::CallbackInfo& info) {
  Napi::Object missed = Napi::Object::New(info.Env());
  if (!source_) return missed;
  for (const auto& [name, runs] : source_->MissedRuns()) missed[name] = static_cast<double>(runs);
  return missed;
}

// The names of those that were attached and are not any more.
Napi::Value SourceObject::LostPrograms(const Napi::CallbackInfo& info) {
  Napi::Array lost = Napi::Array::New(info.Env());
  if (!source_) return lost;
  uint32_t index = 0;
  for (const std::string& name : source_->LostPrograms())
    lost[index++] = Napi::String::New(info.Env(), name);
  return lost;
}

// A promise, when no program is attached any more. Events of tracepoints that nobody looks at may
// still be on their way out then: the kernel takes its time for each of them.
Napi::Value SourceObject::Detach(const Napi::CallbackInfo& info) {
  if (!source_) return info.Env().Undefined();
  auto links = std::make_shared<std::vector<BpfLink>>(source_->Detach());
  auto events = std::make_shared<std::vector<FileDescriptor>>();
  return Background<bool>::Run(
      info.Env(),
      [links, events] {
        *events = DetachAll(std::move(*links));
        return true;
      },
      [events](Napi::Env env, bool) {
        Background<bool>::Run(
            env,
            [events] {
              events->clear();
              return true;
            },
            [](Napi::Env env, bool) { return env.Undefined(); });
        return env.Undefined();
      });
}

// Afterwards the ring's and the counters' ArrayBuffers have no bytes.
void SourceObject::Close(const Napi::CallbackInfo&) {
  Close();
  for (const auto& reference : exposed_) {
    Napi::ArrayBuffer buffer = reference.Value();
    if (!buffer.IsEmpty() && !buffer.IsDetached()) buffer.Detach();
  }
  exposed_.clear();
}

void SourceObject::Ref(const Napi::CallbackInfo&) {
  if (source_) source_->waiter()->Ref();
}

void SourceObject::Unref(const Napi::CallbackInfo&) {
  if (source_) source_->waiter()->Unref();
}

}  // namespace kernelwire
