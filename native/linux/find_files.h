// SPDX-License-Identifier: MIT
// FileFinder for JavaScript: lib/native.ts has the types.
#pragma once

#include <napi.h>

namespace kernelwire {

// findFiles(wishes, limitBytes): a promise of one answer for each wish, in their order.
Napi::Value FindFiles(const Napi::CallbackInfo& info);

}  // namespace kernelwire
