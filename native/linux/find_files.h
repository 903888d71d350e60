// SPDX-License-Identifier: MIT
// FileFinder for JavaScript: lib/native.ts has the types.
#pragma once

#include <napi.h>

namespace kernelwire {

// findFiles(wishes, limitBytes): a promise of one answer for each wish, in their order.
Napi::Value FindFiles(const Napi::CallbackInfo& info);

// idleIo(threadId): that thread reads from disks only when nobody else does. Whether it worked.
Napi::Value IdleIo(const Napi::CallbackInfo& info);

}  // namespace kernelwire
