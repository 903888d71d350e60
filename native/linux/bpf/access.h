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
	return result >= 0 || (settings.extended && (result == -EPERM || result == -EACCES));
}

/* Several programs write them: one can preempt another. Hence atomic. */
static __always_inline void access_output(struct access_record *record)
{
	struct cpu_counters *cpu = counters_of_this_cpu();
	struct record_header *header = &record->header;

	if (!cpu)
		return;
	header->type = RECORD_ACCESS;
	header->boot_ns = bpf_ktime_get_boot_ns();
	header->cpu = bpf_get_smp_processor_id();
	header->lost = cpu->lost;
	__sync_fetch_and_add(&cpu->attempts[RECORD_ACCESS], 1);
	/* Anybody can do it as often as they like. */
	if (more_than_half_full()) {
		__sync_fetch_and_add(&cpu->refused[RECORD_ACCESS], 1);
		__sync_fetch_and_add(&cpu->refused_bytes, sizeof(*record));
		__sync_fetch_and_add(&cpu->lost, 1);
		return;
	}
	if (!bpf_ringbuf_output(&ring, record, sizeof(*record), wake_up()))
		return;
	__sync_fetch_and_add(&cpu->failed[RECORD_ACCESS], 1);
	__sync_fetch_and_add(&cpu->failed_bytes, sizeof(*record));
	__sync_fetch_and_add(&cpu->lost, 1);
}

/* `target`: NULL when there is none any more; then `given` is all that is known of it. `result`: of the call. */
static __always_inline int access_tell(struct task_struct *actor, struct task_struct *target, __u32 given,
				       __u8 kind, __u8 modes, __s64 result)
{
	struct access_record record = {};
	struct parent_identity who = {};

	fill_party(&who, actor);
	record.header.pid = who.pid;
	record.header.exec_id = who.exec_id;
	record.header.start_boot_ns = who.start_boot_ns;
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
	access_output(&record);
	return 0;
}

#endif
