/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* What is remembered of threads and images goes when they do. See tracks.h. */
#include "tracked.h"

static __always_inline void forget_thread(__u32 thread)
{
	struct moved *moved = bpf_map_lookup_elem(&moves, &thread);

	if (moved)
		forget(moves, &thread, moved);
}

static __always_inline void forget_process(__u32 process)
{
	struct written *written = bpf_map_lookup_elem(&writes, &process);

	if (written)
		forget(writes, &process, written);
}

HOOK("tp_btf/sched_process_exit")
int BPF_PROG(track_exit, struct task_struct *task)
{
	if (holds_any(moves))
		forget_thread(task->pid);
	/* Whichever is the last of several threads that leave at once: none of them runs code any more. */
	if (holds_any(writes) && task->signal->live.counter == 0)
		forget_process(task->tgid);
	return 0;
}

/* An exec ends all other threads, and takes the number of the first one: `old_pid` had its own until then. */
HOOK("tp_btf/sched_process_exec")
int BPF_PROG(track_exec, struct task_struct *task, pid_t old_pid)
{
	if (holds_any(moves)) {
		forget_thread(task->pid);
		forget_thread(old_pid);
	}
	if (holds_any(writes))
		forget_process(task->tgid);
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
