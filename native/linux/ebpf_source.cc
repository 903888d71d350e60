// SPDX-License-Identifier: MIT
#include "linux/ebpf_source.h"

#include <bpf/libbpf.h>

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
  return constants;
}

}  // namespace

std::unique_ptr<EbpfSource> EbpfSource::Open(const EbpfOptions& options, Failure* failure) {
  std::unique_ptr<EbpfSource> source(new EbpfSource());
  if (int error = source->CreateMaps(options.ring_bytes)) {
    *failure = {"the ring", error};
    return nullptr;
  }
  const settings constants = ConstantsFor(options);
  source->LoadPrograms(options, constants);
  return source;
}

int EbpfSource::CreateMaps(size_t ring_bytes) {
  const int cpus = libbpf_num_possible_cpus();
  if (cpus < 0) return -cpus;
  if (int error = BpfRing::Create(ring_bytes, &ring_)) return error;
  if (int error = BpfArray::Create("kernelwire_cpus", sizeof(cpu_counters),
                                   static_cast<size_t>(cpus), false, &counters_))
    return error;
  return BpfArray::Create("kernelwire_ctl", sizeof(control), 1, true, &control_);
}

// The verifier takes most of the time, so all are loaded before the first is attached: little
// happens between the first hook and the last. The order of the options is that of attaching.
void EbpfSource::LoadPrograms(const EbpfOptions& options, const settings& constants) {
  for (const std::string& name : options.programs) {
    states_.push_back({name, "", false, {}});
    programs_.push_back(Load(constants, &states_.back()));
  }
  LoadIterator(constants);
  for (size_t i = 0; i < programs_.size(); i++)
    programs_[i] = Attached(std::move(programs_[i]), &states_[i]);
  attached_boot_ns_ = BootNs();
}

void EbpfSource::LoadIterator(const settings& constants) {
  for (const char* name : {"task_snapshot_arguments", "task_snapshot"}) {
    states_.push_back({name, "", false, {}});
    iterator_ = Attached(Load(constants, &states_.back()), &states_.back());
    if (iterator_) return;
  }
}

std::unique_ptr<BpfProgram> EbpfSource::Load(const settings& constants, ProgramState* state) {
  const ProgramSource* source = FindProgram(state->name);
  if (!source) {
    state->error.error = ENOENT;
    return nullptr;
  }
  const std::vector<SharedMap> maps = {
      {"ring", ring_->fd()}, {"counters", counters_->fd()}, {"control", control_->fd()}};
  auto program = BpfProgram::Load(*source, constants, maps, &state->error);
  if (program) state->hook = program->hook();
  return program;
}

// The program, attached; null when it was not loaded or is refused.
std::unique_ptr<BpfProgram> EbpfSource::Attached(std::unique_ptr<BpfProgram> program,
                                                 ProgramState* state) {
  state->attached = program && program->Attach(&state->error);
  return state->attached ? std::move(program) : nullptr;
}

int EbpfSource::StartWaiter(std::function<void()> answer) {
  auto* shared = reinterpret_cast<control*>(control_->mapping()->data());
  return RingWaiter::Create(ring_.get(), shared, std::move(answer), &waiter_);
}

std::vector<uint64_t> EbpfSource::MissedRuns() const {
  if (!missed_runs_.empty()) return missed_runs_;
  std::vector<uint64_t> missed;
  for (const auto& program : programs_) missed.push_back(program ? program->MissedRuns() : 0);
  return missed;
}

void EbpfSource::Detach() {
  for (const auto& program : programs_)
    if (program) program->Detach();
  missed_runs_ = MissedRuns();
  programs_.clear();
  iterator_.reset();
}

}  // namespace kernelwire
