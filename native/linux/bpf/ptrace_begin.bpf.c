/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* A call of ptrace that may move the tracee elsewhere: where it is before. Forms as in access_calls.bpf.c. */
#include "ptrace.h"
#include "tracks.h"

static __always_inline int before_ptrace(__u64 request, __u32 number)
{
	__u32 caller = bpf_get_current_pid_tgid();
	struct call mine = {}, *call;
	struct task_struct *tracee;

	if (!sets_registers(request))
		return 0;
	tracee = task_numbered(number);
	if (!tracee)
		return 0;
	mine.place = place_of(tracee);
	call = remember(calls, CALLS_MAX, &caller, &mine);
	if (call)
		call->place = mine.place;
	else
		count_forgotten(RECORD_THREAD);
	return 0;
}

SEC("tp/syscalls/sys_enter_ptrace")
int ptrace_begin(struct syscall_enter *call)
{
	return before_ptrace(call->arguments[0], call->arguments[1]);
}

SEC("fentry/" CALL_FUNCTION("ptrace"))
int traced_begin(__u64 *arguments)
{
	struct pt_regs *regs = (void *)arguments[0];

	return before_ptrace(first_of(regs), second_of(regs));
}

SEC("fentry/" CALL_FUNCTION_COMPAT("ptrace"))
int traced_begin_32(__u64 *arguments)
{
	struct pt_regs *regs = (void *)arguments[0];

	return before_ptrace(first_of_32(regs), second_of_32(regs));
}

SEC("tp_btf/sys_enter")
int ptrace_calls(__u64 *arguments)
{
	struct pt_regs *regs = (void *)arguments[0];
	__u64 number = arguments[1];

	if (number != CALL_PTRACE && number != CALL_32_PTRACE)
		return 0;
	if (!is_32_bit((struct task_struct *)bpf_get_current_task()))
		return number == CALL_PTRACE ? before_ptrace(first_of(regs), second_of(regs)) : 0;
	return number == CALL_32_PTRACE ? before_ptrace(first_of_32(regs), second_of_32(regs)) : 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
