// SPDX-License-Identifier: MIT
// A stand-in for Windows' tracing, for tests: puts functions of its own into the import table of the
// addon that is shipped, and gives its sessions events that tests bring. The addon knows nothing of
// it. Also stands for the clock, whose unit here is that of FILETIME.
#define INITGUID
#include <napi.h>
// After it.
#include "windows/etw.h"
//
#include <winternl.h>

#include "import_table.h"

#include <atomic>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace {

using Bytes = std::vector<uint8_t>;

struct Session {
  std::wstring name;
  bool is_kernel = false;
  std::deque<Bytes> frames;
  bool is_stopped = false;
  bool is_closed = false;
  EVENT_TRACE_LOGFILEW log{};
  ULONG events_lost = 0, log_buffers_lost = 0, real_time_buffers_lost = 0;
};

struct Wishes {
  ULONG start_error = 0, open_error = 0, enable_error = 0;
  bool ignores_stop = false;
};

std::mutex mutex;
std::map<uint64_t, Session> sessions;
std::map<bool, Wishes> wishes;       // by is_kernel
std::map<bool, std::deque<Bytes>> waiting;  // for a session that does not run yet
std::vector<std::wstring> others;    // names of sessions that Windows lists
std::vector<std::string> calls;
uint64_t next_handle = 0x51;
int64_t now = 0;
bool runs = true;        // the clock, from `now` on
int64_t set_at = 0;      // when `now` was set, by the real clock
bool lists_processes = true;
uint32_t reads_with_debug = 0, reads_without = 0;  // processes that were opened to be read
std::atomic<int64_t> ahead{0};  // how much the time of day is ahead of the counter
std::atomic<DWORD> interrupts_for{0};  // ms: so long who asks for the time of day next is away first

void Note(const std::string& call) { calls.push_back(call); }

std::string Narrow(const std::wstring& text) { return {text.begin(), text.end()}; }

Session* RunningNamed(const std::wstring& name) {
  for (auto& entry : sessions) {
    if (entry.second.name == name && !entry.second.is_stopped) return &entry.second;
  }
  return nullptr;
}

ULONG WINAPI StartTraceHere(TRACEHANDLE* handle, LPCWSTR name, EVENT_TRACE_PROPERTIES* properties) {
  const std::lock_guard<std::mutex> lock(mutex);
  const bool is_kernel = properties->EnableFlags != 0;
  Note("StartTrace " + std::string(is_kernel ? "kernel" : "providers") + " mode " +
       std::to_string(properties->LogFileMode) + " flags " +
       std::to_string(properties->EnableFlags));
  if (wishes[is_kernel].start_error != 0) return wishes[is_kernel].start_error;
  if (RunningNamed(name) != nullptr) return ERROR_ALREADY_EXISTS;
  *handle = next_handle++;
  Session& session = sessions[*handle];
  session.name = name;
  session.is_kernel = is_kernel;
  session.frames.swap(waiting[is_kernel]);
  return ERROR_SUCCESS;
}

ULONG WINAPI EnableTraceHere(TRACEHANDLE handle, LPCGUID guid, ULONG, UCHAR, ULONGLONG any,
                             ULONGLONG, ULONG, PENABLE_TRACE_PARAMETERS) {
  const std::lock_guard<std::mutex> lock(mutex);
  char text[64];
  snprintf(text, sizeof(text), "EnableTrace %08lx keywords %llx",
           static_cast<unsigned long>(guid->Data1), static_cast<unsigned long long>(any));
  Note(text);
  return wishes[sessions[handle].is_kernel].enable_error;
}

TRACEHANDLE WINAPI OpenTraceHere(EVENT_TRACE_LOGFILEW* log) {
  const std::lock_guard<std::mutex> lock(mutex);
  Note("OpenTrace");
  for (auto& entry : sessions) {
    Session& session = entry.second;
    if (session.name != log->LoggerName || session.is_stopped) continue;
    if (wishes[session.is_kernel].open_error != 0) {
      SetLastError(wishes[session.is_kernel].open_error);
      return INVALID_PROCESSTRACE_HANDLE;
    }
    session.log = *log;
    return entry.first;
  }
  SetLastError(ERROR_WMI_INSTANCE_NOT_FOUND);
  return INVALID_PROCESSTRACE_HANDLE;
}

template <typename T>
T Load(const uint8_t* at) {
  T value;
  memcpy(&value, at, sizeof(value));
  return value;
}

// EVENT_HEADER, ETW_BUFFER_CONTEXT, u16 items, u16 payload bytes, { u16 type, u16 bytes, data }, payload
void Deliver(const EVENT_TRACE_LOGFILEW& log, const Bytes& frame) {
  EVENT_RECORD event{};
  const uint8_t* at = frame.data();
  memcpy(&event.EventHeader, at, sizeof(event.EventHeader));
  memcpy(&event.BufferContext, at + 80, sizeof(event.BufferContext));
  event.ExtendedDataCount = Load<uint16_t>(at + 84);
  event.UserDataLength = Load<uint16_t>(at + 86);
  at += 88;
  std::vector<EVENT_HEADER_EXTENDED_DATA_ITEM> items(event.ExtendedDataCount);
  for (auto& item : items) {
    memset(&item, 0, sizeof(item));
    item.ExtType = Load<uint16_t>(at);
    item.DataSize = Load<uint16_t>(at + 2);
    item.DataPtr = reinterpret_cast<ULONGLONG>(at + 4);
    at += 4 + item.DataSize;
  }
  event.ExtendedData = items.data();
  event.UserData = const_cast<uint8_t*>(at);
  event.UserContext = log.Context;
  log.EventRecordCallback(&event);
}

ULONG WINAPI ProcessTraceHere(TRACEHANDLE* handle, ULONG, FILETIME*, FILETIME*) {
  for (;;) {
    Bytes frame;
    EVENT_TRACE_LOGFILEW log;
    bool is_over;
    {
      const std::lock_guard<std::mutex> lock(mutex);
      Session& session = sessions[*handle];
      log = session.log;
      const bool stops = session.is_stopped && !wishes[session.is_kernel].ignores_stop;
      is_over = session.is_closed || stops;
      if (!session.frames.empty()) {
        frame = std::move(session.frames.front());
        session.frames.pop_front();
      }
    }
    if (!frame.empty()) {
      Deliver(log, frame);
    } else if (is_over) {
      return ERROR_SUCCESS;
    } else {
      Sleep(1);
    }
  }
}

ULONG WINAPI CloseTraceHere(TRACEHANDLE handle) {
  const std::lock_guard<std::mutex> lock(mutex);
  Note("CloseTrace");
  sessions[handle].is_closed = true;
  return ERROR_CTX_CLOSE_PENDING;
}

ULONG WINAPI ControlTraceHere(TRACEHANDLE handle, LPCWSTR name, EVENT_TRACE_PROPERTIES* properties,
                              ULONG code) {
  const std::lock_guard<std::mutex> lock(mutex);
  if (name != nullptr) {
    Note("stop " + Narrow(name));
    for (auto it = others.begin(); it != others.end(); ++it) {
      if (*it != name) continue;
      others.erase(it);
      return ERROR_SUCCESS;
    }
    return ERROR_WMI_INSTANCE_NOT_FOUND;
  }
  const auto found = sessions.find(handle);
  if (found == sessions.end() || found->second.is_stopped) return ERROR_WMI_INSTANCE_NOT_FOUND;
  Session& session = found->second;
  properties->EventsLost = session.events_lost;
  properties->LogBuffersLost = session.log_buffers_lost;
  properties->RealTimeBuffersLost = session.real_time_buffers_lost;
  if (code == EVENT_TRACE_CONTROL_STOP) {
    Note("stop");
    session.is_stopped = true;
  }
  return ERROR_SUCCESS;
}

ULONG WINAPI QueryAllTracesHere(EVENT_TRACE_PROPERTIES** properties, ULONG count, ULONG* found) {
  const std::lock_guard<std::mutex> lock(mutex);
  *found = 0;
  for (const std::wstring& name : others) {
    if (*found == count) return ERROR_MORE_DATA;
    EVENT_TRACE_PROPERTIES* const each = properties[(*found)++];
    memcpy(reinterpret_cast<char*>(each) + each->LoggerNameOffset, name.c_str(),
           (name.size() + 1) * sizeof(wchar_t));
  }
  return ERROR_SUCCESS;
}

int64_t RealTime() {
  FILETIME time;
  GetSystemTimePreciseAsFileTime(&time);
  return static_cast<int64_t>(uint64_t{time.dwHighDateTime} << 32 | time.dwLowDateTime);
}

int64_t Now() {
  const std::lock_guard<std::mutex> lock(mutex);
  return runs ? now + (RealTime() - set_at) : now;
}

BOOL WINAPI CounterHere(LARGE_INTEGER* counter) {
  counter->QuadPart = Now();
  return TRUE;
}

BOOL WINAPI FrequencyHere(LARGE_INTEGER* frequency) {
  frequency->QuadPart = 10'000'000;
  return TRUE;
}

void WINAPI FileTimeHere(FILETIME* time) {
  Sleep(interrupts_for.exchange(0));
  const int64_t here = Now() + ahead;
  time->dwLowDateTime = static_cast<DWORD>(here);
  time->dwHighDateTime = static_cast<DWORD>(here >> 32);
}

NTSTATUS WINAPI QuerySystemHere(SYSTEM_INFORMATION_CLASS what, PVOID to, ULONG bytes, PULONG used) {
  if (!lists_processes) return static_cast<NTSTATUS>(0xC0000022);
  return NtQuerySystemInformation(what, to, bytes, used);
}

// Whether this thread has a token of its own in which the privilege is on.
bool HasDebugPrivilegeAlone() {
  HANDLE token;
  if (!OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token)) return false;
  PRIVILEGE_SET wanted{};
  wanted.PrivilegeCount = 1;
  wanted.Control = PRIVILEGE_SET_ALL_NECESSARY;
  BOOL has = FALSE;
  if (LookupPrivilegeValueW(nullptr, SE_DEBUG_NAME, &wanted.Privilege[0].Luid))
    PrivilegeCheck(token, &wanted, &has);
  CloseHandle(token);
  return has;
}

HANDLE WINAPI OpenProcessHere(DWORD access, BOOL inherits, DWORD pid) {
  if ((access & PROCESS_VM_READ) != 0) {
    const std::lock_guard<std::mutex> lock(mutex);
    (HasDebugPrivilegeAlone() ? reads_with_debug : reads_without)++;
  }
  return OpenProcess(access, inherits, pid);
}

// Without processes there are no volumes either: then the records of a recording are all there is.
DWORD WINAPI DrivesHere() { return lists_processes ? GetLogicalDrives() : 0; }

UINT WINAPI WindowsFolderHere(LPWSTR to, UINT units) {
  return lists_processes ? GetSystemWindowsDirectoryW(to, units) : 0;
}

const std::map<std::string, void*>& Functions() {
  static const std::map<std::string, void*> functions = {
      {"StartTraceW", reinterpret_cast<void*>(StartTraceHere)},
      {"EnableTraceEx2", reinterpret_cast<void*>(EnableTraceHere)},
      {"OpenTraceW", reinterpret_cast<void*>(OpenTraceHere)},
      {"ProcessTrace", reinterpret_cast<void*>(ProcessTraceHere)},
      {"CloseTrace", reinterpret_cast<void*>(CloseTraceHere)},
      {"ControlTraceW", reinterpret_cast<void*>(ControlTraceHere)},
      {"QueryAllTracesW", reinterpret_cast<void*>(QueryAllTracesHere)},
      {"OpenProcess", reinterpret_cast<void*>(OpenProcessHere)},
      {"QueryPerformanceCounter", reinterpret_cast<void*>(CounterHere)},
      {"QueryPerformanceFrequency", reinterpret_cast<void*>(FrequencyHere)},
      {"GetSystemTimePreciseAsFileTime", reinterpret_cast<void*>(FileTimeHere)},
      {"GetLogicalDrives", reinterpret_cast<void*>(DrivesHere)},
      {"GetSystemWindowsDirectoryW", reinterpret_cast<void*>(WindowsFolderHere)},
      {"NtQuerySystemInformation", reinterpret_cast<void*>(QuerySystemHere)},
  };
  return functions;
}

// install(module): the names of the functions that the module imports and that are ours now.
Napi::Value Install(const Napi::CallbackInfo& info) {
  return NamesOf(info.Env(), ReplaceImports(info[0].As<Napi::String>(), Functions()));
}

Napi::Value Reset(const Napi::CallbackInfo& info) {
  const std::lock_guard<std::mutex> lock(mutex);
  wishes.clear();
  waiting.clear();
  others.clear();
  calls.clear();
  lists_processes = true;
  reads_with_debug = reads_without = 0;
  ahead = 0;
  return info.Env().Undefined();
}

// feed(isKernel, bytes): framed with their length (u32). To the session that runs, or the next one.
Napi::Value Feed(const Napi::CallbackInfo& info) {
  const bool is_kernel = info[0].ToBoolean();
  const auto bytes = info[1].As<Napi::Uint8Array>();
  const std::lock_guard<std::mutex> lock(mutex);
  std::deque<Bytes>* to = &waiting[is_kernel];
  for (auto& entry : sessions) {
    if (entry.second.is_kernel == is_kernel && !entry.second.is_stopped) to = &entry.second.frames;
  }
  for (size_t at = 0; at + 4 <= bytes.ByteLength();) {
    const auto length = Load<uint32_t>(bytes.Data() + at);
    to->emplace_back(bytes.Data() + at + 4, bytes.Data() + at + 4 + length);
    at += 4 + length;
  }
  return info.Env().Undefined();
}

// wish(isKernel, { startError, openError, enableError, ignoresStop })
Napi::Value Wish(const Napi::CallbackInfo& info) {
  const Napi::Object wish = info[1].As<Napi::Object>();
  const auto number = [&wish](const char* name) -> ULONG {
    return wish.Has(name) ? wish.Get(name).As<Napi::Number>().Uint32Value() : 0;
  };
  const std::lock_guard<std::mutex> lock(mutex);
  Wishes& of = wishes[info[0].ToBoolean()];
  of.start_error = number("startError");
  of.open_error = number("openError");
  of.enable_error = number("enableError");
  of.ignores_stop = wish.Get("ignoresStop").ToBoolean();
  return info.Env().Undefined();
}

// lose(isKernel, events, logBuffers, realTimeBuffers): so many more.
Napi::Value Lose(const Napi::CallbackInfo& info) {
  const std::lock_guard<std::mutex> lock(mutex);
  for (auto& entry : sessions) {
    Session& session = entry.second;
    if (session.is_kernel != info[0].ToBoolean() || session.is_stopped) continue;
    session.events_lost += info[1].As<Napi::Number>().Uint32Value();
    session.log_buffers_lost += info[2].As<Napi::Number>().Uint32Value();
    session.real_time_buffers_lost += info[3].As<Napi::Number>().Uint32Value();
  }
  return info.Env().Undefined();
}

// As `logman stop` does.
Napi::Value StopByOther(const Napi::CallbackInfo& info) {
  const std::lock_guard<std::mutex> lock(mutex);
  for (auto& entry : sessions) {
    if (entry.second.is_kernel == info[0].ToBoolean()) entry.second.is_stopped = true;
  }
  return info.Env().Undefined();
}

// setNow(fileTime, runs)
Napi::Value SetNow(const Napi::CallbackInfo& info) {
  bool lossless;
  const std::lock_guard<std::mutex> lock(mutex);
  now = info[0].As<Napi::BigInt>().Int64Value(&lossless);
  runs = info[1].ToBoolean();
  set_at = RealTime();
  return info.Env().Undefined();
}

// setTimeOfDay(ms): so much ahead of the counter.
Napi::Value SetTimeOfDay(const Napi::CallbackInfo& info) {
  ahead = static_cast<int64_t>(info[0].As<Napi::Number>().DoubleValue() * 10'000);
  return info.Env().Undefined();
}

// interruptClock(ms): the next one who asks for the time of day.
Napi::Value InterruptClock(const Napi::CallbackInfo& info) {
  interrupts_for = info[0].As<Napi::Number>().Uint32Value();
  return info.Env().Undefined();
}

Napi::Value ListProcesses(const Napi::CallbackInfo& info) {
  lists_processes = info[0].ToBoolean();
  return info.Env().Undefined();
}

Napi::Value SetOthers(const Napi::CallbackInfo& info) {
  const Napi::Array names = info[0].As<Napi::Array>();
  const std::lock_guard<std::mutex> lock(mutex);
  others.clear();
  for (uint32_t i = 0; i < names.Length(); i++) {
    const std::u16string name = names.Get(i).As<Napi::String>();
    others.emplace_back(name.begin(), name.end());
  }
  return info.Env().Undefined();
}

Napi::Value Calls(const Napi::CallbackInfo& info) {
  const std::lock_guard<std::mutex> lock(mutex);
  Napi::Array all = Napi::Array::New(info.Env(), calls.size());
  for (uint32_t i = 0; i < calls.size(); i++) all[i] = calls[i];
  return all;
}

// Names of the sessions that run.
Napi::Value Running(const Napi::CallbackInfo& info) {
  const std::lock_guard<std::mutex> lock(mutex);
  Napi::Array names = Napi::Array::New(info.Env());
  uint32_t count = 0;
  for (const auto& entry : sessions) {
    if (!entry.second.is_stopped) names[count++] = Narrow(entry.second.name);
  }
  return names;
}

// How many processes were opened to be read, [with SeDebugPrivilege of the thread alone, without].
Napi::Value Reads(const Napi::CallbackInfo& info) {
  const std::lock_guard<std::mutex> lock(mutex);
  Napi::Array reads = Napi::Array::New(info.Env());
  reads[0u] = reads_with_debug;
  reads[1u] = reads_without;
  return reads;
}

// How many events nobody has taken yet.
Napi::Value Left(const Napi::CallbackInfo& info) {
  const std::lock_guard<std::mutex> lock(mutex);
  size_t left = 0;
  for (const auto& entry : sessions) left += entry.second.frames.size();
  return Napi::Number::New(info.Env(), static_cast<double>(left));
}

Napi::Object Initialize(Napi::Env env, Napi::Object exports) {
  exports["install"] = Napi::Function::New(env, Install);
  exports["reset"] = Napi::Function::New(env, Reset);
  exports["feed"] = Napi::Function::New(env, Feed);
  exports["wish"] = Napi::Function::New(env, Wish);
  exports["lose"] = Napi::Function::New(env, Lose);
  exports["stopByOther"] = Napi::Function::New(env, StopByOther);
  exports["setNow"] = Napi::Function::New(env, SetNow);
  exports["setTimeOfDay"] = Napi::Function::New(env, SetTimeOfDay);
  exports["interruptClock"] = Napi::Function::New(env, InterruptClock);
  exports["listProcesses"] = Napi::Function::New(env, ListProcesses);
  exports["setOthers"] = Napi::Function::New(env, SetOthers);
  exports["calls"] = Napi::Function::New(env, Calls);
  exports["running"] = Napi::Function::New(env, Running);
  exports["reads"] = Napi::Function::New(env, Reads);
  exports["left"] = Napi::Function::New(env, Left);
  return exports;
}

}  // namespace

NODE_API_MODULE(trace_stand_in, Initialize)
