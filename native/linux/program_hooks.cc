// SPDX-License-Identifier: MIT
#include "linux/program_hooks.h"

#include <bpf/bpf.h>

#include <cerrno>
#include <cstring>
#include <iterator>

#include "linux/file_descriptor.h"

namespace kernelwire {
namespace {

// The kernel's own, which a program sees where a kind of hook is not there (include/linux/errno.h).
constexpr int kNotSupported = 524;

// A program that does nothing.
int LoadProbe(const Hook& hook, uint32_t btf_id) {
  bpf_insn instructions[2] = {};
  instructions[0].code = BPF_ALU64 | BPF_MOV | BPF_K;  // r0 = 0
  instructions[1].code = BPF_JMP | BPF_EXIT;
  LIBBPF_OPTS(bpf_prog_load_opts, options);
  options.expected_attach_type = static_cast<bpf_attach_type>(hook.attach_type);
  options.attach_btf_id = btf_id;
  const FileDescriptor probe(bpf_prog_load(static_cast<bpf_prog_type>(hook.program_type),
                                           "kernelwire_try", "Dual MIT/GPL", instructions,
                                           std::size(instructions), &options));
  return probe ? 0 : errno;
}

}  // namespace

const KernelBtf* ProgramHooks::btf() {
  int error = 0;
  if (!btf_) btf_ = KernelBtf::Get(&error);
  errno = error;
  return btf_;
}

bool ProgramHooks::Find(const Hook& hook, HookTarget* target, ProgramError* error) {
  if (hook.kind == HookKind::kTracepoint) return FindTracepoint(hook, target, error);
  const KernelBtf* kernel = btf();
  if (!kernel) {
    error->error = errno;
    error->log = std::string("/sys/kernel/btf/vmlinux: ") + strerror(errno);
    return false;
  }
  target->btf_id = kernel->IdOf(hook.target);
  if (target->btf_id == 0) {
    error->error = ESRCH;
    error->log = "the kernel has no type or function " + hook.target;
    return false;
  }
  return hook.kind != HookKind::kFunction || AllowsTrampolines(hook, target->btf_id, error);
}

bool ProgramHooks::FindTracepoint(const Hook& hook, HookTarget* target, ProgramError* error) {
  if (!tracefs_) tracefs_.emplace();
  error->error = tracefs_->FindId(hook.target, &target->tracepoint, &error->log);
  return error->error == 0;
}

// What is said of this one function only, such as that it cannot have one, is left to the program
// that is meant for it.
bool ProgramHooks::AllowsTrampolines(const Hook& hook, uint32_t btf_id, ProgramError* error) {
  if (!trampolines_) {
    trampolines_.emplace();
    const int refusal = LoadProbe(hook, btf_id);
    if (refusal == EPERM || refusal == EOPNOTSUPP || refusal == kNotSupported)
      *trampolines_ = {refusal, "the kernel refuses every program with a trampoline: " +
                                    std::string(strerror(refusal))};
  }
  if (trampolines_->error) *error = *trampolines_;
  return trampolines_->error == 0;
}

}  // namespace kernelwire
