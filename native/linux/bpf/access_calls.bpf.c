/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * ptrace, process_vm_readv and process_vm_writev, when they return. Three forms: on the kernel's own
 * functions, which costs no other call anything; a program for each call; one for all calls.
 */
#include "ptrace.h"
#include "written.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

/* Who traces it, while it is traced. */
struct task_struct___tracer {
	struct task_struct *parent;
};

#pragma clang attribute pop

/* Iovecs of one call that are looked at. */
#define IOVECS_MAX 64

/* A tracer has set registers of its tracee. */
static __always_inline void registers_set(struct task_struct *tracee)
{
	__u32 caller = bpf_get_current_pid_tgid(), thread;
	struct moved mine = { .boot_ns = bpf_ktime_get_boot_ns() };
	struct call *before = bpf_map_lookup_elem(&calls, &caller);
	struct parent_identity target = {};
	struct moved *moved;
	__u64 place;

	if (!tracee || !before)
		return;
	mine.home = before->place;
	forget(calls, &caller, before);
	place = place_of(tracee);
	thread = BPF_CORE_READ(tracee, pid);
	moved = bpf_map_lookup_elem(&moves, &thread);
	/* One that had the number before has left it behind. */
	if (moved && moved->start_boot_ns != BPF_CORE_READ(tracee, start_boottime)) {
		forget(moves, &thread, moved);
		moved = NULL;
	}
	if (moved && is_near(place, moved->home)) {
		forget(moves, &thread, moved);
		return;
	}
	if (!moved && is_near(place, mine.home))
		return;
	fill_party(&mine.mover, (struct task_struct *)bpf_get_current_task());
	fill_party(&target, tracee);
	tell_change(&mine.mover, &target, ACCESS_MODE_TRACE);
	if (moved) {
		moved->mover = mine.mover;
		moved->boot_ns = mine.boot_ns;
		return;
	}
	mine.start_boot_ns = BPF_CORE_READ(tracee, start_boottime);
	if (!remember(moves, MOVES_MAX, &thread, &mine))
		count_forgotten(RECORD_THREAD);
}

static __always_inline void track_ptrace(__u64 request, __u32 number, __u64 address, __u32 bytes)
{
	struct parent_identity target = {};

	if (sets_registers(request))
		registers_set(task_numbered(number));
	else if (writes_memory(request) && written_into(&target, task_numbered(number), ACCESS_MODE_TRACE))
		add_range(&target, address, address + bytes);
}

/* `bytes`: of a word of the caller. */
static __always_inline int after_ptrace(__u64 request, __u32 number, __u64 address, __u32 bytes, __s64 result)
{
	struct task_struct *caller = (struct task_struct *)bpf_get_current_task();
	struct task_struct___tracer *traced = (void *)caller;

	if (result == 0 && asks() & ASKS_THREADS)
		track_ptrace(request, number, address, bytes);
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

/*
 * One part of the other process's memory, as the caller says it at `vector`, in words of so many bytes.
 * Returns how many bytes of it were written, of `written_bytes` at most. Not static, as add_range_of().
 */
__noinline __u64 track_vector(__u64 target_low, __u64 target_high, __u64 vector, __u32 words, __u64 written_bytes)
{
	__u64 start = 0, length = 0;

	words &= 2 * sizeof(__u64) - 1;
	bpf_probe_read_user(&start, bounded(words, sizeof(start)), (void *)vector);
	bpf_probe_read_user(&length, bounded(words, sizeof(length)), (void *)(vector + words));
	if (length > written_bytes)
		length = written_bytes;
	add_range_of(target_low, target_high, start, start + length);
	return length;
}

/*
 * `vectors`: where the caller says which parts of the other process's memory to write; `words`: of how
 * many bytes. Not static: the verifier goes through it once, not once for each caller.
 */
__noinline int track_vectors(__u32 number, __u64 vectors, __u64 count, __u32 words, __u64 written_bytes)
{
	struct parent_identity target = {};

	if (!written_into(&target, task_numbered(number), 0))
		return 0;
	for (int i = 0; i < IOVECS_MAX; i++) {
		if (i >= count || !written_bytes)
			return 0;
		written_bytes -= track_vector(low_of(&target), high_of(&target), vectors + i * 2 * words, words,
					      written_bytes);
	}
	if (count > IOVECS_MAX && written_bytes)
		some_unknown(&target);
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

static __always_inline int ptrace_of(struct pt_regs *regs, __s64 result)
{
	return after_ptrace(first_of(regs), second_of(regs), third_of(regs), sizeof(__u64), result);
}

static __always_inline int ptrace_of_32(struct pt_regs *regs, __s64 result)
{
	return after_ptrace(first_of_32(regs), second_of_32(regs), third_of_32(regs), sizeof(__u32), result);
}

static __always_inline int after_write(struct pt_regs *regs, __s64 result)
{
	if (result > 0 && asks() & ASKS_THREADS)
		track_vectors(first_of(regs), fourth_of(regs), fifth_of(regs), sizeof(__u64), result);
	return after_transfer(first_of(regs), ACCESS_WRITE, result);
}

static __always_inline int after_write_32(struct pt_regs *regs, __s64 result)
{
	if (result > 0 && asks() & ASKS_THREADS)
		track_vectors(first_of_32(regs), fourth_of_32(regs), fifth_of_32(regs), sizeof(__u32), result);
	return after_transfer(first_of_32(regs), ACCESS_WRITE, result);
}

SEC("tp/syscalls/sys_exit_ptrace")
int access_ptrace(struct syscall_exit *call)
{
	return ptrace_of(registers(), call->result);
}

SEC("tp/syscalls/sys_exit_process_vm_readv")
int access_readv(struct syscall_exit *call)
{
	return after_transfer(first_of(registers()), ACCESS_READ, call->result);
}

SEC("tp/syscalls/sys_exit_process_vm_writev")
int access_writev(struct syscall_exit *call)
{
	return after_write(registers(), call->result);
}

SEC("fexit/" CALL_FUNCTION("ptrace"))
int traced_ptrace(__u64 *arguments)
{
	return ptrace_of((void *)arguments[0], arguments[1]);
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

	return after_write(regs, arguments[1]);
}

SEC("fexit/" CALL_FUNCTION_COMPAT("ptrace"))
int traced_ptrace_32(__u64 *arguments)
{
	return ptrace_of_32((void *)arguments[0], arguments[1]);
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

	return after_write_32(regs, arguments[1]);
}

SEC("tp_btf/sys_exit")
int access_calls(__u64 *arguments)
{
	struct pt_regs *regs = (void *)arguments[0];
	__u64 number = call_number(regs);

	if (number != CALL_PTRACE && number != CALL_32_PTRACE)
		return 0;
	if (!is_32_bit((struct task_struct *)bpf_get_current_task()))
		return number == CALL_PTRACE ? ptrace_of(regs, arguments[1]) : 0;
	return number == CALL_32_PTRACE ? ptrace_of_32(regs, arguments[1]) : 0;
}

SEC("tp_btf/sys_exit")
int access_readv_calls(__u64 *arguments)
{
	struct pt_regs *regs = (void *)arguments[0];
	__u64 number = call_number(regs);

	if (number != CALL_VM_READV && number != CALL_32_VM_READV)
		return 0;
	if (!is_32_bit((struct task_struct *)bpf_get_current_task()))
		return number == CALL_VM_READV ? after_transfer(first_of(regs), ACCESS_READ, arguments[1]) : 0;
	return number == CALL_32_VM_READV ? after_transfer(first_of_32(regs), ACCESS_READ, arguments[1]) : 0;
}

SEC("tp_btf/sys_exit")
int access_writev_calls(__u64 *arguments)
{
	struct pt_regs *regs = (void *)arguments[0];
	__u64 number = call_number(regs);

	if (number != CALL_VM_WRITEV && number != CALL_32_VM_WRITEV)
		return 0;
	if (!is_32_bit((struct task_struct *)bpf_get_current_task()))
		return number == CALL_VM_WRITEV ? after_write(regs, arguments[1]) : 0;
	return number == CALL_32_VM_WRITEV ? after_write_32(regs, arguments[1]) : 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
