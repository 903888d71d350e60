/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* What a program can tell of an address space. */
#ifndef KERNELWIRE_MEMORY_H
#define KERNELWIRE_MEMORY_H

#include "core.h"

/* include/linux/mm_types_task.h */
enum {
	MM_FILEPAGES = 0,
	MM_ANONPAGES = 1,
	MM_SHMEMPAGES = 3,
};

/*
 * Resident pages; 0 when the kernel's counter does not know yet. Since 6.2 it is a
 * percpu_counter whose central part lags behind by a batch for each CPU.
 */
static __always_inline __u32 resident_pages(struct mm_struct *mm)
{
	struct mm_struct___atomic *atomic = (void *)mm;
	__s64 pages;

	/* Read by the helper: 6.1's verifier does not see through atomic_long_t in an array. */
	if (bpf_core_field_exists(atomic->rss_stat.count))
		pages = BPF_CORE_READ(atomic, rss_stat.count[MM_FILEPAGES].counter) +
			BPF_CORE_READ(atomic, rss_stat.count[MM_ANONPAGES].counter) +
			BPF_CORE_READ(atomic, rss_stat.count[MM_SHMEMPAGES].counter);
	else
		pages = mm->rss_stat[MM_FILEPAGES].count + mm->rss_stat[MM_ANONPAGES].count +
			mm->rss_stat[MM_SHMEMPAGES].count;
	return pages > 0 ? pages : 0;
}

#endif
