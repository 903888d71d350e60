// SPDX-License-Identifier: MIT
// Small reads of /proc.
#pragma once

#include <cstddef>
#include <string>

namespace kernelwire {

// At most `limit` bytes; empty where the process is gone.
std::string ReadProcFile(const std::string& path, size_t limit);

// Empty where there is none.
std::string ReadLink(const std::string& path);

// Whether this process is in the initial pid namespace, and /proc, too, has its numbers: those of
// records. Both by what /proc itself says.
bool IsInInitialPidNamespace();
bool ProcHasInitialPids();

}  // namespace kernelwire
