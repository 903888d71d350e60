// SPDX-License-Identifier: MIT
#include "linux/ebpf_source.h"

#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "linux/boot_clock.h"
#include "linux/programs.h"

namespace kernelwire {
namespace {

settings ConstantsFor(const EbpfOptions& options) {
  settings constants = {};
  constants.ring_bytes = options.ring_bytes;
  int error;
  const KernelBtf* kernel = KernelBtf::Get(&error);
  constants.exit_has_group_dead = kernel && kernel->exit_has_group_dead();
  constants.page_bytes = static_cast<uint32_t>(sysconf(_SC_PAGESIZE));
  // Without it users can only find out with whom they share.
  if (getrandom(&constants.seed, sizeof(constants.seed), GRND_NONBLOCK) < 0) constants.seed = 0;
  constants.has_task_storage = HasTaskStorage();
  return constants;
}

bool Contains(const std::vector<Ladder>& ladders, const Ladder& ladder) {
  return std::find(ladders.begin(), ladders.end(), ladder) != ladders.end();
}

// Whether a rung is of no use without the program at this place.
bool Counts(const Rung& rung, size_t place) {
  return place == 0 || (place == 1 && rung[place].rfind("begin_", 0) == 0);
}

// Each once, whichever ladders have it.
std::vector<BpfProgram*> ProgramsOf(const std::vector<Climbed>& ladders) {
  std::vector<BpfProgram*> programs;
  for (const Climbed& one : ladders)
    for (const auto& program : one.programs)
      if (std::find(programs.begin(), programs.end(), program.get()) == programs.end())
        programs.push_back(program.get());
  return programs;
}

}  // namespace

std::unique_ptr<EbpfSource> EbpfSource::Open(const EbpfOptions& options, Failure* failure) {
  std::unique_ptr<EbpfSource> source(new EbpfSource());
  // First, since from then on libbpf writes nothing to the program's stderr.
  source->constants_ = ConstantsFor(options);
  if (int error = SharedMaps::Create(options.ring_bytes, source->constants_.has_task_storage,
                                     &source->maps_)) {
    *failure = {"the ring", error};
    return nullptr;
  }
  source->maps_->Ask(options.asks);
  source->climbed_ = source->LoadPrograms(options.ladders, true);
  CompareBootClocks(source->iterator_.get());
  source->viewpoint_ = LookAround(source->iterator_.get());
  source->attached_boot_ns_ = BootNs();
  return source;
}

std::vector<Climbed> EbpfSource::Climb(uint32_t asks, const std::vector<Ladder>& ladders) {
  maps_->Ask(asks);
  return LoadPrograms(ladders, false);
}

// The verifier takes most of the time, so all are loaded before the first is attached: little
// happens between the first hook and the last. The order of the ladders is that of attaching.
std::vector<Climbed> EbpfSource::LoadPrograms(const std::vector<Ladder>& ladders,
                                              bool with_iterator) {
  ProgramHooks hooks;
  std::vector<Climbed> all;
  std::vector<Tried> loaded;
  for (const Ladder& ladder : ladders) {
    all.push_back({ladder, {}, {}});
    loaded.push_back(LoadRung(&all.back(), 0, &hooks));
  }
  if (with_iterator) LoadIterator(&hooks);
  for (size_t i = 0; i < all.size(); i++) AttachRung(&all[i], std::move(loaded[i]), &hooks);
  return all;
}

// The first rung from `from` on whose programs load, those that count; beyond the last where there
// is none.
EbpfSource::Tried EbpfSource::LoadRung(Climbed* climbed, size_t from, ProgramHooks* hooks) {
  const Ladder& ladder = climbed->ladder;
  std::vector<ProgramState>& states = climbed->states;
  Tried tried;
  for (tried.rung = from; tried.rung < ladder.size(); tried.rung++) {
    tried.programs.clear();
    tried.first_state = states.size();
    const Rung& rung = ladder[tried.rung];
    bool is_whole = true;
    for (size_t i = 0; i < rung.size() && is_whole; i++) {
      states.push_back({rung[i], "", false, {}});
      tried.programs.push_back(Load(&states.back(), hooks));
      is_whole = tried.programs.back() || !Counts(rung, i);
    }
    if (is_whole) return tried;
  }
  return tried;
}

// Attaches its programs; where one of them that counts is refused, those of the next rung.
void EbpfSource::AttachRung(Climbed* climbed, Tried tried, ProgramHooks* hooks) {
  while (tried.rung < climbed->ladder.size()) {
    bool is_whole = true;
    for (size_t i = 0; i < tried.programs.size() && is_whole; i++) {
      ProgramState* state = &climbed->states[tried.first_state + i];
      auto program = Attached(std::move(tried.programs[i]), state);
      is_whole = program || !Counts(climbed->ladder[tried.rung], i);
      if (program) climbed->programs.push_back(std::move(program));
    }
    if (is_whole) return;
    // What was attached of it is of no use, and nobody is to take it for a hook that works.
    climbed->programs.clear();
    for (size_t i = tried.first_state; i < climbed->states.size(); i++)
      climbed->states[i].attached = false;
    tried = LoadRung(climbed, tried.rung + 1, hooks);
  }
}

void EbpfSource::LoadIterator(ProgramHooks* hooks) {
  iterator_state_ = {"task_snapshot", "", false, {}};
  iterator_ = Attached(Load(&iterator_state_, hooks), &iterator_state_);
}

// One that another ladder has is the same program.
std::shared_ptr<BpfProgram> EbpfSource::Load(ProgramState* state, ProgramHooks* hooks) {
  if (auto known = loaded_[state->name].lock()) {
    state->hook = known->hook();
    return known;
  }
  const ProgramSource* source = FindProgram(state->name);
  if (!source) {
    state->error.error = ENOENT;
    return nullptr;
  }
  std::shared_ptr<BpfProgram> program =
      BpfProgram::Load(*source, constants_, hooks, maps_.get(), &state->error);
  if (program) state->hook = program->hook();
  loaded_[state->name] = program;
  return program;
}

// The program, attached; null when it was not loaded or is refused.
std::shared_ptr<BpfProgram> EbpfSource::Attached(std::shared_ptr<BpfProgram> program,
                                                 ProgramState* state) {
  state->attached = program && program->Attach(&state->error);
  return state->attached ? std::move(program) : nullptr;
}

std::vector<ProgramState> EbpfSource::programs() const {
  std::vector<ProgramState> states;
  for (const Climbed& one : climbed_)
    states.insert(states.end(), one.states.begin(), one.states.end());
  states.push_back(iterator_state_);
  return states;
}

void EbpfSource::Add(std::vector<Climbed> climbed) {
  if (is_detached_) return;
  for (Climbed& one : climbed) climbed_.push_back(std::move(one));
}

std::vector<Climbed> EbpfSource::TakeOthers(uint32_t asks, const std::vector<Ladder>& kept) {
  maps_->Ask(asks);
  const auto others =
      std::stable_partition(climbed_.begin(), climbed_.end(),
                            [&kept](const Climbed& one) { return Contains(kept, one.ladder); });
  std::vector<Climbed> taken(std::make_move_iterator(others),
                             std::make_move_iterator(climbed_.end()));
  climbed_.erase(others, climbed_.end());
  const std::vector<BpfProgram*> left = ProgramsOf(climbed_);
  for (const BpfProgram* program : ProgramsOf(taken))
    if (std::find(left.begin(), left.end(), program) == left.end())
      missed_runs_[program->name()] += program->MissedRuns();
  maps_->Forget([this](const std::string& map) { return Uses(map); });
  return taken;
}

bool EbpfSource::Uses(const std::string& map) const {
  for (const Climbed& one : climbed_)
    for (const auto& program : one.programs)
      if (program->Uses(map)) return true;
  return false;
}

std::vector<Ladder> EbpfSource::Missing(const std::vector<Ladder>& ladders) const {
  std::vector<Ladder> missing;
  for (const Ladder& ladder : ladders) {
    const bool is_there = std::any_of(climbed_.begin(), climbed_.end(),
                                      [&ladder](const auto& one) { return one.ladder == ladder; });
    if (!is_there) missing.push_back(ladder);
  }
  return missing;
}

int EbpfSource::StartWaiter(napi_env env, std::function<void()> answer) {
  auto* shared = reinterpret_cast<control*>(maps_->control().mapping()->data());
  return RingWaiter::Create(env, &maps_->ring(), shared, std::move(answer), &waiter_);
}

std::map<std::string, uint64_t> EbpfSource::MissedRuns() const {
  std::map<std::string, uint64_t> missed = missed_runs_;
  for (const BpfProgram* program : ProgramsOf(climbed_))
    missed[program->name()] += program->MissedRuns();
  return missed;
}

std::vector<std::string> EbpfSource::LostPrograms() const {
  std::vector<std::string> lost;
  for (const BpfProgram* program : ProgramsOf(climbed_))
    if (!program->IsAttached()) lost.push_back(program->name());
  return lost;
}

std::vector<BpfLink> EbpfSource::Detach() {
  is_detached_ = true;
  std::vector<BpfLink> links;
  for (BpfProgram* program : ProgramsOf(climbed_))
    if (BpfLink link = program->Detach()) links.push_back(std::move(link));
  missed_runs_ = MissedRuns();
  for (Climbed& one : climbed_) one.programs.clear();
  iterator_.reset();
  return links;
}

}  // namespace kernelwire
