// SPDX-License-Identifier: MIT
// The live source on Linux: shared maps, one program per hook, the snapshot, the waiter.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "linux/bpf_program.h"
#include "linux/ring_waiter.h"
#include "linux/shared_maps.h"
#include "linux/task_snapshot.h"
#include "linux/viewpoint.h"

namespace kernelwire {

// Names of programs that belong together; the first of them is the one that counts, and behind it
// one that sees the calls begin of which it sees the ends ("begin_…").
using Rung = std::vector<std::string>;
// Ways to see the same, the best first: the first one that the kernel lets us have is taken.
using Ladder = std::vector<Rung>;

struct EbpfOptions {
  size_t ring_bytes;            // a power of two
  uint32_t asks;                // enum asks
  std::vector<Ladder> ladders;  // in the order of attaching
};

struct ProgramState {
  std::string name;
  std::string hook;  // empty when it did not load
  bool attached = false;
  ProgramError error;
};

// A ladder that was climbed: what was tried, and what is attached.
struct Climbed {
  Ladder ladder;
  std::vector<ProgramState> states;
  std::vector<std::shared_ptr<BpfProgram>> programs;  // another ladder may have one of them too
};

class EbpfSource {
 public:
  // What could not be made at all: which step, and its errno.
  struct Failure {
    const char* step = nullptr;
    int error = 0;
  };

  // Blocks for the verifier: not for the event loop. Null and `failure` without a ring; a program
  // that the kernel refuses is no failure, see programs(). Nothing is left behind in either case.
  static std::unique_ptr<EbpfSource> Open(const EbpfOptions& options, Failure* failure);

  // Of every ladder, and of the snapshot.
  std::vector<ProgramState> programs() const;
  // CLOCK_BOOTTIME when all hooks were in place: whoever started later has a record of it.
  uint64_t attached_boot_ns() const { return attached_boot_ns_; }
  // As it was when the source was opened.
  const Viewpoint& viewpoint() const { return viewpoint_; }

  // Asks for this from now on (enum asks), and attaches more. Blocks as Open() does, on one thread
  // at a time; all else goes on meanwhile.
  std::vector<Climbed> Climb(uint32_t asks, const std::vector<Ladder>& ladders);
  // They are the source's from now on; where it was detached meanwhile, they are gone.
  void Add(std::vector<Climbed> climbed);
  // Asks for nothing else any more. Those that are not among `kept`: whoever lets them go detaches
  // them, which may block.
  std::vector<Climbed> TakeOthers(uint32_t asks, const std::vector<Ladder>& kept);
  // Those of `ladders` that the source has not.
  std::vector<Ladder> Missing(const std::vector<Ladder>& ladders) const;

  // `answer` is called from the environment's loop, once for each request to the waiter. 0 or an
  // errno.
  int StartWaiter(napi_env env, std::function<void()> answer);
  RingWaiter* waiter() { return waiter_.get(); }
  void StopWaiter() { waiter_.reset(); }

  BpfRing& ring() { return maps_->ring(); }
  std::shared_ptr<Mapping> counters() const { return maps_->counters().mapping(); }
  // Runs that the kernel skipped, by program.
  std::map<std::string, uint64_t> MissedRuns() const;
  // Programs that were attached and are not any more: somebody closed or replaced their link.
  std::vector<std::string> LostPrograms() const;
  // For TakeSnapshot() on another thread; null where the kernel refuses it, and when detached.
  std::shared_ptr<const BpfProgram> iterator() const { return iterator_; }

  // Takes the programs out of the kernel; what they wrote stays in the ring. Those on tracepoints
  // are attached as long as there are the links: to let them go may take seconds. Not for the event
  // loop.
  std::vector<BpfLink> Detach();

 private:
  // A rung that was tried: its programs, null where refused, and where their states begin.
  struct Tried {
    size_t rung = 0;
    std::vector<std::shared_ptr<BpfProgram>> programs;
    size_t first_state = 0;
  };

  EbpfSource() = default;
  std::vector<Climbed> LoadPrograms(const std::vector<Ladder>& ladders, bool with_iterator);
  void LoadIterator(ProgramHooks* hooks);
  bool Uses(const std::string& map) const;
  Tried LoadRung(Climbed* climbed, size_t from, ProgramHooks* hooks);
  void AttachRung(Climbed* climbed, Tried tried, ProgramHooks* hooks);
  std::shared_ptr<BpfProgram> Load(ProgramState* state, ProgramHooks* hooks);
  static std::shared_ptr<BpfProgram> Attached(std::shared_ptr<BpfProgram> program,
                                              ProgramState* state);

  std::unique_ptr<SharedMaps> maps_;
  settings constants_ = {};
  std::vector<Climbed> climbed_;
  std::map<std::string, std::weak_ptr<BpfProgram>> loaded_;  // for those that load programs
  std::shared_ptr<BpfProgram> iterator_;
  ProgramState iterator_state_;
  uint64_t attached_boot_ns_ = 0;
  Viewpoint viewpoint_;
  bool is_detached_ = false;
  std::map<std::string, uint64_t> missed_runs_;  // of programs that are not there any more
  std::unique_ptr<RingWaiter> waiter_;
};

}  // namespace kernelwire
