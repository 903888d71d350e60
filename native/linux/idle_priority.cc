// SPDX-License-Identifier: MIT
#include "linux/idle_priority.h"

#include <linux/ioprio.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace kernelwire {

bool MakeIdle(pid_t thread) {
  const long io =
      syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, thread, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_IDLE, 0));
  const sched_param parameters = {};
  const int cpu = sched_setscheduler(thread, SCHED_IDLE, &parameters);
  return io == 0 && cpu == 0;
}

}  // namespace kernelwire
