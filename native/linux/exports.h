// SPDX-License-Identifier: MIT
#pragma once

#include <napi.h>

namespace kernelwire {

// What the addon exports on Linux: lib/native.ts is its type.
void DefineLinux(Napi::Env env, Napi::Object exports);

}  // namespace kernelwire
