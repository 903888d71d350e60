/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* Which parts of a process's memory another one wrote. */
#ifndef KERNELWIRE_WRITTEN_H
#define KERNELWIRE_WRITTEN_H

#include "tracks.h"

/* A breakpoint of one byte is no code of anybody's. */
#define CODE_MIN 2
/* How often it is told that somebody goes on writing. */
#define TOLD_NS 1000000000ULL

static __noinline int add_range(struct written *written, __u64 start, __u64 end)
{
	__u32 next;

	if (!written || end - start < CODE_MIN)
		return 0;
	for (int i = 0; i < WRITTEN_RANGES; i++) {
		struct written_range *range = &written->ranges[i];

		if (range->end && (start > range->end || end < range->start))
			continue;
		if (!range->end || start < range->start)
			range->start = start;
		if (end > range->end)
			range->end = end;
		return 0;
	}
	next = written->next & (WRITTEN_RANGES - 1);
	written->ranges[next].start = start;
	written->ranges[next].end = end;
	written->next = next + 1;
	return 0;
}

/* Larger than what fits on the stack. */
const volatile struct written nothing_written SEC(".rodata.written") = {};

/* What the current task writes into the image: an entry to add ranges to, NULL where it is its own. */
static __always_inline struct written *written_into(struct task_struct *task, __u8 modes)
{
	struct parent_identity actor = {}, target = {};
	struct written *written;
	__u64 now = bpf_ktime_get_boot_ns();

	if (!task)
		return NULL;
	fill_party(&actor, (struct task_struct *)bpf_get_current_task());
	fill_party(&target, task);
	if (actor.pid == target.pid)
		return NULL;
	written = bpf_map_lookup_elem(&writes, &target);
	if (!written) {
		bpf_map_update_elem(&writes, &target, (void *)&nothing_written, BPF_ANY);
		written = bpf_map_lookup_elem(&writes, &target);
		if (!written)
			return NULL;
	}
	/* process_vm_writev is an access each time. */
	if (modes && (now - written->told_ns >= TOLD_NS || written->writer.pid != actor.pid)) {
		written->told_ns = now;
		tell_change(&actor, &target, modes);
	}
	written->writer = actor;
	return written;
}

#endif
