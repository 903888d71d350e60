// SPDX-License-Identifier: MIT
#include "linux/programs.h"

#include <vector>

#include "process_exec.skel.h"
#include "process_exit.skel.h"
#include "process_fork.skel.h"
#include "task_snapshot.skel.h"

namespace kernelwire {
namespace {

ProgramSource Source(const char* name, const void* (*object)(size_t*)) {
  size_t bytes;
  const void* data = object(&bytes);
  return {name, data, bytes};
}

const std::vector<ProgramSource>& All() {
  static const std::vector<ProgramSource> all = {
      Source("process_fork", process_fork_bpf__elf_bytes),
      Source("process_exec", process_exec_bpf__elf_bytes),
      Source("process_exit", process_exit_bpf__elf_bytes),
      Source("task_snapshot", task_snapshot_bpf__elf_bytes),
      Source("task_snapshot_arguments", task_snapshot_bpf__elf_bytes),
  };
  return all;
}

}  // namespace

const ProgramSource* FindProgram(const std::string& name) {
  for (const ProgramSource& source : All())
    if (name == source.name) return &source;
  return nullptr;
}

}  // namespace kernelwire
