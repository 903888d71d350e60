/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* Which parts of a process's memory another one wrote. */
#ifndef KERNELWIRE_WRITTEN_H
#define KERNELWIRE_WRITTEN_H

#include "tracks.h"

/* A breakpoint of one byte is no code of anybody's. */
#define CODE_MIN 2
/* How often it is told that somebody goes on writing. */
#define TOLD_NS 1000000000ULL

/*
 * Adds a range to what was written into the image: `target` is the two words of its identity. Not
 * static: the verifier goes through it once, not once for each range that a caller has. It wants
 * numbers then, not pointers (before Linux 5.13).
 */
__noinline int add_range_of(__u64 target_low, __u64 target_high, __u64 start, __u64 end)
{
	struct parent_identity target = {
		.pid = target_low,
		.exec_id = target_low >> 32,
		.start_boot_ns = target_high,
	};
	struct written *written = writes_to(&target);
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
	written->is_incomplete = 1;
	next = written->next & (WRITTEN_RANGES - 1);
	written->ranges[next].start = start;
	written->ranges[next].end = end;
	written->next = next + 1;
	return 0;
}

static __always_inline __u64 low_of(const struct parent_identity *identity)
{
	return (__u64)identity->exec_id << 32 | identity->pid;
}

static __always_inline __u64 high_of(const struct parent_identity *identity)
{
	return identity->start_boot_ns;
}

static __always_inline void add_range(const struct parent_identity *target, __u64 start, __u64 end)
{
	add_range_of(low_of(target), high_of(target), start, end);
}

/* More was written into this image than is remembered. */
static __always_inline void some_unknown(const struct parent_identity *target)
{
	struct written *written = writes_to(target);

	if (written)
		written->is_incomplete = 1;
}

/* Larger than what fits on the stack; of the current CPU, which a program does not leave. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct written);
} new_writes SEC(".maps");

/* The entry of an image. What was written into one that the process ran before is gone with it. */
static __always_inline struct written *entry_of(const struct parent_identity *target)
{
	__u32 zero = 0, process = target->pid;
	struct written *fresh = bpf_map_lookup_elem(&new_writes, &zero);
	struct written *written = bpf_map_lookup_elem(&writes, &process);

	if (!fresh)
		return NULL;
	if (written && is_same(&written->target, target))
		return written;
	if (written)
		forget(writes, &process, written);
	fresh->target = *target;
	return remember(writes, WRITES_MAX, &process, fresh);
}

/* The current task writes into this image: `target`, to add ranges to. False where it is its own. */
static __always_inline bool written_into(struct parent_identity *target, struct task_struct *task, __u8 modes)
{
	struct parent_identity actor = {};
	struct written *written;
	__u64 now = bpf_ktime_get_boot_ns();

	if (!task)
		return false;
	fill_party(&actor, (struct task_struct *)bpf_get_current_task());
	fill_party(target, task);
	if (actor.pid == target->pid)
		return false;
	written = entry_of(target);
	if (!written) {
		count_forgotten(RECORD_THREAD);
		return false;
	}
	/* process_vm_writev is an access each time. */
	if (modes && (now - written->told_ns >= TOLD_NS || written->writer.pid != actor.pid)) {
		written->told_ns = now;
		tell_change(&actor, target, modes);
	}
	written->writer = actor;
	return true;
}

#endif
