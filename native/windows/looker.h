// SPDX-License-Identifier: MIT
// A thread that looks at processes: at those that have just started, and at all of them for a
// snapshot. What it finds becomes records in a lane of its own, of which it is the only producer.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "windows/clock.h"
#include "windows/lane.h"
#include "windows/process_facts.h"
#include "windows/sensor_record.h"

namespace kernelwire {

class Looker {
 public:
  // `on_record`: after each record.
  Looker(const TraceClock& clock, Lane& lane, bool with_environment,
         std::function<void()> on_record);
  ~Looker();
  Looker(const Looker&) = delete;
  Looker& operator=(const Looker&) = delete;

  // A process has started, by a record of that time. Never waits.
  void Look(uint32_t pid, uint64_t time);
  // Those that had started before `attached` are told with that time; with 0 all, with the time
  // at which they had been listed.
  void TakeSnapshot(uint64_t attached);
  void TellLoss(const SensorLossRecord& loss);
  // Does what is left, and ends.
  void Finish();

  // The time of the oldest record that may still come; ~0 when none is on its way.
  uint64_t low_water() const { return low_water_.load(std::memory_order_acquire); }
  uint32_t snapshots() const { return snapshots_.load(std::memory_order_acquire); }

 private:
  static constexpr size_t kWaitingMax = 4096;

  struct Start {
    uint32_t pid;
    uint64_t time;
  };

  void Run();
  void LookAt(const std::deque<Start>& starts);
  void Snapshot(uint64_t attached);
  void TellVolumes(uint64_t time);
  void Write(SensorOpcode opcode, const ProcessRow& row, bool is_running, uint64_t time);
  void Put(const EtwRecord& head, const std::vector<uint8_t>& payload);

  const TraceClock& clock_;
  Lane& lane_;
  const bool with_environment_;
  const std::function<void()> on_record_;
  AccountNames names_;

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Start> starts_;
  std::deque<uint64_t> snapshots_wanted_;
  std::deque<SensorLossRecord> losses_;
  uint32_t overflowed_ = 0;
  uint64_t overflowed_from_ = 0;
  bool is_finishing_ = false;
  std::atomic<uint64_t> low_water_{~uint64_t{0}};
  std::atomic<uint32_t> snapshots_{0};
  std::thread thread_;
};

}  // namespace kernelwire
