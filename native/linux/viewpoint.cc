// SPDX-License-Identifier: MIT
#include "linux/viewpoint.h"

#include <unistd.h>

#include <string>

#include "linux/proc_file.h"
#include "linux/proc_stat.h"
#include "linux/snapshot_rows.h"

namespace kernelwire {
namespace {

// Threads of the kernel live in the initial pid namespace only; kthreadd is the second process.
bool ShowsKernelThreads() {
  ProcStat stat;
  return ReadProcStat("/proc/2", &stat) && stat.is_kernel_thread;
}

bool ShowsOthers() { return !ReadProcFile("/proc/1/stat", 64).empty(); }

// `initial_pid`: of this process, 0 where it is not known.
ProcNumbers NumbersOfProc(bool is_nested, uint32_t initial_pid) {
  const std::string self = ReadLink("/proc/self");
  const bool has_own = self == std::to_string(getpid());
  if (!is_nested) return has_own ? ProcNumbers::kInitial : ProcNumbers::kNone;
  if (self == std::to_string(initial_pid) && ShowsKernelThreads()) return ProcNumbers::kInitial;
  return has_own ? ProcNumbers::kOwn : ProcNumbers::kNone;
}

}  // namespace

Viewpoint LookAround(const BpfProgram* iterator) {
  Viewpoint viewpoint;
  SnapshotRow row;
  const bool has_row = iterator && ReadFirstRow(*iterator, &row);
  viewpoint.is_nested = has_row ? row.place.level != 0 : !IsInInitialPidNamespace();
  viewpoint.proc = NumbersOfProc(viewpoint.is_nested, has_row ? row.place.reader : 0);
  viewpoint.proc_shows_all = viewpoint.proc != ProcNumbers::kNone && ShowsOthers();
  viewpoint.lists_all = (has_row && !viewpoint.is_nested) ||
                        (viewpoint.proc == ProcNumbers::kInitial && viewpoint.proc_shows_all);
  return viewpoint;
}

}  // namespace kernelwire
