// SPDX-License-Identifier: MIT
#pragma once

#include "windows/etw.h"

namespace kernelwire {

// Switches a privilege on that this process has; false where it has not.
bool EnablePrivilege(const wchar_t* name);

}  // namespace kernelwire
