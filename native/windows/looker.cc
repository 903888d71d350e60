// SPDX-License-Identifier: MIT
#include "windows/looker.h"

#include <algorithm>
#include <cstring>
#include <unordered_map>
#include <utility>

#include "windows/privilege.h"

namespace kernelwire {
namespace {

constexpr uint64_t kNone = ~uint64_t{0};
// The kernel reads the time of creation before it logs the start.
constexpr int64_t kSlack = 10 * 10'000;
// Opcodes of KernelTraceControl's SystemConfig, as merged recordings have them.
constexpr uint8_t kSystemPaths = 33;
constexpr uint8_t kVolumeMapping = 35;

// When a process was created, as we would call it: whoever sets the clock changes the one and not
// the other.
int64_t InOurTime(const ProcessRow& row, int64_t ahead) {
  return static_cast<int64_t>(row.created) - ahead;
}

void AddText(std::vector<uint8_t>& to, const std::u16string& text) {
  // Texts end at their first NUL.
  const size_t units = std::min(text.find(u'\0'), text.size());
  const auto* const bytes = reinterpret_cast<const uint8_t*>(text.data());
  to.insert(to.end(), bytes, bytes + 2 * units);
  to.insert(to.end(), 2, 0);
}

}  // namespace

Looker::Looker(const TraceClock& clock, Lane& lane, bool with_environment,
               std::function<void()> on_record)
    : clock_(clock),
      lane_(lane),
      with_environment_(with_environment),
      on_record_(std::move(on_record)),
      thread_([this] { Run(); }) {}

Looker::~Looker() { Finish(); }

void Looker::Look(uint32_t pid, uint64_t time) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (starts_.size() >= kWaitingMax) {
      if (overflowed_++ == 0) overflowed_from_ = time;
      return;
    }
    if (low_water_ == kNone) low_water_.store(time, std::memory_order_release);
    starts_.push_back({pid, time});
  }
  wake_.notify_one();
}

void Looker::TakeSnapshot(uint64_t attached) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    snapshots_wanted_.push_back(attached);
  }
  wake_.notify_one();
}

void Looker::TellLoss(const SensorLossRecord& loss) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    losses_.push_back(loss);
  }
  wake_.notify_one();
}

void Looker::Finish() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    is_finishing_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Looker::Run() {
  // To read from processes of other users. The program around us does not get it.
  EnablePrivilegeOfThread(SE_DEBUG_NAME);
  for (;;) {
    std::deque<Start> starts;
    std::deque<uint64_t> snapshots;
    std::deque<SensorLossRecord> losses;
    bool is_finishing;
    {
      std::unique_lock<std::mutex> lock(mutex_);
      wake_.wait(lock, [this] {
        return is_finishing_ || !starts_.empty() || !snapshots_wanted_.empty() || !losses_.empty();
      });
      starts.swap(starts_);
      snapshots.swap(snapshots_wanted_);
      losses.swap(losses_);
      is_finishing = is_finishing_;
      if (overflowed_ > 0) {
        SensorLossRecord loss = NewSensorLoss(SENSOR_LOOKUP_FULL, clock_.Now());
        loss.body.events = overflowed_;
        loss.body.from = overflowed_from_;
        losses.push_back(loss);
        overflowed_ = 0;
      }
    }
    for (const uint64_t attached : snapshots) Snapshot(attached);
    if (!starts.empty()) LookAt(starts);
    for (const SensorLossRecord& loss : losses) {
      std::vector<uint8_t> body(sizeof(loss.body));
      std::memcpy(body.data(), &loss.body, sizeof(loss.body));
      Put(loss.head, body);
    }
    const std::lock_guard<std::mutex> lock(mutex_);
    low_water_.store(starts_.empty() ? kNone : starts_.front().time, std::memory_order_release);
    if (is_finishing && starts_.empty() && snapshots_wanted_.empty() && losses_.empty()) return;
  }
}

void Looker::LookAt(const std::deque<Start>& starts) {
  std::vector<ProcessRow> rows;
  ReadProcessRows(rows);
  const int64_t ahead = clock_.TimeOfDayAhead();
  std::unordered_map<uint32_t, const ProcessRow*> by_pid;
  for (const ProcessRow& row : rows) by_pid[row.pid] = &row;
  for (const Start& start : starts) {
    const auto found = by_pid.find(start.pid);
    // It has ended already, or another process has its number.
    if (found == by_pid.end()) continue;
    if (InOurTime(*found->second, ahead) > static_cast<int64_t>(start.time) + kSlack) continue;
    Write(SENSOR_PROCESS, *found->second, true, start.time);
  }
}

void Looker::Snapshot(uint64_t attached) {
  std::vector<ProcessRow> rows;
  const bool is_listed = ReadProcessRows(rows);
  const uint64_t time = attached != 0 ? attached : clock_.Now();
  const int64_t ahead = clock_.TimeOfDayAhead();
  TellVolumes(time);
  // A parent before its children.
  std::stable_sort(rows.begin(), rows.end(),
                   [](const ProcessRow& a, const ProcessRow& b) { return a.created < b.created; });
  for (const ProcessRow& row : rows) {
    // The start of a later one is among the events.
    if (InOurTime(row, ahead) < static_cast<int64_t>(time)) Write(SENSOR_EXISTING, row, true, time);
  }
  // Without a list nobody may conclude what has vanished.
  if (is_listed) Put(NewSensorRecord(SENSOR_SNAPSHOT_END, time, 0), {});
  snapshots_.fetch_add(1, std::memory_order_release);
}

void Looker::TellVolumes(uint64_t time) {
  EtwRecord head = NewSensorRecord(SENSOR_EXISTING, time, 0);
  head.provider = ETW_SYSTEM_CONFIG;
  std::vector<uint8_t> payload;
  for (const Volume& volume : ReadVolumes()) {
    payload.clear();
    AddText(payload, volume.kernel_path);
    AddText(payload, volume.dos_path);
    head.opcode = kVolumeMapping;
    Put(head, payload);
  }
  payload.clear();
  AddText(payload, u"\\SystemRoot\\");
  AddText(payload, WindowsFolder());
  head.opcode = kSystemPaths;
  Put(head, payload);
}

void Looker::Write(SensorOpcode opcode, const ProcessRow& row, bool is_running, uint64_t time) {
  ProcessFacts facts;
  const bool with_environment = with_environment_ && opcode == SENSOR_PROCESS;
  if (is_running && ReadProcessFacts(row.pid, with_environment, facts) && facts.created != 0 &&
      facts.created != row.created) {
    // Another process by now.
    if (opcode == SENSOR_PROCESS) return;
    facts = {};
  }
  SensorProcess process{};
  process.pid = row.pid;
  process.parent_pid = row.parent_pid;
  process.created = row.created;
  process.working_set = row.working_set;
  process.image_base = facts.image_base;
  process.threads = row.threads;
  process.session = row.session;
  process.flags = (facts.is_wow64 ? SENSOR_WOW64 : 0u) |
                  (facts.is_environment_cut ? SENSOR_ENVIRONMENT_CUT : 0u);
  process.sid_length = static_cast<uint32_t>(facts.sid.size());
  process.environment_length = static_cast<uint32_t>(facts.environment.size() * 2);
  std::vector<uint8_t> payload(sizeof(process));
  std::memcpy(payload.data(), &process, sizeof(process));
  AddText(payload, facts.path.empty() ? row.name : facts.path);
  AddText(payload, facts.command_line);
  AddText(payload, facts.sid.empty() ? std::u16string() : names_.Of(facts.sid));
  const auto* const block = reinterpret_cast<const uint8_t*>(facts.environment.data());
  payload.insert(payload.end(), block, block + process.environment_length);
  payload.insert(payload.end(), facts.sid.begin(), facts.sid.end());
  Put(NewSensorRecord(opcode, time, 0), payload);
}

void Looker::Put(const EtwRecord& given, const std::vector<uint8_t>& payload) {
  EtwRecord head = given;
  head.payload_length = static_cast<uint32_t>(payload.size());
  uint8_t* const place =
      lane_.Reserve(sizeof(head) + ((payload.size() + 7) & ~size_t{7}), head.time);
  if (place == nullptr) return;
  std::memcpy(place, &head, sizeof(head));
  if (!payload.empty()) std::memcpy(place + sizeof(head), payload.data(), payload.size());
  const size_t padding = (8 - payload.size() % 8) % 8;
  std::memset(place + sizeof(head) + payload.size(), 0, padding);
  lane_.Commit();
  on_record_();
}

}  // namespace kernelwire
