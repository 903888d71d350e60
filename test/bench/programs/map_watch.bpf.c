/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* The two forms in which programs see mmap and mprotect, as far as the calls of others pay for them. */
#include "core.h"
#include "syscall.h"
#include "vma.h"

__u64 seen;

static __always_inline int count(struct pt_regs *regs)
{
	if (third_of(regs) & PROT_EXEC)
		__sync_fetch_and_add(&seen, 1);
	return 0;
}

/* The sensor is at both ends of a call: a call that a filter answers ends without having begun. */
#define SINGLE(end, name)                        \
	SEC("tp/syscalls/sys_" #end "_" #name)   \
	int single_##end##_##name(void *context) \
	{                                        \
		return count(registers());       \
	}

SINGLE(enter, mmap)
SINGLE(exit, mmap)
SINGLE(enter, mprotect)
SINGLE(exit, mprotect)

#define ALL(end)                                                                         \
	SEC("tp_btf/sys_" #end)                                                          \
	int all_##end(__u64 *arguments)                                                  \
	{                                                                                \
		struct pt_regs *regs = (void *)arguments[0];                             \
		__u32 number = number_of(regs);                                          \
                                                                                         \
		return number == CALL_MMAP || number == CALL_MPROTECT ? count(regs) : 0; \
	}

ALL(enter)
ALL(exit)

char LICENSE[] SEC("license") = "Dual MIT/GPL";
