// SPDX-License-Identifier: MIT
// From where this process looks at the others. In a pid namespace of its own the kernel lists only
// those within (kernel/bpf/task_iter.c, init_seq_pidns), and /proc numbers them otherwise.
#pragma once

#include <cstdint>

#include "linux/bpf_program.h"

namespace kernelwire {

// Whose numbers processes have in /proc. A machine's own /proc may be mounted in a container, and
// the other way round.
enum class ProcNumbers {
  kNone,     // there is no /proc, or it is that of a third namespace
  kOwn,      // those of this process's pid namespace, which is not the initial one
  kInitial,  // those of the initial pid namespace, as in records
};

struct Viewpoint {
  bool is_nested = false;
  ProcNumbers proc = ProcNumbers::kNone;
  bool proc_shows_all = false;  // also what belongs to others (proc(5), hidepid)
  bool lists_all = false;       // a snapshot has all processes of the machine
};

// `iterator` may be null.
Viewpoint LookAround(const BpfProgram* iterator);

}  // namespace kernelwire
