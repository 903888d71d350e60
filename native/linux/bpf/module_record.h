/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* The way of a module_record into the ring: several programs write them. */
#ifndef KERNELWIRE_MODULE_RECORD_H
#define KERNELWIRE_MODULE_RECORD_H

#include "emit.h"

/* One of the programs can preempt another: hence atomic. `size`: with the path. */
static __always_inline void module_output(struct cpu_counters *cpu, struct module_record *record, __u64 size)
{
	__sync_fetch_and_add(&cpu->attempts[RECORD_MODULE], 1);
	if (!bpf_ringbuf_output(&ring, record, size, wake_up()))
		return;
	__sync_fetch_and_add(&cpu->failed[RECORD_MODULE], 1);
	__sync_fetch_and_add(&cpu->failed_bytes, size);
	__sync_fetch_and_add(&cpu->lost, 1);
}

#endif
