// SPDX-License-Identifier: MIT
#include "windows/etw_source.h"

#include <chrono>
#include <cstring>

#include "windows/session_names.h"

namespace kernelwire {
namespace {

constexpr uint64_t kPerMs = 10'000;  // FILETIME

// So soon an event is with us, though its buffer is not full.
constexpr std::chrono::milliseconds kFlushEvery{20};
// A record that nothing confirms is given out after so long: the other session has been flushed
// a few times since.
constexpr uint64_t kHold = 100 * kPerMs;
constexpr uint64_t kCountEvery = 1'000 * kPerMs;
constexpr uint64_t kFollowEvery = 10'000 * kPerMs;
constexpr uint64_t kRestartAfter = 1'000 * kPerMs;

constexpr GUID kKernelProcess = {
    0x22fb2cd6, 0x0e7b, 0x422b, {0xa0, 0xc7, 0x2f, 0xad, 0x1f, 0xd0, 0xe7, 0x16}};
constexpr GUID kKernelAudit = {
    0xe02a841c, 0x75a3, 0x4fa7, {0xaf, 0xc8, 0xae, 0x09, 0xcf, 0x9b, 0x7f, 0x23}};
constexpr GUID kKernelFile = {
    0xedd08927, 0x9cc4, 0x4e65, {0xb9, 0x70, 0xc2, 0x56, 0x0f, 0xb5, 0xc2, 0x89}};
constexpr uint64_t kProcesses = 0x10;
constexpr uint64_t kFileCreate = 0x80 | 0x1000;

constexpr uint8_t kStart = 1;  // opcode of the classic process event

constexpr uint32_t Bit(EtwProvider provider) { return 1u << provider; }

std::atomic<unsigned> next_number{1};

}  // namespace

EtwSource::EtwSource(const EtwSourceOptions& options, std::function<void()> on_wake)
    : options_(options),
      on_wake_(std::move(on_wake)),
      number_(next_number++),
      memory_(new uint8_t[kLanes * options.lane_bytes]),
      kernel_lane_(memory_.get(), options.lane_bytes),
      user_lane_(memory_.get() + options.lane_bytes, options.lane_bytes),
      looker_lane_(memory_.get() + 2 * options.lane_bytes, options.lane_bytes),
      merged_({{&kernel_lane_, 0},
               {&user_lane_, static_cast<uint32_t>(options.lane_bytes)},
               {&looker_lane_, static_cast<uint32_t>(2 * options.lane_bytes)}}) {}

EtwSource::~EtwSource() { Detach(); }

SessionPlan EtwSource::KernelPlan() const {
  SessionPlan plan;
  plan.name = NewSessionName(number_, L"kernel");
  plan.kernel_flags = EVENT_TRACE_FLAG_PROCESS | EVENT_TRACE_FLAG_IMAGE_LOAD;
  plan.records = Bit(ETW_PROCESS) | Bit(ETW_IMAGE) | Bit(ETW_LOST);
  if (options_.with_threads) {
    plan.kernel_flags |= EVENT_TRACE_FLAG_THREAD;
    plan.records |= Bit(ETW_THREAD);
  }
  return plan;
}

SessionPlan EtwSource::UserPlan() const {
  SessionPlan plan;
  plan.name = NewSessionName(number_, L"providers");
  plan.records = Bit(ETW_KERNEL_PROCESS) | Bit(ETW_LOST);
  plan.providers.push_back({kKernelProcess, kProcesses});
  if (options_.with_accesses) {
    plan.providers.push_back({kKernelAudit, 0});
    plan.records |= Bit(ETW_KERNEL_AUDIT);
  }
  if (options_.with_files) {
    plan.providers.push_back({kKernelFile, kFileCreate});
    plan.records |= Bit(ETW_KERNEL_FILE);
  }
  return plan;
}

TraceOutcome EtwSource::Open(std::vector<std::wstring>& orphans) {
  orphans = StopOrphans();
  looker_ = std::make_unique<Looker>(clock_, looker_lane_, options_.with_environment,
                                     [this] { Notify(); });
  sessions_[0].session = std::make_unique<TraceSession>(
      KernelPlan(), clock_, kernel_lane_, [this](const EVENT_RECORD& event) { SeeStart(event); });
  sessions_[1].session = std::make_unique<TraceSession>(
      UserPlan(), clock_, user_lane_, [this](const EVENT_RECORD& /*event*/) { Notify(); });
  TraceOutcome first;
  for (size_t i = 0; i < 2; i++) {
    const TraceOutcome outcome = sessions_[i].session->Start();
    SessionReport& report = sessions_[i].report;
    report.name = sessions_[i].session->name();
    report.is_kernel = i == 0;
    report.error = outcome.error;
    report.step = outcome.step;
    report.refused = sessions_[i].session->refused();
    if (i == 0) first = outcome;
    if (i == 0 && outcome.error != ERROR_SUCCESS) {
      looker_->Finish();
      is_detached_ = true;
      return outcome;
    }
    sessions_[i].told_at = clock_.Now();
  }
  // Whatever starts from now on is among the events.
  attached_ = clock_.Now();
  looker_->TakeSnapshot(attached_);
  control_ = std::thread([this] { Control(); });
  return first;
}

void EtwSource::Detach() {
  {
    const std::lock_guard<std::mutex> lock(control_mutex_);
    is_stopping_ = true;
  }
  control_wake_.notify_one();
  if (control_.joinable()) control_.join();
  for (size_t i = 0; i < 2; i++) {
    if (!sessions_[i].session) continue;
    sessions_[i].session->Stop();
    if (looker_) TellLosses(i);
  }
  if (looker_) looker_->Finish();
  is_detached_ = true;
  Notify();
}

size_t EtwSource::Scan(uint32_t* offsets) {
  const uint64_t now = clock_.Now();
  const uint64_t all = ~uint64_t{0};
  std::vector<uint64_t> limits(kLanes, now - kHold);
  if (is_detached_) {
    limits.assign(kLanes, all);
  } else {
    const uint64_t low = looker_->low_water();
    if (low == all)
      limits[2] = all;
    else if (low > limits[2])
      limits[2] = low;
    if (!sessions_[1].session->IsRunning()) limits[1] = all;
    // Until the first snapshot is complete, nothing may overtake it.
    if (looker_->snapshots() == 0) limits[2] = 0;
  }
  return merged_.Scan(limits, offsets);
}

bool EtwSource::Wait(bool patient) {
  waiting_ = patient ? kPausing : kAsleep;
  std::atomic_thread_fence(std::memory_order_seq_cst);
  const bool has_something =
      patient ? kernel_lane_.IsFilling() || user_lane_.IsFilling() || looker_lane_.IsFilling()
              : !merged_.IsEmpty();
  if (has_something) waiting_ = kAwake;
  return !has_something;
}

// Called by every producer, after its record is there.
void EtwSource::Notify() {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  int waiting = waiting_.load(std::memory_order_relaxed);
  if (waiting == kAwake) return;
  if (waiting == kPausing && !is_detached_ && !kernel_lane_.IsFilling() &&
      !user_lane_.IsFilling() && !looker_lane_.IsFilling()) {
    return;
  }
  if (waiting_.compare_exchange_strong(waiting, kAwake)) on_wake_();
}

void EtwSource::SeeStart(const EVENT_RECORD& event) {
  const EVENT_HEADER& header = event.EventHeader;
  const size_t pointer = (header.Flags & EVENT_HEADER_FLAG_32_BIT_HEADER) ? 4 : 8;
  // {3d6fa8d0-...}: from version 1 on the number follows a pointer.
  if (header.ProviderId.Data1 == 0x3d6fa8d0 && header.EventDescriptor.Opcode == kStart &&
      header.EventDescriptor.Version >= 1 && event.UserDataLength >= pointer + 4) {
    uint32_t pid;
    std::memcpy(&pid, static_cast<const uint8_t*>(event.UserData) + pointer, sizeof(pid));
    looker_->Look(pid, clock_.FileTime(header.TimeStamp.QuadPart));
  }
  Notify();
}

void EtwSource::TakeSnapshot() { looker_->TakeSnapshot(0); }

void EtwSource::Control() {
  uint64_t counted = clock_.Now();
  uint64_t followed = counted;
  std::unique_lock<std::mutex> lock(control_mutex_);
  while (!is_stopping_) {
    control_wake_.wait_for(lock, kFlushEvery, [this] { return is_stopping_; });
    if (is_stopping_) return;
    lock.unlock();
    const uint64_t now = clock_.Now();
    for (size_t i = 0; i < 2; i++) CheckSession(i);
    if (now - followed >= kFollowEvery) {
      followed = now;
      clock_.Follow();
    }
    if (now - counted >= kCountEvery) {
      counted = now;
      for (size_t i = 0; i < 2; i++) TellLosses(i);
    }
    lock.lock();
  }
}

void EtwSource::CheckSession(size_t index) {
  Running& running = sessions_[index];
  TraceSession& session = *running.session;
  if (session.IsRunning() && !session.WasStopped()) {
    session.Flush();
    return;
  }
  if (running.report.error != ERROR_SUCCESS && running.report.restarts == 0) return;
  const uint64_t now = clock_.Now();
  if (now < running.retry_at) return;
  if (session.IsRunning()) session.Stop();
  running.retry_at = now + kRestartAfter;
  const TraceOutcome outcome = session.Start();
  {
    const std::lock_guard<std::mutex> lock(reports_mutex_);
    running.report.restarts++;
    running.report.error = outcome.error;
    running.report.step = outcome.step;
    running.report.refused = session.refused();
  }
  if (outcome.error != ERROR_SUCCESS) return;
  SensorLossRecord loss = NewSensorLoss(SENSOR_SESSION_STOPPED, clock_.Now());
  loss.body.from = running.told_at;
  looker_->TellLoss(loss);
  running.told = {};
  running.told_at = clock_.Now();
  // What started or ended meanwhile shows in a comparison with what runs.
  if (index == 0) looker_->TakeSnapshot(0);
}

void EtwSource::TellLosses(size_t index) {
  Running& running = sessions_[index];
  SessionLosses now;
  if (!running.session->Query(now)) return;
  const uint64_t time = clock_.Now();
  SensorLossRecord loss = NewSensorLoss(SENSOR_SESSION_FULL, time);
  loss.body.events = now.events - running.told.events;
  loss.body.buffers = now.log_buffers - running.told.log_buffers + now.real_time_buffers -
                      running.told.real_time_buffers;
  loss.body.from = running.told_at;
  running.told = now;
  running.told_at = time;
  {
    const std::lock_guard<std::mutex> lock(reports_mutex_);
    running.report.losses = now;
  }
  if (loss.body.events == 0 && loss.body.buffers == 0) return;
  looker_->TellLoss(loss);
  if (index == 0 && !is_stopping_) looker_->TakeSnapshot(0);
}

std::vector<SessionReport> EtwSource::Reports() {
  const std::lock_guard<std::mutex> lock(reports_mutex_);
  return {sessions_[0].report, sessions_[1].report};
}

}  // namespace kernelwire
