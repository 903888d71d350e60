// SPDX-License-Identifier: MIT
// The live source on Windows: two sessions, what is read from processes, and their records as one
// stream in the order of time.
//
// Three threads of its own beside those of the sessions: one that flushes, counts and restarts, one
// that looks at processes (looker.h); and the caller's, which opens, scans and closes.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "windows/clock.h"
#include "windows/lane.h"
#include "windows/looker.h"
#include "windows/merged_lanes.h"
#include "windows/trace_session.h"

namespace kernelwire {

struct EtwSourceOptions {
  size_t lane_bytes;  // of each lane, a power of two
  bool with_environment;
  bool with_accesses;  // who opens whom
  bool with_threads;
  bool with_files;  // for named pipes
};

struct SessionReport {
  std::wstring name;
  bool is_kernel;
  // 0: it runs. Else the error of `step`.
  ULONG error;
  std::string step;
  std::vector<ULONG> refused;
  SessionLosses losses;
  uint32_t restarts;
};

class EtwSource {
 public:
  static constexpr size_t kLanes = 3;

  // `on_wake` is called from any thread, at most once for each Wait().
  EtwSource(const EtwSourceOptions& options, std::function<void()> on_wake);
  ~EtwSource();
  EtwSource(const EtwSource&) = delete;
  EtwSource& operator=(const EtwSource&) = delete;

  // Blocks. Starts what Windows allows; `outcome` is the kernel session's, without which there is
  // nothing. Sessions that a crash left behind are stopped first: `orphans`.
  TraceOutcome Open(std::vector<std::wstring>& orphans);
  // Blocks until everything is stopped and the rest is in the lanes.
  void Detach();
  bool is_detached() const { return is_detached_; }

  uint8_t* memory() { return memory_.get(); }
  size_t memory_bytes() const { return kLanes * options_.lane_bytes; }

  size_t Scan(uint32_t* offsets);
  void Release(size_t count) { merged_.Release(count); }
  bool IsDrained() const { return is_detached_ && merged_.IsEmpty(); }
  // False when there is something already; then on_wake is not called. `patient`: only when a lane
  // is a quarter full.
  bool Wait(bool patient);
  void StopWaiting() { waiting_ = kAwake; }

  void TakeSnapshot();
  std::vector<SessionReport> Reports();
  uint64_t Now() const { return clock_.Now(); }
  uint64_t attached() const { return attached_; }

 private:
  enum Waiting : int { kAwake, kAsleep, kPausing };

  SessionPlan KernelPlan() const;
  SessionPlan UserPlan() const;
  void Control();
  void CheckSession(size_t index);
  void TellLosses(size_t index);
  void Notify();
  void SeeStart(const EVENT_RECORD& event);

  const EtwSourceOptions options_;
  const std::function<void()> on_wake_;
  TraceClock clock_;
  const unsigned number_;
  std::unique_ptr<uint8_t[]> memory_;
  Lane kernel_lane_, user_lane_, looker_lane_;
  MergedLanes merged_;
  std::unique_ptr<Looker> looker_;

  struct Running {
    std::unique_ptr<TraceSession> session;
    SessionLosses told;
    uint64_t told_at = 0;
    uint64_t retry_at = 0;
    SessionReport report{};
  };
  Running sessions_[2];
  std::mutex reports_mutex_;

  std::atomic<int> waiting_{kAwake};
  std::atomic<bool> is_detached_{false};
  uint64_t attached_ = 0;

  std::mutex control_mutex_;
  std::condition_variable control_wake_;
  bool is_stopping_ = false;
  std::thread control_;
};

}  // namespace kernelwire
