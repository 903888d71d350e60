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

SEC("tp/syscalls/sys_exit_mmap")
int single_mmap(void *context)
{
	return count(registers());
}

SEC("tp/syscalls/sys_exit_mprotect")
int single_mprotect(void *context)
{
	return count(registers());
}

SEC("tp_btf/sys_exit")
int all_calls(__u64 *arguments)
{
	struct pt_regs *regs = (void *)arguments[0];
	__u64 number = call_number(regs);

	return number == CALL_MMAP || number == CALL_MPROTECT ? count(regs) : 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
