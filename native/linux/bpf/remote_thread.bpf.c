/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* A thread begins: because of another process? See tracks.h. */
#include "tracks.h"

/* include/uapi/linux/sched.h, include/linux/sched.h */
#define CLONE_THREAD 0x00010000
#define PF_IO_WORKER 0x00000010
#define PF_USER_WORKER 0x00004000

/* After a tracer has gone, a thread that it has moved is taken to be under way for so long. */
#define MOVED_NS 10000000000ULL

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct task_struct___traced {
	unsigned int ptrace;
};

#pragma clang attribute pop

static __always_inline bool is_written(struct written *written, __u64 place)
{
	/* The place is behind the instruction, and may be the first that was not written. */
	for (int i = 0; i < WRITTEN_RANGES; i++) {
		if (place > written->ranges[i].start && place <= written->ranges[i].end)
			return true;
	}
	return false;
}

static __always_inline bool is_under_way(struct moved *moved, struct task_struct *task)
{
	struct task_struct___traced *traced = (void *)task;

	return BPF_CORE_READ(traced, ptrace) || bpf_ktime_get_boot_ns() - moved->boot_ns < MOVED_NS;
}

HOOK("tp_btf/task_newtask")
int remote_thread(__u64 *arguments)
{
	struct task_struct *thread = (void *)arguments[0];
	struct task_struct *creator = (struct task_struct *)bpf_get_current_task();
	struct thread_record record = {};
	struct written *written;
	struct moved *moved;

	if (!(arguments[1] & CLONE_THREAD) || BPF_CORE_READ(thread, flags) & (PF_IO_WORKER | PF_USER_WORKER))
		return 0;
	fill_party(&record.target, creator);
	written = writes_to(&record.target);
	if (written && is_written(written, place_of(creator))) {
		record.reasons = THREAD_WRITTEN;
		put_actor(&record.header, &written->writer);
	}
	moved = moved_of(creator);
	if (moved && is_under_way(moved, creator)) {
		record.reasons |= THREAD_DRIVEN;
		put_actor(&record.header, &moved->mover);
	}
	if (!record.reasons) {
		/* It may be one of those that had no place any more. */
		if (written && written->is_incomplete)
			count_forgotten(RECORD_THREAD);
		return 0;
	}
	record.thread = BPF_CORE_READ(thread, pid);
	access_output(&record.header, RECORD_THREAD, sizeof(record));
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
