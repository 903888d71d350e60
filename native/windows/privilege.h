// SPDX-License-Identifier: MIT
#pragma once

#include "windows/etw.h"

namespace kernelwire {

// Switches a privilege on that this process has; false where it has not.
bool EnablePrivilege(const wchar_t* name);
// For the calling thread alone.
bool EnablePrivilegeOfThread(const wchar_t* name);
// Whether this process has it, on or off.
bool HasPrivilege(const wchar_t* name);

}  // namespace kernelwire
