/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* The end of a process: one record when its last thread leaves, whichever that is. */
#include "emit.h"

/* What wait(2) will tell the parent (kernel/exit.c, wait_task_zombie). */
static __always_inline __s32 exit_code_of(struct task_struct *task)
{
	if (task->signal->flags & SIGNAL_GROUP_EXIT)
		return task->signal->group_exit_code;
	return task->group_leader->exit_code;
}

HOOK("tp_btf/sched_process_exit")
int process_exit(__u64 *arguments)
{
	struct task_struct *task = plain_task((void *)arguments[0]);
	struct cpu_counters *cpu;
	struct exit_record *record;

	/*
	 * Any thread can be the last one, the leader often is not (kernel/exit.c, do_exit). Before
	 * 6.17 two that leave at once may both read 0 here: the process table drops the second.
	 */
	if (settings.exit_has_group_dead) {
		if (!(arguments[1] & 1))
			return 0;
	} else if (task->signal->live.counter != 0) {
		return 0;
	}
	cpu = counters_of_this_cpu();
	if (!cpu)
		return 0;
	record = record_reserve(cpu, RECORD_EXIT, sizeof(*record));
	if (!record)
		return 0;
	fill_header(&record->header, RECORD_EXIT, 0, task, cpu);
	record->exit_code = exit_code_of(task);
	record->parent_pid = task->real_parent->tgid;
	record_submit(record);
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
