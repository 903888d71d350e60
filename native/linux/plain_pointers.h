// SPDX-License-Identifier: MIT
// Pointers that a program takes for plain ones: see native/linux/bpf/plain.h.
#pragma once

#include <linux/bpf.h>

#include <vector>

#include "linux/kernel_btf.h"

namespace kernelwire {

constexpr const char* kPlainTypes[] = {"task_struct", "linux_binprm"};
constexpr const char* kPlainCast = "bpf_rdonly_cast";

// Puts what the kernel has for it in the place of each plain(), or, where `kernel` is null or has
// nothing, a move. Whether there is a cast among them.
bool ResolvePlainPointers(std::vector<bpf_insn>* instructions, const KernelBtf* kernel);

}  // namespace kernelwire
