// SPDX-License-Identifier: MIT
#include "windows/privilege.h"

#include <algorithm>
#include <vector>

#include "windows/handle.h"

namespace kernelwire {

namespace {

constexpr DWORD kAdjust = TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY;

bool Enable(HANDLE token, const wchar_t* name) {
  TOKEN_PRIVILEGES wanted{};
  wanted.PrivilegeCount = 1;
  wanted.Privileges[0].Attributes = SE_PRIVILEGE_ENABLED;
  if (!LookupPrivilegeValueW(nullptr, name, &wanted.Privileges[0].Luid)) return false;
  if (!AdjustTokenPrivileges(token, FALSE, &wanted, 0, nullptr, nullptr)) return false;
  return GetLastError() == ERROR_SUCCESS;
}

}  // namespace

bool EnablePrivilege(const wchar_t* name) {
  Handle token;
  return OpenProcessToken(GetCurrentProcess(), kAdjust, token.out()) && Enable(token.get(), name);
}

bool EnablePrivilegeOfThread(const wchar_t* name) {
  if (!ImpersonateSelf(SecurityImpersonation)) return false;
  Handle token;
  if (OpenThreadToken(GetCurrentThread(), kAdjust, TRUE, token.out()) &&
      Enable(token.get(), name)) {
    return true;
  }
  RevertToSelf();
  return false;
}

bool HasPrivilege(const wchar_t* name) {
  Handle token;
  LUID wanted;
  if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, token.out())) return false;
  if (!LookupPrivilegeValueW(nullptr, name, &wanted)) return false;
  DWORD bytes = 0;
  GetTokenInformation(token.get(), TokenPrivileges, nullptr, 0, &bytes);
  std::vector<DWORD> memory(bytes / sizeof(DWORD) + 1);
  if (!GetTokenInformation(token.get(), TokenPrivileges, memory.data(), bytes, &bytes))
    return false;
  const auto* const all = reinterpret_cast<const TOKEN_PRIVILEGES*>(memory.data());
  return std::any_of(
      all->Privileges, all->Privileges + all->PrivilegeCount, [wanted](const auto& one) {
        return one.Luid.LowPart == wanted.LowPart && one.Luid.HighPart == wanted.HighPart;
      });
}

}  // namespace kernelwire
