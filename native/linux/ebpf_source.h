// SPDX-License-Identifier: MIT
// The live source on Linux: shared maps, one program per hook, the snapshot, the waiter.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "linux/bpf_map.h"
#include "linux/bpf_program.h"
#include "linux/ring_waiter.h"
#include "linux/task_snapshot.h"

namespace kernelwire {

// Names of programs that belong together; the first of them is the one that counts.
using Rung = std::vector<std::string>;
// Ways to see the same, the best first: the first one that the kernel lets us have is taken.
using Ladder = std::vector<Rung>;

struct EbpfOptions {
  size_t ring_bytes;            // a power of two
  bool extended;                // records carry process_details
  bool environment;             // exec sends the environment block
  uint32_t wants;               // enum wants
  std::vector<Ladder> ladders;  // in the order of attaching
};

struct ProgramState {
  std::string name;
  std::string hook;  // empty when it did not load
  bool attached = false;
  ProgramError error;
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

  const std::vector<ProgramState>& programs() const { return states_; }
  // CLOCK_BOOTTIME when all hooks were in place: whoever started later has a record of it.
  uint64_t attached_boot_ns() const { return attached_boot_ns_; }

  // `answer` is called from the environment's loop, once for each request to the waiter. 0 or an
  // errno.
  int StartWaiter(napi_env env, std::function<void()> answer);
  RingWaiter* waiter() { return waiter_.get(); }
  void StopWaiter() { waiter_.reset(); }

  BpfRing& ring() { return *ring_; }
  std::shared_ptr<Mapping> counters() const { return counters_->mapping(); }
  // Runs that the kernel skipped, by program.
  std::map<std::string, uint64_t> MissedRuns() const;
  // Programs that were attached and are not any more: somebody closed or replaced their link.
  std::vector<std::string> LostPrograms() const;
  // For TakeSnapshot() on another thread; null where the kernel refuses it, and when detached.
  std::shared_ptr<const BpfProgram> iterator() const { return iterator_; }

  // Takes the programs out of the kernel; what they wrote stays in the ring.
  void Detach();

 private:
  // A rung that was tried: its programs, null where refused, and where their states begin.
  struct Tried {
    size_t rung = 0;
    std::vector<std::unique_ptr<BpfProgram>> programs;
    size_t first_state = 0;
  };

  EbpfSource() = default;
  int CreateMaps(const EbpfOptions& options);
  int CreateTracks();
  void LoadPrograms(const EbpfOptions& options);
  void LoadIterator();
  Tried LoadRung(const Ladder& ladder, size_t from);
  void AttachRung(const Ladder& ladder, Tried tried);
  std::unique_ptr<BpfProgram> Load(ProgramState* state);
  static std::unique_ptr<BpfProgram> Attached(std::unique_ptr<BpfProgram> program,
                                              ProgramState* state);

  std::unique_ptr<BpfRing> ring_;
  std::unique_ptr<BpfArray> counters_;
  std::unique_ptr<BpfArray> control_;
  FileDescriptor spans_;  // only where programs want it
  // Likewise: what processes write into others, whom they move, and ptrace calls under way.
  FileDescriptor writes_, moves_, calls_;
  FileDescriptor makings_;  // named pipes that are being created
  settings constants_ = {};
  std::vector<std::unique_ptr<BpfProgram>> programs_;  // those that are attached
  std::shared_ptr<BpfProgram> iterator_;
  std::vector<ProgramState> states_;
  uint64_t attached_boot_ns_ = 0;
  std::map<std::string, uint64_t> missed_runs_;  // as they were when the programs were detached
  std::unique_ptr<RingWaiter> waiter_;
};

}  // namespace kernelwire
