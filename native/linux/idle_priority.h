// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

namespace kernelwire {

// From now on that thread (0: the calling one) has a disk or a CPU only as long as nobody else
// wants it. Whether it worked.
bool MakeIdle(pid_t thread);

}  // namespace kernelwire
