// SPDX-License-Identifier: MIT
// FileFinder for JavaScript: lib/native.ts has the types.
#pragma once

#include <napi.h>

namespace kernelwire {

// findFiles(wishes, limitBytes): a promise of one answer for each wish, in their order.
Napi::Value FindFiles(const Napi::CallbackInfo& info);

// makeIdle(threadId): that thread has a disk or a CPU only as long as nobody else wants it. Whether
// it worked.
Napi::Value MakeIdle(const Napi::CallbackInfo& info);

}  // namespace kernelwire
