/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * What processes do to others that may make threads begin there: code that they write, and threads
 * that they trace and move elsewhere. Remembered here, and looked at when a thread is created.
 */
#ifndef KERNELWIRE_TRACKS_H
#define KERNELWIRE_TRACKS_H

#include "access.h"
#include "place.h"
#include "tracked.h"

/* Where this thread was moved to; NULL where nobody did, or only another one that had its number. */
static __always_inline struct moved *moved_of(struct task_struct *task)
{
	__u32 thread = BPF_CORE_READ(task, pid);
	struct moved *moved = bpf_map_lookup_elem(&moves, &thread);

	return moved && moved->start_boot_ns == BPF_CORE_READ(task, start_boottime) ? moved : NULL;
}

static __always_inline bool is_same(const struct parent_identity *one, const struct parent_identity *other)
{
	return one->pid == other->pid && one->exec_id == other->exec_id && one->start_boot_ns == other->start_boot_ns;
}

/* What was written into this image; NULL where nothing was. */
static __always_inline struct written *writes_to(const struct parent_identity *target)
{
	__u32 process = target->pid;
	struct written *written = bpf_map_lookup_elem(&writes, &process);

	return written && is_same(&written->target, target) ? written : NULL;
}

/* `modes`: through what. */
static __always_inline void tell_change(const struct parent_identity *actor, const struct parent_identity *target,
					__u8 modes)
{
	struct access_record record = { .target = *target, .kind = ACCESS_CHANGE, .modes = modes };

	put_actor(&record.header, actor);
	access_output(&record.header, RECORD_ACCESS, sizeof(record));
}

#endif
