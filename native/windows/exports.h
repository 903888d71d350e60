// SPDX-License-Identifier: MIT
#pragma once

#include <napi.h>

namespace kernelwire {

// What the addon has on Windows only.
void DefineWindows(Napi::Env env, Napi::Object exports);

}  // namespace kernelwire
