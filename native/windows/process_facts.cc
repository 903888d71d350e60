// SPDX-License-Identifier: MIT
#include "windows/process_facts.h"

// Declares its own, shorter SYSTEM_PROCESS_INFORMATION: see SystemProcess.
#include <winternl.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "windows/handle.h"

namespace kernelwire {
namespace {

// As a 64-bit Windows has it; [MS] documents only parts.
struct SystemProcess {
  uint32_t next;
  uint32_t threads;
  uint64_t reserved1[3];
  uint64_t created;
  uint64_t user_time;
  uint64_t kernel_time;
  uint16_t name_bytes;
  uint16_t name_bytes_max;
  uint32_t padding1;
  uint64_t name;
  int32_t priority;
  uint32_t padding2;
  uint64_t pid;
  uint64_t parent_pid;
  uint32_t handles;
  uint32_t session;
  uint64_t key;
  uint64_t peak_virtual_size;
  uint64_t virtual_size;
  uint32_t page_faults;
  uint32_t padding3;
  uint64_t peak_working_set;
  uint64_t working_set;
};
static_assert(offsetof(SystemProcess, created) == 0x20, "SystemProcess.created");
static_assert(offsetof(SystemProcess, pid) == 0x50, "SystemProcess.pid");
static_assert(offsetof(SystemProcess, working_set) == 0x90, "SystemProcess.working_set");

constexpr auto kSystemProcessInformation = static_cast<SYSTEM_INFORMATION_CLASS>(5);
constexpr NTSTATUS kLengthMismatch = static_cast<NTSTATUS>(0xC0000004);
constexpr size_t kRowsBytesMax = 64 << 20;

// Of a PEB and of RTL_USER_PROCESS_PARAMETERS, of a 64-bit Windows.
constexpr uint64_t kPebImageBase = 0x10;
constexpr uint64_t kPebParameters = 0x20;
constexpr size_t kParametersBytes = 0x400;
constexpr size_t kCommandLine = 0x70;
constexpr size_t kEnvironment = 0x80;
constexpr size_t kEnvironmentSize = 0x3f0;
constexpr size_t kEnvironmentBytesMax = 256 << 10;

template <typename T>
T At(const uint8_t* memory, size_t offset) {
  T value;
  std::memcpy(&value, memory + offset, sizeof(value));
  return value;
}

bool Read(HANDLE process, uint64_t from, void* to, size_t bytes) {
  SIZE_T read = 0;
  return ReadProcessMemory(process, reinterpret_cast<const void*>(from), to, bytes, &read) &&
         read == bytes;
}

std::u16string ReadText(HANDLE process, uint64_t from, size_t bytes) {
  std::u16string text(bytes / 2, u'\0');
  if (from == 0 || !Read(process, from, text.data(), text.size() * 2)) return {};
  return text;
}

// Up to the empty string that ends it.
size_t BlockUnits(const std::u16string& block) {
  for (size_t i = 0; i + 1 < block.size(); i++) {
    if (block[i] == 0 && (i == 0 || block[i + 1] == 0)) return i == 0 ? 0 : i + 1;
  }
  return block.size();
}

void ReadEnvironment(HANDLE process, const uint8_t* parameters, ProcessFacts& facts) {
  const auto from = At<uint64_t>(parameters, kEnvironment);
  const auto bytes = At<uint64_t>(parameters, kEnvironmentSize);
  const size_t wanted = static_cast<size_t>(std::min<uint64_t>(bytes, kEnvironmentBytesMax));
  facts.environment = ReadText(process, from, wanted);
  facts.environment.resize(BlockUnits(facts.environment));
  facts.is_environment_cut = bytes > kEnvironmentBytesMax;
  if (!facts.environment.empty() && facts.environment.back() != 0) facts.environment += u'\0';
}

void ReadPeb(HANDLE process, bool with_environment, ProcessFacts& facts) {
  PROCESS_BASIC_INFORMATION basic{};
  if (NtQueryInformationProcess(process, ProcessBasicInformation, &basic, sizeof(basic), nullptr) !=
      0) {
    return;
  }
  const auto peb = reinterpret_cast<uint64_t>(basic.PebBaseAddress);
  uint64_t parameters_at = 0;
  Read(process, peb + kPebImageBase, &facts.image_base, sizeof(facts.image_base));
  if (!Read(process, peb + kPebParameters, &parameters_at, sizeof(parameters_at))) return;
  uint8_t parameters[kParametersBytes];
  if (!Read(process, parameters_at, parameters, sizeof(parameters))) return;
  const auto length = At<uint16_t>(parameters, kCommandLine);
  facts.command_line = ReadText(process, At<uint64_t>(parameters, kCommandLine + 8), length);
  if (with_environment) ReadEnvironment(process, parameters, facts);
}

void ReadUser(HANDLE process, ProcessFacts& facts) {
  Handle token;
  if (!OpenProcessToken(process, TOKEN_QUERY, token.out())) return;
  alignas(TOKEN_USER) uint8_t user[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
  DWORD length = 0;
  if (!GetTokenInformation(token.get(), TokenUser, user, sizeof(user), &length)) return;
  const PSID sid = reinterpret_cast<const TOKEN_USER*>(user)->User.Sid;
  const auto* const bytes = static_cast<const uint8_t*>(sid);
  facts.sid.assign(bytes, bytes + GetLengthSid(sid));
}

std::u16string Text(const wchar_t* text, size_t units) {
  return {reinterpret_cast<const char16_t*>(text), units};
}

}  // namespace

bool ReadProcessRows(std::vector<ProcessRow>& rows) {
  std::vector<uint64_t> memory((256 << 10) / 8);
  ULONG needed = 0;
  for (;;) {
    const auto bytes = static_cast<ULONG>(memory.size() * 8);
    const NTSTATUS status =
        NtQuerySystemInformation(kSystemProcessInformation, memory.data(), bytes, &needed);
    if (status == 0) break;
    if (status != kLengthMismatch || bytes > kRowsBytesMax) return false;
    memory.resize(memory.size() * 2);
  }
  const auto* at = reinterpret_cast<const uint8_t*>(memory.data());
  for (;;) {
    const auto process = At<SystemProcess>(at, 0);
    const auto* const name = reinterpret_cast<const char16_t*>(process.name);
    rows.push_back(
        {static_cast<uint32_t>(process.pid), static_cast<uint32_t>(process.parent_pid),
         process.created, process.threads, process.session, process.working_set,
         name == nullptr ? std::u16string() : std::u16string(name, process.name_bytes / 2)});
    if (process.next == 0) return true;
    at += process.next;
  }
}

bool ReadProcessFacts(uint32_t pid, bool with_environment, ProcessFacts& facts) {
  Handle whole(OpenProcess(PROCESS_QUERY_INFORMATION | PROCESS_VM_READ, FALSE, pid));
  const bool is_readable = static_cast<bool>(whole);
  // Protected processes tell their name and times, and not their memory.
  if (!is_readable) *whole.out() = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, pid);
  if (!whole) return false;
  const HANDLE process = whole.get();
  FILETIME created, exited, kernel, user;
  if (GetProcessTimes(process, &created, &exited, &kernel, &user)) {
    facts.created = uint64_t{created.dwHighDateTime} << 32 | created.dwLowDateTime;
  }
  wchar_t path[32768];
  DWORD units = static_cast<DWORD>(std::size(path));
  if (QueryFullProcessImageNameW(process, 0, path, &units)) facts.path = Text(path, units);
  BOOL is_wow64 = FALSE;
  facts.is_wow64 = IsWow64Process(process, &is_wow64) && is_wow64;
  ReadUser(process, facts);
  if (is_readable) ReadPeb(process, with_environment, facts);
  return true;
}

const std::u16string& AccountNames::Of(const std::vector<uint8_t>& sid) {
  if (names_.size() >= kNamesMax) names_.clear();
  const std::string key(sid.begin(), sid.end());
  const auto known = names_.find(key);
  if (known != names_.end()) return known->second;
  wchar_t name[256], domain[256];
  DWORD name_units = std::size(name), domain_units = std::size(domain);
  SID_NAME_USE use;
  std::u16string account;
  std::vector<uint8_t> copy = sid;
  if (!sid.empty() &&
      LookupAccountSidW(nullptr, copy.data(), name, &name_units, domain, &domain_units, &use)) {
    if (domain_units > 0) account = Text(domain, domain_units) + u"\\";
    account += Text(name, name_units);
  }
  return names_[key] = account;
}

std::vector<Volume> ReadVolumes() {
  std::vector<Volume> volumes;
  wchar_t drive[] = L"A:";
  wchar_t target[1024];
  for (const DWORD drives = GetLogicalDrives(); drive[0] <= L'Z'; drive[0]++) {
    if (!(drives & (1u << (drive[0] - L'A')))) continue;
    if (QueryDosDeviceW(drive, target, std::size(target)) == 0) continue;
    volumes.push_back({Text(target, wcslen(target)) + u"\\", Text(drive, 2) + u"\\"});
  }
  return volumes;
}

std::u16string WindowsFolder() {
  wchar_t folder[MAX_PATH];
  const UINT units = GetSystemWindowsDirectoryW(folder, MAX_PATH);
  return units == 0 || units >= MAX_PATH ? std::u16string() : Text(folder, units) + u"\\";
}

}  // namespace kernelwire
