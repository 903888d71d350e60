// SPDX-License-Identifier: MIT
// One session of Event Tracing for Windows, read in real time by a thread of its own.
//
// Called by one thread at a time; the records come on the session's own.
#pragma once

#include <atomic>
#include <functional>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "windows/clock.h"
#include "windows/etw.h"
#include "windows/lane.h"

namespace kernelwire {

struct TracedProvider {
  GUID guid;
  uint64_t keywords;  // 0: all
};

struct SessionPlan {
  std::wstring name;
  // Of the kernel's own events, EVENT_TRACE_FLAG_*; 0: a session for `providers`.
  ULONG kernel_flags = 0;
  std::vector<TracedProvider> providers;
  // 1 << EtwProvider: which records are kept.
  uint32_t records = 0;
};

struct SessionLosses {
  uint32_t events = 0;             // no buffer was free
  uint32_t log_buffers = 0;        // could not be written
  uint32_t real_time_buffers = 0;  // we were too slow
};

// What a step answered: 0 is success. `step` is the function's name.
struct TraceOutcome {
  ULONG error = 0;
  const char* step = "";
};

class TraceSession {
 public:
  // On the session's thread, for each event that was kept, after its record is in the lane.
  using OnRecord = std::function<void(const EVENT_RECORD&)>;

  TraceSession(SessionPlan plan, const TraceClock& clock, Lane& lane, OnRecord on_record);
  ~TraceSession();
  TraceSession(const TraceSession&) = delete;
  TraceSession& operator=(const TraceSession&) = delete;

  // Starts the session and its thread. Nothing is left of it where that fails. A provider that
  // Windows refuses is no failure: see refused().
  TraceOutcome Start();
  // Stops the session, waits for what is in its buffers, and for the thread.
  void Stop();

  // Hands over what Windows holds in buffers that are not full.
  void Flush();
  // Asks Windows for the counts; they grow. False where the session is gone.
  bool Query(SessionLosses& losses);

  // The thread has ended although nobody asked it to: somebody stopped the session.
  bool WasStopped() const { return has_ended_.load(std::memory_order_acquire); }
  bool IsRunning() const { return handle_ != 0; }

  const SessionPlan& plan() const { return plan_; }
  // The name that it has for Windows: the kernel logger's where there is only that.
  const std::wstring& name() const { return name_; }
  // Errors of EnableTraceEx2, in the order of plan().providers; 0 where it is on.
  const std::vector<ULONG>& refused() const { return refused_; }

 private:
  static void WINAPI TakeRecord(EVENT_RECORD* event);
  ULONG StartNamed(const std::wstring& name, bool is_kernel_logger);
  ULONG StartKernelSession();
  void Enable();
  ULONG Open();
  void Control(ULONG code);

  const SessionPlan plan_;
  const TraceClock& clock_;
  Lane& lane_;
  const OnRecord on_record_;

  std::wstring name_;
  TRACEHANDLE handle_ = 0;
  TRACEHANDLE consumer_ = INVALID_PROCESSTRACE_HANDLE;
  std::vector<ULONG> refused_;
  std::thread thread_;
  std::future<void> ended_;
  std::atomic<bool> has_ended_{false};
  std::atomic<bool> is_closing_{false};
  SessionLosses final_;
  bool has_final_ = false;
};

// EVENT_TRACE_PROPERTIES with room for both names.
class SessionProperties {
 public:
  SessionProperties();
  EVENT_TRACE_PROPERTIES* get() {
    return reinterpret_cast<EVENT_TRACE_PROPERTIES*>(memory_.data());
  }
  EVENT_TRACE_PROPERTIES* operator->() { return get(); }
  const wchar_t* name() const;

 private:
  // Windows answers ERROR_MORE_DATA where the name does not fit.
  static constexpr size_t kNameUnits = 1024;
  std::vector<uint64_t> memory_;
};

}  // namespace kernelwire
