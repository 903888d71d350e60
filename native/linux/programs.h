// SPDX-License-Identifier: MIT
// The BPF programs that are built in.
#pragma once

#include <string>
#include <vector>

#include "linux/elf_sections.h"
#include "linux/hook.h"
#include "linux/kernel_types.h"  // the skeletons name what is in it

namespace kernelwire {

struct ProgramSource {
  const char* name;  // of the program and of what it is in coverage
  Hook hook;
  Bytes object;  // the ELF file from its skeleton
};

const std::vector<ProgramSource>& AllPrograms();
// The files that they are in: several programs may be in one.
std::vector<Bytes> ProgramObjects();

// Null for a name that is none.
const ProgramSource* FindProgram(const std::string& name);

}  // namespace kernelwire
