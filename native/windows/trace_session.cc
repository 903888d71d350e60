// SPDX-License-Identifier: MIT
#include "windows/trace_session.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "windows/privilege.h"
#include "windows/record_copier.h"

namespace kernelwire {
namespace {

// With buffers of 32 KB a storm of short-lived processes lost half of them; with these none.
constexpr ULONG kBufferKb = 256;
constexpr ULONG kBuffersPerCpu = 2;
constexpr ULONG kBuffersPerCpuMax = 8;
// Seconds, the shortest there is. Flush() is what makes events come soon.
constexpr ULONG kFlushSeconds = 1;
constexpr std::chrono::seconds kPatience{2};
constexpr ULONG kPerformanceCounter = 1;
constexpr GUID kSystemTraceControl = {
    0x9e814aad, 0x3204, 0x11d2, {0x9a, 0x82, 0x00, 0x60, 0x08, 0xa8, 0x69, 0x39}};

ULONG Cpus() {
  SYSTEM_INFO system;
  GetSystemInfo(&system);
  return std::max<ULONG>(1, system.dwNumberOfProcessors);
}

}  // namespace

SessionProperties::SessionProperties()
    : memory_((sizeof(EVENT_TRACE_PROPERTIES) + 2 * kNameUnits * sizeof(wchar_t) + 7) / 8) {
  EVENT_TRACE_PROPERTIES* const properties = get();
  properties->Wnode.BufferSize = static_cast<ULONG>(memory_.size() * 8);
  properties->Wnode.Flags = WNODE_FLAG_TRACED_GUID;
  properties->Wnode.ClientContext = kPerformanceCounter;
  properties->LoggerNameOffset = sizeof(EVENT_TRACE_PROPERTIES);
  properties->LogFileNameOffset =
      static_cast<ULONG>(sizeof(EVENT_TRACE_PROPERTIES) + kNameUnits * sizeof(wchar_t));
}

const wchar_t* SessionProperties::name() const {
  const auto* const start = reinterpret_cast<const char*>(memory_.data());
  return reinterpret_cast<const wchar_t*>(start + sizeof(EVENT_TRACE_PROPERTIES));
}

TraceSession::TraceSession(SessionPlan plan, const TraceClock& clock, Lane& lane,
                           OnRecord on_record)
    : plan_(std::move(plan)), clock_(clock), lane_(lane), on_record_(std::move(on_record)) {}

TraceSession::~TraceSession() { Stop(); }

TraceOutcome TraceSession::Start() {
  has_ended_ = false;
  is_closing_ = false;
  has_final_ = false;
  const ULONG started =
      plan_.kernel_flags != 0 ? StartKernelSession() : StartNamed(plan_.name, false);
  if (started != ERROR_SUCCESS) {
    handle_ = 0;
    return {started, "StartTrace"};
  }
  Enable();
  const ULONG opened = Open();
  if (opened == ERROR_SUCCESS) return {};
  Control(EVENT_TRACE_CONTROL_STOP);
  handle_ = 0;
  return {opened, "OpenTrace"};
}

// A private session where Windows has one to give; else the one that all tools share, if it is
// free.
ULONG TraceSession::StartKernelSession() {
  EnablePrivilege(SE_SYSTEM_PROFILE_NAME);
  const ULONG error = StartNamed(plan_.name, false);
  if (error != ERROR_INVALID_PARAMETER && error != ERROR_NO_SYSTEM_RESOURCES) return error;
  return StartNamed(KERNEL_LOGGER_NAMEW, true);
}

ULONG TraceSession::StartNamed(const std::wstring& name, bool is_kernel_logger) {
  SessionProperties properties;
  const ULONG cpus = Cpus();
  properties->BufferSize = kBufferKb;
  properties->MinimumBuffers = kBuffersPerCpu * cpus;
  properties->MaximumBuffers = kBuffersPerCpuMax * cpus;
  properties->FlushTimer = kFlushSeconds;
  properties->LogFileMode = EVENT_TRACE_REAL_TIME_MODE;
  properties->LogFileNameOffset = 0;
  properties->EnableFlags = plan_.kernel_flags;
  if (is_kernel_logger) {
    properties->Wnode.Guid = kSystemTraceControl;
  } else {
    // Without it, others' slow readers can make this session lose events, uncounted.
    properties->LogFileMode |= EVENT_TRACE_INDEPENDENT_SESSION_MODE;
    if (plan_.kernel_flags != 0) properties->LogFileMode |= EVENT_TRACE_SYSTEM_LOGGER_MODE;
  }
  name_ = name;
  return StartTraceW(&handle_, name.c_str(), properties.get());
}

void TraceSession::Enable() {
  refused_.clear();
  ENABLE_TRACE_PARAMETERS parameters{};
  parameters.Version = ENABLE_TRACE_PARAMETERS_VERSION_2;
  for (const TracedProvider& provider : plan_.providers) {
    refused_.push_back(EnableTraceEx2(handle_, &provider.guid, EVENT_CONTROL_CODE_ENABLE_PROVIDER,
                                      TRACE_LEVEL_INFORMATION, provider.keywords, 0, 0,
                                      &parameters));
  }
}

ULONG TraceSession::Open() {
  EVENT_TRACE_LOGFILEW log{};
  log.LoggerName = name_.data();
  log.ProcessTraceMode = PROCESS_TRACE_MODE_REAL_TIME | PROCESS_TRACE_MODE_EVENT_RECORD |
                         PROCESS_TRACE_MODE_RAW_TIMESTAMP;
  log.EventRecordCallback = TakeRecord;
  log.Context = this;
  consumer_ = OpenTraceW(&log);
  if (consumer_ == INVALID_PROCESSTRACE_HANDLE) return GetLastError();
  std::promise<void> ended;
  ended_ = ended.get_future();
  thread_ = std::thread(
      [this, consumer = consumer_](std::promise<void> told) {
        TRACEHANDLE handle = consumer;
        // Returns when the session is stopped, by whomever.
        ProcessTrace(&handle, 1, nullptr, nullptr);
        if (!is_closing_) has_ended_.store(true, std::memory_order_release);
        told.set_value();
      },
      std::move(ended));
  return ERROR_SUCCESS;
}

void TraceSession::Stop() {
  is_closing_ = true;
  if (handle_ != 0) {
    SessionProperties properties;
    const ULONG error = ControlTraceW(handle_, nullptr, properties.get(), EVENT_TRACE_CONTROL_STOP);
    if (error == ERROR_SUCCESS) {
      final_ = {properties->EventsLost, properties->LogBuffersLost,
                properties->RealTimeBuffersLost};
      has_final_ = true;
    }
  }
  // The rest of the buffers comes before the thread ends by itself.
  if (thread_.joinable()) ended_.wait_for(kPatience);
  if (consumer_ != INVALID_PROCESSTRACE_HANDLE) CloseTrace(consumer_);
  if (thread_.joinable()) thread_.join();
  consumer_ = INVALID_PROCESSTRACE_HANDLE;
  handle_ = 0;
}

void TraceSession::Flush() { Control(EVENT_TRACE_CONTROL_FLUSH); }

void TraceSession::Control(ULONG code) {
  SessionProperties properties;
  ControlTraceW(handle_, nullptr, properties.get(), code);
}

bool TraceSession::Query(SessionLosses& losses) {
  if (handle_ == 0) {
    losses = final_;
    return has_final_;
  }
  SessionProperties properties;
  const ULONG error = ControlTraceW(handle_, nullptr, properties.get(), EVENT_TRACE_CONTROL_QUERY);
  if (error != ERROR_SUCCESS) return false;
  losses = {properties->EventsLost, properties->LogBuffersLost, properties->RealTimeBuffersLost};
  return true;
}

void WINAPI TraceSession::TakeRecord(EVENT_RECORD* event) {
  auto* const self = static_cast<TraceSession*>(event->UserContext);
  CopyRecord(*event, self->clock_, self->plan_.records, self->lane_);
  self->on_record_(*event);
}

}  // namespace kernelwire
