/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * ptrace, process_vm_readv and process_vm_writev, when they return. Three forms: on the kernel's own
 * functions, which costs no other call anything; a program for each call; one for all calls.
 */
#include "access.h"
#include "syscall.h"

/* include/uapi/linux/ptrace.h */
enum {
	PTRACE_TRACEME = 0,
	PTRACE_ATTACH = 16,
	PTRACE_DETACH = 17,
	PTRACE_SEIZE = 0x4206,
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

/* Who traces it, while it is traced. */
struct task_struct___tracer {
	struct task_struct *parent;
};

#pragma clang attribute pop

static __always_inline int after_ptrace(__u64 request, __u32 number, __s64 result)
{
	struct task_struct *caller = (struct task_struct *)bpf_get_current_task();
	struct task_struct___tracer *traced = (void *)caller;

	switch (request) {
	case PTRACE_TRACEME:
		if (result == 0)
			access_tell(BPF_CORE_READ(traced, parent), caller, 0, ACCESS_ATTACH, 0, result);
		return 0;
	case PTRACE_ATTACH:
	case PTRACE_SEIZE:
		if (is_told(result))
			access_tell(caller, task_numbered(number), number, ACCESS_ATTACH, 0, result);
		return 0;
	case PTRACE_DETACH:
		if (result == 0)
			access_tell(caller, task_numbered(number), number, ACCESS_DETACH, 0, result);
		return 0;
	}
	return 0;
}

static __always_inline int after_transfer(__u32 number, __u8 kind, __s64 result)
{
	/* Nothing was moved where it is 0. */
	if (result != 0 && is_told(result))
		access_tell((struct task_struct *)bpf_get_current_task(), task_numbered(number), number, kind, 0,
			    result);
	return 0;
}

SEC("tp/syscalls/sys_exit_ptrace")
int access_ptrace(struct syscall_exit *call)
{
	struct pt_regs *regs = registers();

	return after_ptrace(first_of(regs), second_of(regs), call->result);
}

SEC("tp/syscalls/sys_exit_process_vm_readv")
int access_readv(struct syscall_exit *call)
{
	return after_transfer(first_of(registers()), ACCESS_READ, call->result);
}

SEC("tp/syscalls/sys_exit_process_vm_writev")
int access_writev(struct syscall_exit *call)
{
	return after_transfer(first_of(registers()), ACCESS_WRITE, call->result);
}

SEC("fexit/" CALL_FUNCTION("ptrace"))
int traced_ptrace(__u64 *arguments)
{
	struct pt_regs *regs = (void *)arguments[0];

	return after_ptrace(first_of(regs), second_of(regs), arguments[1]);
}

SEC("fexit/" CALL_FUNCTION("process_vm_readv"))
int traced_readv(__u64 *arguments)
{
	struct pt_regs *regs = (void *)arguments[0];

	return after_transfer(first_of(regs), ACCESS_READ, arguments[1]);
}

SEC("fexit/" CALL_FUNCTION("process_vm_writev"))
int traced_writev(__u64 *arguments)
{
	struct pt_regs *regs = (void *)arguments[0];

	return after_transfer(first_of(regs), ACCESS_WRITE, arguments[1]);
}

SEC("fexit/" CALL_FUNCTION_COMPAT("ptrace"))
int traced_ptrace_32(__u64 *arguments)
{
	struct pt_regs *regs = (void *)arguments[0];

	return after_ptrace(first_of_32(regs), second_of_32(regs), arguments[1]);
}

SEC("fexit/" CALL_FUNCTION_32("process_vm_readv"))
int traced_readv_32(__u64 *arguments)
{
	struct pt_regs *regs = (void *)arguments[0];

	return after_transfer(first_of_32(regs), ACCESS_READ, arguments[1]);
}

SEC("fexit/" CALL_FUNCTION_32("process_vm_writev"))
int traced_writev_32(__u64 *arguments)
{
	struct pt_regs *regs = (void *)arguments[0];

	return after_transfer(first_of_32(regs), ACCESS_WRITE, arguments[1]);
}

static __always_inline int after_32_bit(struct pt_regs *regs, __u64 number, __s64 result)
{
	switch (number) {
	case CALL_32_PTRACE:
		return after_ptrace(first_of_32(regs), second_of_32(regs), result);
	case CALL_32_VM_READV:
		return after_transfer(first_of_32(regs), ACCESS_READ, result);
	case CALL_32_VM_WRITEV:
		return after_transfer(first_of_32(regs), ACCESS_WRITE, result);
	}
	return 0;
}

SEC("tp_btf/sys_exit")
int access_calls(__u64 *arguments)
{
	struct pt_regs *regs = (void *)arguments[0];
	__s64 result = arguments[1];
	__u64 number = call_number(regs);

	switch (number) {
	case CALL_PTRACE:
	case CALL_VM_READV:
	case CALL_VM_WRITEV:
	case CALL_32_PTRACE:
	case CALL_32_VM_READV:
	case CALL_32_VM_WRITEV:
		break;
	default:
		return 0;
	}
	if (is_32_bit((struct task_struct *)bpf_get_current_task()))
		return after_32_bit(regs, number, result);
	if (number == CALL_PTRACE)
		return after_ptrace(first_of(regs), second_of(regs), result);
	if (number == CALL_VM_READV)
		return after_transfer(first_of(regs), ACCESS_READ, result);
	if (number == CALL_VM_WRITEV)
		return after_transfer(first_of(regs), ACCESS_WRITE, result);
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
