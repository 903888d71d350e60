// SPDX-License-Identifier: MIT
#include "windows/privilege.h"

#include "windows/handle.h"

namespace kernelwire {

bool EnablePrivilege(const wchar_t* name) {
  Handle token;
  TOKEN_PRIVILEGES wanted{};
  wanted.PrivilegeCount = 1;
  wanted.Privileges[0].Attributes = SE_PRIVILEGE_ENABLED;
  const DWORD access = TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY;
  if (!OpenProcessToken(GetCurrentProcess(), access, token.out())) return false;
  if (!LookupPrivilegeValueW(nullptr, name, &wanted.Privileges[0].Luid)) return false;
  if (!AdjustTokenPrivileges(token.get(), FALSE, &wanted, 0, nullptr, nullptr)) return false;
  return GetLastError() == ERROR_SUCCESS;
}

}  // namespace kernelwire
