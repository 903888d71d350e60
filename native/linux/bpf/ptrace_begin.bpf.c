/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* A call of ptrace begins, on the kernel's own functions for it. Other forms: call_begin.bpf.c. */
#include "place.h"

static __always_inline int before_ptrace(struct call call)
{
	__u64 request = has_small_words(&call) ? (__u32)argument_of(&call, first) : argument_of(&call, first);
	struct begun *begun;

	if (!sets_registers(request))
		return 0;
	begun = begun_here(true);
	if (begun)
		remember_place(begun, request, argument_of(&call, second));
	else
		count_forgotten(RECORD_THREAD);
	return 0;
}

HOOK("fentry/" CALL_FUNCTION("ptrace"))
int traced_begin(__u64 *arguments)
{
	return before_ptrace(call_traced(arguments[0], 0, CALL_PTRACE, ENTRY_64));
}

HOOK("fentry/" CALL_FUNCTION_COMPAT("ptrace"))
int traced_begin_32(__u64 *arguments)
{
	return before_ptrace(call_traced(arguments[0], 0, CALL_PTRACE, ENTRY_32));
}

HOOK("fentry/" CALL_FUNCTION_X32("ptrace"))
int traced_begin_x32(__u64 *arguments)
{
	return before_ptrace(call_traced(arguments[0], 0, CALL_PTRACE, ENTRY_X32));
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
