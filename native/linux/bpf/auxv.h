/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* Where the main program and its interpreter lie: mm->saved_auxv is what the kernel told it (fs/binfmt_elf.c, create_elf_tables). */
#ifndef KERNELWIRE_AUXV_H
#define KERNELWIRE_AUXV_H

#include "core.h"

/* include/uapi/linux/auxvec.h */
enum {
	AT_PHDR = 3,
	AT_PAGESZ = 6,
	AT_BASE = 7,
};

/* AT_PHDR comes after a handful of entries of the architecture's. */
#define AUXV_PAIRS 14

struct auxv {
	__u64 program_headers;
	__u64 page_size;
	__u64 interpreter;	/* where it is mapped; 0: the program has none */
};

static __always_inline void auxv_take(struct auxv *auxv, __u64 type, __u64 value)
{
	if (type == AT_PHDR)
		auxv->program_headers = value;
	else if (type == AT_PAGESZ)
		auxv->page_size = value;
	else if (type == AT_BASE)
		auxv->interpreter = value;
}

/*
 * A 32-bit program's vector has pairs of 32-bit words in the same place. Not inline: all frames of a
 * program together have 512 bytes, and this one is given back.
 */
static __noinline int auxv_fill(struct auxv *auxv, struct mm_struct *mm, bool is_32_bit)
{
	__u64 pairs[AUXV_PAIRS][2] = {};

	if (!auxv || bpf_probe_read_kernel(pairs, sizeof(pairs), &mm->saved_auxv))
		return 0;
	for (int i = 0; i < AUXV_PAIRS; i++) {
		if (is_32_bit)
			auxv_take(auxv, (__u32)pairs[i / 2][i % 2], pairs[i / 2][i % 2] >> 32);
		else
			auxv_take(auxv, pairs[i][0], pairs[i][1]);
	}
	return 0;
}

static __always_inline struct auxv auxv_read(struct mm_struct *mm, bool is_32_bit)
{
	struct auxv auxv = {};

	auxv_fill(&auxv, mm, is_32_bit);
	return auxv;
}

#endif
