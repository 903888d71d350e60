// SPDX-License-Identifier: MIT
#include "linux/programs.h"

#include "access_calls.skel.h"
#include "call_begin.skel.h"
#include "kernel_module.skel.h"
#include "linux/bpf_program.h"
#include "memory_open.skel.h"
#include "memory_write.skel.h"
#include "module_calls.skel.h"
#include "module_exec.skel.h"
#include "module_map.skel.h"
#include "module_map_old.skel.h"
#include "open_calls.skel.h"
#include "pidfd_calls.skel.h"
#include "pipe_calls.skel.h"
#include "pipe_calls_old.skel.h"
#include "pipe_functions.skel.h"
#include "pipe_functions_old.skel.h"
#include "process_exec.skel.h"
#include "process_exec_old.skel.h"
#include "process_exit.skel.h"
#include "process_fork.skel.h"
#include "process_fork_old.skel.h"
#include "ptrace_begin.skel.h"
#include "remote_thread.skel.h"
#include "span_end.skel.h"
#include "task_snapshot.skel.h"
#include "task_snapshot_old.skel.h"
#include "track_end.skel.h"

namespace kernelwire {
namespace {

using Object = const void* (*)(size_t*);

// `old`: the object for kernels without bpf_loop, where it is another one.
ProgramSource Source(const char* name, Object object, Object old = nullptr) {
  static const bool is_old = !HasLoop();
  Bytes bytes;
  bytes.data =
      static_cast<const std::byte*>(is_old && old ? old(&bytes.size) : object(&bytes.size));
  Hook hook;
  ForEachFunction(bytes, [name, &hook](std::string_view function, std::string_view section) {
    if (function == name) hook = ParseHook(section);
  });
  return {name, hook, bytes};
}

}  // namespace

const std::vector<ProgramSource>& AllPrograms() {
  static const std::vector<ProgramSource> all = {
      Source("process_fork", process_fork_bpf__elf_bytes, process_fork_old_bpf__elf_bytes),
      Source("process_exec", process_exec_bpf__elf_bytes, process_exec_old_bpf__elf_bytes),
      Source("process_exit", process_exit_bpf__elf_bytes),
      Source("task_snapshot", task_snapshot_bpf__elf_bytes, task_snapshot_old_bpf__elf_bytes),
      Source("module_map", module_map_bpf__elf_bytes, module_map_old_bpf__elf_bytes),
      Source("module_mmap", module_calls_bpf__elf_bytes),
      Source("module_mprotect", module_calls_bpf__elf_bytes),
      Source("module_pkey_mprotect", module_calls_bpf__elf_bytes),
      Source("module_calls", module_calls_bpf__elf_bytes),
      Source("module_exec", module_exec_bpf__elf_bytes),
      Source("kernel_module", kernel_module_bpf__elf_bytes),
      Source("begin_calls", call_begin_bpf__elf_bytes),
      Source("begin_ptrace", call_begin_bpf__elf_bytes),
      Source("begin_process_vm_readv", call_begin_bpf__elf_bytes),
      Source("begin_process_vm_writev", call_begin_bpf__elf_bytes),
      Source("begin_pidfd_open", call_begin_bpf__elf_bytes),
      Source("begin_pidfd_getfd", call_begin_bpf__elf_bytes),
      Source("begin_open", call_begin_bpf__elf_bytes),
      Source("begin_creat", call_begin_bpf__elf_bytes),
      Source("begin_openat", call_begin_bpf__elf_bytes),
      Source("begin_openat2", call_begin_bpf__elf_bytes),
      Source("begin_open_by_handle_at", call_begin_bpf__elf_bytes),
      Source("begin_mknod", call_begin_bpf__elf_bytes),
      Source("begin_mknodat", call_begin_bpf__elf_bytes),
      Source("begin_mmap", call_begin_bpf__elf_bytes),
      Source("begin_mprotect", call_begin_bpf__elf_bytes),
      Source("begin_pkey_mprotect", call_begin_bpf__elf_bytes),
      Source("begin_write", call_begin_bpf__elf_bytes),
      Source("begin_writev", call_begin_bpf__elf_bytes),
      Source("begin_pwrite64", call_begin_bpf__elf_bytes),
      Source("begin_pwritev", call_begin_bpf__elf_bytes),
      Source("begin_pwritev2", call_begin_bpf__elf_bytes),
      Source("access_ptrace", access_calls_bpf__elf_bytes),
      Source("access_readv", access_calls_bpf__elf_bytes),
      Source("access_writev", access_calls_bpf__elf_bytes),
      Source("access_calls", access_calls_bpf__elf_bytes),
      Source("access_readv_calls", access_calls_bpf__elf_bytes),
      Source("access_writev_calls", access_calls_bpf__elf_bytes),
      Source("traced_ptrace", access_calls_bpf__elf_bytes),
      Source("traced_readv", access_calls_bpf__elf_bytes),
      Source("traced_writev", access_calls_bpf__elf_bytes),
      Source("traced_ptrace_32", access_calls_bpf__elf_bytes),
      Source("traced_ptrace_x32", access_calls_bpf__elf_bytes),
      Source("traced_readv_32", access_calls_bpf__elf_bytes),
      Source("traced_writev_32", access_calls_bpf__elf_bytes),
      Source("memory_open", memory_open_bpf__elf_bytes),
      Source("open_openat", open_calls_bpf__elf_bytes),
      Source("open_openat2", open_calls_bpf__elf_bytes),
      Source("open_open", open_calls_bpf__elf_bytes),
      Source("open_creat", open_calls_bpf__elf_bytes),
      Source("open_open_by_handle_at", open_calls_bpf__elf_bytes),
      Source("open_calls", open_calls_bpf__elf_bytes),
      Source("access_pidfd", pidfd_calls_bpf__elf_bytes),
      Source("access_getfd", pidfd_calls_bpf__elf_bytes),
      Source("traced_pidfd", pidfd_calls_bpf__elf_bytes),
      Source("traced_getfd", pidfd_calls_bpf__elf_bytes),
      Source("traced_pidfd_32", pidfd_calls_bpf__elf_bytes),
      Source("traced_getfd_32", pidfd_calls_bpf__elf_bytes),
      Source("access_pidfd_calls", pidfd_calls_bpf__elf_bytes),
      Source("access_getfd_calls", pidfd_calls_bpf__elf_bytes),
      Source("traced_begin", ptrace_begin_bpf__elf_bytes),
      Source("traced_begin_32", ptrace_begin_bpf__elf_bytes),
      Source("traced_begin_x32", ptrace_begin_bpf__elf_bytes),
      Source("memory_write", memory_write_bpf__elf_bytes),
      Source("write_write", memory_write_bpf__elf_bytes),
      Source("write_writev", memory_write_bpf__elf_bytes),
      Source("write_pwrite64", memory_write_bpf__elf_bytes),
      Source("write_pwritev", memory_write_bpf__elf_bytes),
      Source("write_pwritev2", memory_write_bpf__elf_bytes),
      Source("write_calls", memory_write_bpf__elf_bytes),
      Source("remote_thread", remote_thread_bpf__elf_bytes),
      Source("track_exit", track_end_bpf__elf_bytes),
      Source("track_exec", track_end_bpf__elf_bytes),
      Source("span_exit", span_end_bpf__elf_bytes),
      Source("fifo_open", pipe_functions_bpf__elf_bytes, pipe_functions_old_bpf__elf_bytes),
      Source("fifo_opened", pipe_functions_bpf__elf_bytes, pipe_functions_old_bpf__elf_bytes),
      Source("fifo_make", pipe_functions_bpf__elf_bytes, pipe_functions_old_bpf__elf_bytes),
      Source("fifo_made", pipe_functions_bpf__elf_bytes, pipe_functions_old_bpf__elf_bytes),
      Source("fifo_openat", pipe_calls_bpf__elf_bytes, pipe_calls_old_bpf__elf_bytes),
      Source("fifo_openat2", pipe_calls_bpf__elf_bytes, pipe_calls_old_bpf__elf_bytes),
      Source("fifo_open_call", pipe_calls_bpf__elf_bytes, pipe_calls_old_bpf__elf_bytes),
      Source("fifo_creat", pipe_calls_bpf__elf_bytes, pipe_calls_old_bpf__elf_bytes),
      Source("fifo_open_by_handle_at", pipe_calls_bpf__elf_bytes, pipe_calls_old_bpf__elf_bytes),
      Source("fifo_open_calls", pipe_calls_bpf__elf_bytes, pipe_calls_old_bpf__elf_bytes),
      Source("fifo_mknodat", pipe_calls_bpf__elf_bytes, pipe_calls_old_bpf__elf_bytes),
      Source("fifo_mknod", pipe_calls_bpf__elf_bytes, pipe_calls_old_bpf__elf_bytes),
      Source("fifo_make_calls", pipe_calls_bpf__elf_bytes, pipe_calls_old_bpf__elf_bytes),
  };
  return all;
}

std::vector<Bytes> ProgramObjects() {
  std::vector<Bytes> objects;
  for (const ProgramSource& source : AllPrograms())
    if (objects.empty() || objects.back().data != source.object.data)
      objects.push_back(source.object);
  return objects;
}

const ProgramSource* FindProgram(const std::string& name) {
  for (const ProgramSource& source : AllPrograms())
    if (name == source.name) return &source;
  return nullptr;
}

}  // namespace kernelwire
