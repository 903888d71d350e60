// SPDX-License-Identifier: MIT
// One BPF program, loaded on its own: what the kernel refuses takes nothing else with it.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "linux/kernel_types.h"
#include "linux/shared_maps.h"

struct bpf_link;
struct bpf_object;
struct bpf_program;

namespace kernelwire {

struct ProgramSource {
  const char* name;    // of the program and of what it is in coverage
  const void* object;  // the ELF file from its skeleton
  size_t object_bytes;
};

// Why a program did not load or attach.
struct ProgramError {
  int error = 0;    // errno
  std::string log;  // libbpf's and the verifier's words; the end of them where they are long
};

class BpfProgram {
 public:
  ~BpfProgram();
  BpfProgram(const BpfProgram&) = delete;
  BpfProgram& operator=(const BpfProgram&) = delete;

  static std::unique_ptr<BpfProgram> Load(const ProgramSource& source, const settings& constants,
                                          SharedMaps* maps, ProgramError* error);

  // Attaches to the hook that the program's section names, where it is not yet.
  bool Attach(ProgramError* error);
  void Detach();
  // Whether the kernel still says so; true where it cannot be asked.
  bool IsAttached() const;

  // Whether it has a map of this name.
  bool Uses(const std::string& map) const;

  int link_fd() const;
  // Runs that the kernel skipped because the program was running on that CPU already.
  uint64_t MissedRuns() const;
  const std::string& name() const { return name_; }
  // The section: the hook as the kernel names it.
  const std::string& hook() const { return hook_; }

 private:
  BpfProgram(bpf_object* object, bpf_program* program);
  bpf_object* const object_;
  bpf_program* const program_;
  bpf_link* link_ = nullptr;
  bool is_told_ = false;  // whether the kernel tells which program the link is of
  std::string name_;
  std::string hook_;
};

// Whether programs of this kernel may call this helper, as enum bpf_func_id has it. False without
// BTF.
bool KernelHasHelper(const char* name);

// Whether programs on tracepoints may keep something with each thread (5.13).
bool HasTaskStorage();

// Whether the kernel passes sched_process_exit its second argument (6.17). False without BTF.
bool ExitHasGroupDead();

}  // namespace kernelwire
