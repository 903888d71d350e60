/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * What programs remember for each other, in maps of fixed size that nobody can empty for others.
 *
 * Nothing is pushed out: an entry stays until what it is about ends, and where there is no place for
 * another one, that is counted. A user may hold as many entries of a memory as are still free in it:
 * the first one half of it, the next one a quarter, so that there is always something left.
 */
#ifndef KERNELWIRE_KEPT_H
#define KERNELWIRE_KEPT_H

#include "emit.h"
#include "payer.h"

/* A memory and how much of it is held. native/linux/shared_maps.cc makes both, in their true sizes. */
#define MEMORY(name, value_type)                              \
	struct {                                              \
		__uint(type, BPF_MAP_TYPE_HASH);              \
		__uint(max_entries, 64);                      \
		__type(key, __u32);                           \
		__type(value, value_type);                    \
	} name SEC(".maps");                                  \
	struct {                                              \
		__uint(type, BPF_MAP_TYPE_ARRAY);             \
		__uint(map_flags, BPF_F_MMAPABLE);            \
		__uint(max_entries, 1);                       \
		__type(key, __u32);                           \
		__type(value, struct holdings);               \
	} name##_held SEC(".maps")

/* Not static: the verifier goes through it once, not once for each caller. */
__noinline __u64 sharer_of_current(void)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	__u64 mixed = payer_of(task);

	/* The finisher of SplitMix64. */
	mixed ^= settings.seed;
	mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9ULL;
	mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebULL;
	return (mixed ^ mixed >> 31) & (SHARERS - 1);
}

static __always_inline bool take_share(struct holdings *held, __u64 entries, __u64 *sharer)
{
	__u64 used, *share;

	if (!held)
		return false;
	used = READ_ONCE(held->all);
	if (used >= entries)
		return false;
	*sharer = sharer_of_current();
	share = &held->shares[*sharer & (SHARERS - 1)];
	if (READ_ONCE(*share) >= entries - used)
		return false;
	__sync_fetch_and_add(share, 1);
	__sync_fetch_and_add(&held->all, 1);
	return true;
}

static __always_inline void return_share(struct holdings *held, __u64 sharer)
{
	if (!held)
		return;
	__sync_fetch_and_add(&held->shares[sharer & (SHARERS - 1)], -1);
	__sync_fetch_and_add(&held->all, -1);
}

/* A record of this type may be missing, since there was no memory for what it would be made of. */
static __always_inline void count_forgotten(__u8 type)
{
	struct cpu_counters *cpu = counters_of_this_cpu();

	if (!cpu)
		return;
	__sync_fetch_and_add(&cpu->forgotten[type], 1);
	__sync_fetch_and_add(&cpu->lost, 1);
}

#define held_of(memory)                                 \
	({                                              \
		__u32 zero_ = 0;                        \
		bpf_map_lookup_elem(&memory##_held, &zero_); \
	})

/*
 * The entry of `number`. Where there is none it begins as `value`, at the expense of the current task;
 * NULL where that has no place any more.
 */
#define remember(memory, entries, number, value)                                           \
	({                                                                                 \
		typeof(value) entry_ = bpf_map_lookup_elem(&memory, number);               \
		if (!entry_) {                                                             \
			struct holdings *held_ = held_of(memory);                          \
			if (take_share(held_, entries, &(value)->sharer)) {                \
				if (bpf_map_update_elem(&memory, number, value, BPF_NOEXIST)) \
					return_share(held_, (value)->sharer);              \
				entry_ = bpf_map_lookup_elem(&memory, number);             \
			}                                                                  \
		}                                                                          \
		entry_;                                                                    \
	})

/* `entry`: of the number. */
#define forget(memory, number, entry)                                                      \
	do {                                                                               \
		__u64 sharer_ = (entry)->sharer;                                           \
		if (!bpf_map_delete_elem(&memory, number))                                 \
			return_share(held_of(memory), sharer_);                            \
	} while (0)

/* Of the threads that end, most have never had an entry: so one look will do for all. */
#define holds_any(memory)                                       \
	({                                                      \
		struct holdings *held_ = held_of(memory);       \
		held_ && READ_ONCE(held_->all);                 \
	})

#endif
