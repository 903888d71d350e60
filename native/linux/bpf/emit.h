/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * From a program into the ring: the maps that all programs share, counting, waking up.
 *
 * Every attempt is counted before the reserve and every failure where it fails, so that
 * attempts = records in the ring + failed + refused, per type and CPU, at any time.
 */
#ifndef KERNELWIRE_EMIT_H
#define KERNELWIRE_EMIT_H

#include "asks.h"
#include "identity.h"

/* Sizes are set before loading: native/linux/ebpf_source.cc. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct cpu_counters);
} counters SEC(".maps");

static __always_inline struct cpu_counters *counters_of_this_cpu(void)
{
	__u32 cpu = bpf_get_smp_processor_id();

	return bpf_map_lookup_elem(&counters, &cpu);
}

/* A type belongs to one program, and the kernel never runs a program twice on a CPU: a plain increment will do. */
#define count_attempt(cpu, type) ((cpu)->attempts[type]++)

/* Sums over all types are shared by all programs of this CPU, which can preempt each other: hence atomic. */
#define count_failed(cpu, type, bytes)                               \
	do {                                                         \
		(cpu)->failed[type]++;                               \
		__sync_fetch_and_add(&(cpu)->failed_bytes, (bytes)); \
		__sync_fetch_and_add(&(cpu)->lost, 1);               \
	} while (0)

#define count_refused(cpu, type, bytes)                               \
	do {                                                          \
		(cpu)->refused[type]++;                               \
		__sync_fetch_and_add(&(cpu)->refused_bytes, (bytes)); \
		__sync_fetch_and_add(&(cpu)->lost, 1);                \
	} while (0)

/* Bulk may hold half the ring, so that no user can push out the life cycle by a flood. */
static __always_inline bool more_than_half_full(void)
{
	return bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA) > settings.ring_bytes / 2;
}

/* The consumer says how it waits (native/linux/ring_waiter.cc); a wake-up costs more than all the rest of a record. */
static __always_inline __u64 wake_up(void)
{
	__u32 zero = 0;
	struct control *shared = bpf_map_lookup_elem(&control, &zero);
	__u32 consumer;

	if (!shared)
		return BPF_RB_FORCE_WAKEUP;
	consumer = READ_ONCE(shared->consumer);
	if (consumer == CONSUMER_AWAKE)
		return BPF_RB_NO_WAKEUP;
	if (consumer == CONSUMER_PAUSED &&
	    bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA) < settings.ring_bytes / 4)
		return BPF_RB_NO_WAKEUP;
	WRITE_ONCE(shared->consumer, CONSUMER_AWAKE);
	return BPF_RB_FORCE_WAKEUP;
}

static __always_inline void fill_header(struct record_header *header, __u8 type, __u8 flags,
					struct task_struct *task, struct cpu_counters *cpu)
{
	fill_identity(header, type, flags, task);
	header->cpu = bpf_get_smp_processor_id();
	header->lost = cpu->lost;
}

/* Reserves a record of fixed size; NULL when the ring is full, which is counted. */
#define record_reserve(cpu, type, size)                                      \
	({                                                                   \
		void *record_;                                               \
		count_attempt(cpu, type);                                    \
		record_ = bpf_ringbuf_reserve(&ring, (size), 0);             \
		if (!record_)                                                \
			count_failed(cpu, type, size);                       \
		record_;                                                     \
	})

#define record_submit(record) bpf_ringbuf_submit((record), wake_up())

/* Copies a record of any size from memory of ours; false when the ring is full, which is counted. */
#define record_output(cpu, type, record, size)                               \
	({                                                                   \
		bool written_;                                               \
		count_attempt(cpu, type);                                    \
		written_ = !bpf_ringbuf_output(&ring, (record), (size), wake_up()); \
		if (!written_)                                               \
			count_failed(cpu, type, size);                       \
		written_;                                                    \
	})

/*
 * A record of a type that anybody can make as often as they like, so that it is bulk. Several programs
 * make them, of which one can preempt another: hence atomic. `header`: of a record of `size` bytes.
 */
static __always_inline void shared_output(struct cpu_counters *cpu, struct record_header *header, __u8 type,
					  __u64 size)
{
	__sync_fetch_and_add(&cpu->attempts[type], 1);
	if (more_than_half_full()) {
		__sync_fetch_and_add(&cpu->refused[type], 1);
		__sync_fetch_and_add(&cpu->refused_bytes, size);
		__sync_fetch_and_add(&cpu->lost, 1);
		return;
	}
	if (!bpf_ringbuf_output(&ring, header, size, wake_up()))
		return;
	__sync_fetch_and_add(&cpu->failed[type], 1);
	__sync_fetch_and_add(&cpu->failed_bytes, size);
	__sync_fetch_and_add(&cpu->lost, 1);
}

#endif
