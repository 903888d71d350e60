// SPDX-License-Identifier: MIT
#include "linux/ebpf_source.h"

#include <bpf/libbpf.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "linux/boot_clock.h"
#include "linux/programs.h"

namespace kernelwire {
namespace {

settings ConstantsFor(const EbpfOptions& options) {
  settings constants = {};
  constants.ring_bytes = options.ring_bytes;
  constants.extended = options.extended;
  constants.environment = options.environment;
  constants.exit_has_group_dead = ExitHasGroupDead();
  constants.wants = options.wants;
  constants.page_bytes = static_cast<uint32_t>(sysconf(_SC_PAGESIZE));
  return constants;
}

// Whether programs are asked for that remember which address range belongs to which file.
bool WantsSpans(const EbpfOptions& options) {
  for (const Ladder& ladder : options.ladders)
    for (const Rung& rung : ladder)
      for (const std::string& name : rung)
        if (name.rfind("module_", 0) == 0) return true;
  return false;
}

}  // namespace

std::unique_ptr<EbpfSource> EbpfSource::Open(const EbpfOptions& options, Failure* failure) {
  std::unique_ptr<EbpfSource> source(new EbpfSource());
  if (int error = source->CreateMaps(options)) {
    *failure = {"the ring", error};
    return nullptr;
  }
  source->constants_ = ConstantsFor(options);
  source->LoadPrograms(options);
  return source;
}

int EbpfSource::CreateMaps(const EbpfOptions& options) {
  const int cpus = libbpf_num_possible_cpus();
  if (cpus < 0) return -cpus;
  if (int error = BpfRing::Create(options.ring_bytes, &ring_)) return error;
  if (int error = BpfArray::Create("kernelwire_cpus", sizeof(cpu_counters),
                                   static_cast<size_t>(cpus), false, &counters_))
    return error;
  if (int error = BpfArray::Create("kernelwire_ctl", sizeof(control), 1, true, &control_))
    return error;
  if (options.wants & WANTS_THREADS) {
    if (int error = CreateTracks()) return error;
  }
  if (options.wants & WANTS_PIPES) {
    makings_ = CreateLruHash("kernelwire_fifos", sizeof(uint64_t), sizeof(making), MAKINGS);
    if (!makings_) return errno;
  }
  if (!WantsSpans(options)) return 0;
  spans_ = CreateLruHash("kernelwire_mods", sizeof(module_key), sizeof(module_span), MODULE_SPANS);
  return spans_ ? 0 : errno;
}

int EbpfSource::CreateTracks() {
  writes_ =
      CreateLruHash("kernelwire_wrote", sizeof(parent_identity), sizeof(written), TRACKED_IMAGES);
  if (!writes_) return errno;
  moves_ = CreateLruHash("kernelwire_moved", sizeof(thread_key), sizeof(moved), TRACKED_THREADS);
  if (!moves_) return errno;
  calls_ = CreateLruHash("kernelwire_calls", sizeof(uint64_t), sizeof(uint64_t), TRACKED_CALLS);
  return calls_ ? 0 : errno;
}

// The verifier takes most of the time, so all are loaded before the first is attached: little
// happens between the first hook and the last. The order of the options is that of attaching.
void EbpfSource::LoadPrograms(const EbpfOptions& options) {
  std::vector<Tried> loaded;
  for (const Ladder& ladder : options.ladders) loaded.push_back(LoadRung(ladder, 0));
  LoadIterator();
  for (size_t i = 0; i < loaded.size(); i++) AttachRung(options.ladders[i], std::move(loaded[i]));
  attached_boot_ns_ = BootNs();
}

// The first rung from `from` on of which the first program loads; beyond the last where there is
// none.
EbpfSource::Tried EbpfSource::LoadRung(const Ladder& ladder, size_t from) {
  Tried tried;
  for (tried.rung = from; tried.rung < ladder.size(); tried.rung++) {
    tried.programs.clear();
    tried.first_state = states_.size();
    for (const std::string& name : ladder[tried.rung]) {
      states_.push_back({name, "", false, {}});
      tried.programs.push_back(Load(&states_.back()));
      if (!tried.programs.front()) break;
    }
    if (tried.programs.front()) return tried;
  }
  return tried;
}

// Attaches its programs; where the first of them is refused, those of the next rung.
void EbpfSource::AttachRung(const Ladder& ladder, Tried tried) {
  while (tried.rung < ladder.size()) {
    for (size_t i = 0; i < tried.programs.size(); i++) {
      auto program = Attached(std::move(tried.programs[i]), &states_[tried.first_state + i]);
      if (!program && i == 0) break;
      if (program) programs_.push_back(std::move(program));
    }
    if (states_[tried.first_state].attached) return;
    tried = LoadRung(ladder, tried.rung + 1);
  }
}

void EbpfSource::LoadIterator() {
  for (const char* name : {"task_snapshot_arguments", "task_snapshot"}) {
    states_.push_back({name, "", false, {}});
    iterator_ = Attached(Load(&states_.back()), &states_.back());
    if (iterator_) return;
  }
}

std::unique_ptr<BpfProgram> EbpfSource::Load(ProgramState* state) {
  const ProgramSource* source = FindProgram(state->name);
  if (!source) {
    state->error.error = ENOENT;
    return nullptr;
  }
  std::vector<SharedMap> maps = {
      {"ring", ring_->fd()}, {"counters", counters_->fd()}, {"control", control_->fd()}};
  if (spans_) maps.push_back({"spans", spans_.get()});
  if (makings_) maps.push_back({"makings", makings_.get()});
  if (calls_) {
    maps.push_back({"writes", writes_.get()});
    maps.push_back({"moves", moves_.get()});
    maps.push_back({"calls", calls_.get()});
  }
  auto program = BpfProgram::Load(*source, constants_, maps, &state->error);
  if (program) state->hook = program->hook();
  return program;
}

// The program, attached; null when it was not loaded or is refused.
std::unique_ptr<BpfProgram> EbpfSource::Attached(std::unique_ptr<BpfProgram> program,
                                                 ProgramState* state) {
  state->attached = program && program->Attach(&state->error);
  return state->attached ? std::move(program) : nullptr;
}

int EbpfSource::StartWaiter(napi_env env, std::function<void()> answer) {
  auto* shared = reinterpret_cast<control*>(control_->mapping()->data());
  return RingWaiter::Create(env, ring_.get(), shared, std::move(answer), &waiter_);
}

std::map<std::string, uint64_t> EbpfSource::MissedRuns() const {
  if (!missed_runs_.empty()) return missed_runs_;
  std::map<std::string, uint64_t> missed;
  for (const auto& program : programs_) missed[program->name()] = program->MissedRuns();
  return missed;
}

std::vector<std::string> EbpfSource::LostPrograms() const {
  std::vector<std::string> lost;
  for (const auto& program : programs_)
    if (!program->IsAttached()) lost.push_back(program->name());
  return lost;
}

void EbpfSource::Detach() {
  for (const auto& program : programs_) program->Detach();
  missed_runs_ = MissedRuns();
  programs_.clear();
  iterator_.reset();
}

}  // namespace kernelwire
