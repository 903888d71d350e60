// SPDX-License-Identifier: MIT
#include "linux/plain_pointers.h"

#include "linux/bpf/plain_types.h"

namespace kernelwire {
namespace {

bool IsPlainCall(const bpf_insn& instruction) {
  return instruction.code == (BPF_JMP | BPF_CALL) && instruction.src_reg == 0 &&
         instruction.imm >= PLAIN_CALL && instruction.imm < PLAIN_CALL + PLAIN_TYPES;
}

}  // namespace

bool ResolvePlainPointers(std::vector<bpf_insn>* instructions, const KernelBtf* kernel) {
  const uint32_t cast = kernel ? kernel->IdOf(kPlainCast) : 0;
  bool has_cast = false;
  for (size_t i = 1; i < instructions->size(); i++) {
    bpf_insn& call = (*instructions)[i];
    if (!IsPlainCall(call)) continue;
    const uint32_t type = cast ? kernel->IdOf(kPlainTypes[call.imm - PLAIN_CALL]) : 0;
    if (type) {
      // bpf_rdonly_cast(r1, type): the instruction before it sets r2.
      (*instructions)[i - 1].imm = static_cast<int32_t>(type);
      call.src_reg = BPF_PSEUDO_KFUNC_CALL;
      call.imm = static_cast<int32_t>(cast);
      has_cast = true;
    } else {
      call = {};
      call.code = BPF_ALU64 | BPF_MOV | BPF_X;
      call.dst_reg = BPF_REG_0;
      call.src_reg = BPF_REG_1;
    }
  }
  return has_cast;
}

}  // namespace kernelwire
