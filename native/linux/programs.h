// SPDX-License-Identifier: MIT
// The BPF programs that are built in, by name.
#pragma once

#include <string>

#include "linux/bpf_program.h"

namespace kernelwire {

// Null for a name that is none.
const ProgramSource* FindProgram(const std::string& name);

}  // namespace kernelwire
