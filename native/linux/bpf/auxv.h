/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* Where the main program and its interpreter lie: mm->saved_auxv is what the kernel told it (fs/binfmt_elf.c, create_elf_tables). */
#ifndef KERNELWIRE_AUXV_H
#define KERNELWIRE_AUXV_H

#include "core.h"

/* include/uapi/linux/auxvec.h */
enum {
	AT_PHDR = 3,
	AT_PAGESZ = 6,
	AT_BASE = 7,	/* where the interpreter is mapped; 0: the program has none */
};

/* AT_PHDR comes after a handful of entries of the architecture's. */
#define AUXV_PAIRS 14

/*
 * Of the first entry of this type; 0: there is none. A 32-bit program's vector has pairs of 32-bit words
 * in the same place. Not static: the verifier goes through it once, not once for each caller. It takes
 * numbers only.
 */
__noinline __u64 auxv_value(__u64 address_of_mm, __u64 type, __u64 is_32_bit)
{
	struct mm_struct *mm = (struct mm_struct *)address_of_mm;
	__u64 pairs[AUXV_PAIRS][2] = {};

	if (bpf_probe_read_kernel(pairs, sizeof(pairs), &mm->saved_auxv))
		return 0;
	for (int i = 0; i < AUXV_PAIRS; i++) {
		if (!is_32_bit && pairs[i][0] == type)
			return pairs[i][1];
		if (is_32_bit && (__u32)pairs[i / 2][i % 2] == type)
			return pairs[i / 2][i % 2] >> 32;
	}
	return 0;
}

#endif
