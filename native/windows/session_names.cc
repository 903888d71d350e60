// SPDX-License-Identifier: MIT
#include "windows/session_names.h"

#include <cstdio>
#include <cwchar>

#include "windows/handle.h"
#include "windows/trace_session.h"

namespace kernelwire {
namespace {

constexpr wchar_t kPrefix[] = L"kernelwire ";
// All that Windows can have.
constexpr size_t kSessionsMax = 64;

uint64_t CreatedOf(HANDLE process) {
  FILETIME created, exited, kernel, user;
  if (!GetProcessTimes(process, &created, &exited, &kernel, &user)) return 0;
  return uint64_t{created.dwHighDateTime} << 32 | created.dwLowDateTime;
}

// Whether the process runs that a name tells of. One that we may not ask is taken for alive.
bool IsAlive(DWORD pid, uint64_t created) {
  const Handle process(OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, pid));
  if (!process) return GetLastError() == ERROR_ACCESS_DENIED;
  DWORD status = 0;
  if (GetExitCodeProcess(process.get(), &status) && status != STILL_ACTIVE) return false;
  return CreatedOf(process.get()) == created;
}

bool IsOrphan(const std::wstring& name) {
  unsigned long pid = 0;
  unsigned long long created = 0;
  if (swscanf(name.c_str() + std::size(kPrefix) - 1, L"%lu-%llx-", &pid, &created) != 2) {
    return false;
  }
  return !IsAlive(static_cast<DWORD>(pid), created);
}

}  // namespace

std::wstring NewSessionName(unsigned number, const wchar_t* kind) {
  wchar_t name[128];
  swprintf(name, std::size(name), L"%ls%lu-%llx-%u %ls", kPrefix, GetCurrentProcessId(),
           static_cast<unsigned long long>(CreatedOf(GetCurrentProcess())), number, kind);
  return name;
}

std::vector<RunningSession> RunningSessions() {
  std::vector<SessionProperties> found(kSessionsMax);
  std::vector<EVENT_TRACE_PROPERTIES*> pointers;
  for (SessionProperties& properties : found) pointers.push_back(properties.get());
  ULONG count = 0;
  const ULONG error = QueryAllTracesW(pointers.data(), static_cast<ULONG>(pointers.size()), &count);
  std::vector<RunningSession> sessions;
  if (error != ERROR_SUCCESS && error != ERROR_MORE_DATA) return sessions;
  for (size_t i = 0; i < count && i < found.size(); i++) {
    RunningSession session;
    session.name = found[i].name();
    session.is_ours = session.name.rfind(kPrefix, 0) == 0;
    session.is_orphan = session.is_ours && IsOrphan(session.name);
    session.is_kernel = (found[i]->LogFileMode & EVENT_TRACE_SYSTEM_LOGGER_MODE) != 0 ||
                        session.name == KERNEL_LOGGER_NAMEW;
    sessions.push_back(session);
  }
  return sessions;
}

std::vector<std::wstring> StopOrphans() {
  std::vector<std::wstring> stopped;
  for (const RunningSession& session : RunningSessions()) {
    if (!session.is_orphan) continue;
    SessionProperties properties;
    if (ControlTraceW(0, session.name.c_str(), properties.get(), EVENT_TRACE_CONTROL_STOP) ==
        ERROR_SUCCESS) {
      stopped.push_back(session.name);
    }
  }
  return stopped;
}

}  // namespace kernelwire
