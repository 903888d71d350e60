/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* One process reaches into another one: a record of it. */
#ifndef KERNELWIRE_ACCESS_H
#define KERNELWIRE_ACCESS_H

#include "emit.h"
#include "party.h"

/* include/uapi/asm-generic/errno-base.h */
#define EPERM 1
#define EACCES 13

/* Only `extended` tells of what was denied. */
static __always_inline bool is_told(__s64 result)
{
	return result >= 0 || ((result == -EPERM || result == -EACCES) && asks() & ASKS_DENIED);
}

/* `header`: of a record of `size` bytes. */
static __always_inline void access_output(struct record_header *header, __u8 type, __u64 size)
{
	struct cpu_counters *cpu = counters_of_this_cpu();

	if (!cpu)
		return;
	header->type = type;
	header->boot_ns = bpf_ktime_get_boot_ns();
	header->cpu = bpf_get_smp_processor_id();
	header->lost = cpu->lost;
	shared_output(cpu, header, type, size);
}

/* Whoever traces one thread after the other, or moves memory piece by piece, has one access to the process. */
#define REPEAT_NS 1000000000ULL

struct repeat_key {
	struct parent_identity actor;
	struct parent_identity target;
	__u32 kind;
	__u32 reserved;
};

/* Of a pair that is pushed out by others, an access is told once more: nothing is missing then. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 512);
	__type(key, struct repeat_key);
	__type(value, __u64);
} repeats SEC(".maps");

static __always_inline bool is_repeat(const struct parent_identity *actor, const struct parent_identity *target,
				      __u8 kind)
{
	struct repeat_key key = { .actor = *actor, .target = *target, .kind = kind };
	__u64 now = bpf_ktime_get_boot_ns();
	__u64 *told = bpf_map_lookup_elem(&repeats, &key);

	if (told && now - *told < REPEAT_NS)
		return true;
	bpf_map_update_elem(&repeats, &key, &now, BPF_ANY);
	return false;
}

static __always_inline void put_actor(struct record_header *header, const struct parent_identity *actor)
{
	header->pid = actor->pid;
	header->exec_id = actor->exec_id;
	header->start_boot_ns = actor->start_boot_ns;
}

/* `target`: NULL when there is none any more; then `given` is all that is known of it. `result`: of the call. */
static __always_inline int access_tell(struct task_struct *actor, struct task_struct *target, __u32 given,
				       __u8 kind, __u8 modes, __s64 result)
{
	struct access_record record = {};
	struct parent_identity who = {};

	fill_party(&who, actor);
	put_actor(&record.header, &who);
	if (target)
		fill_party(&record.target, target);
	else if (BPF_CORE_READ(actor, thread_pid, level) == 0)
		record.target.pid = given;
	/* A process may do with itself what it likes. */
	if (record.target.pid == who.pid)
		return 0;
	record.given = given;
	record.kind = kind;
	record.modes = modes;
	if (result < 0)
		record.header.flags = RECORD_DENIED;
	else if ((kind <= ACCESS_WRITE || kind >= ACCESS_PIDFD) && is_repeat(&who, &record.target, kind))
		return 0;
	access_output(&record.header, RECORD_ACCESS, sizeof(record));
	return 0;
}

#endif
