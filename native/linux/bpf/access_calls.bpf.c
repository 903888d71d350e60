/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * ptrace, process_vm_readv and process_vm_writev, when they return. Three forms: on the kernel's own
 * functions, which costs no other call anything; a program for each call; one for all calls.
 */
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
	struct moved mine = { .boot_ns = bpf_ktime_get_boot_ns() };
	struct begun *begun = begun_here(false);
	__u32 thread;
	struct parent_identity target = {};
	struct moved *moved;
	__u64 place;

	if (!tracee || !begun || !(begun->pending & PENDING_PLACE))
		return;
	mine.home = begun->place;
	begun_ended(begun, PENDING_PLACE);
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

static __always_inline int after_ptrace(const struct call *call)
{
	bool is_small = has_small_words(call);
	__u64 request = is_small ? (__u32)argument_of(call, first) : argument_of(call, first);
	__u64 address = is_small ? (__u32)argument_of(call, third) : argument_of(call, third);
	__u32 bytes = is_small ? sizeof(__u32) : sizeof(__u64);
	__u32 number = argument_of(call, second);
	__s64 result = call->result;
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

static __always_inline int after_transfer(const struct call *call, __u8 kind)
{
	__u32 number = argument_of(call, first);

	/* Nothing was moved where it is 0. */
	if (call->result != 0 && is_told(call->result))
		access_tell((struct task_struct *)bpf_get_current_task(), task_numbered(number), number, kind, 0,
			    call->result);
	return 0;
}

static __always_inline int after_write(const struct call *call)
{
	if (call->result > 0 && asks() & ASKS_THREADS)
		track_vectors(argument_of(call, first), argument_of(call, fourth), argument_of(call, fifth),
			      has_small_words(call) ? sizeof(__u32) : sizeof(__u64), call->result);
	return after_transfer(call, ACCESS_WRITE);
}

HOOK("tp/syscalls/sys_exit_ptrace")
int access_ptrace(struct syscall_exit *returned)
{
	struct call call;

	return one_call_ends(&call, returned, PENDING_ACCESS) ? after_ptrace(&call) : 0;
}

HOOK("tp/syscalls/sys_exit_process_vm_readv")
int access_readv(struct syscall_exit *returned)
{
	struct call call;

	return one_call_ends(&call, returned, PENDING_ACCESS) ? after_transfer(&call, ACCESS_READ) : 0;
}

HOOK("tp/syscalls/sys_exit_process_vm_writev")
int access_writev(struct syscall_exit *returned)
{
	struct call call;

	return one_call_ends(&call, returned, PENDING_ACCESS) ? after_write(&call) : 0;
}

HOOK("fexit/" CALL_FUNCTION("ptrace"))
int traced_ptrace(__u64 *arguments)
{
	struct call call = call_traced(arguments[0], arguments[1], CALL_PTRACE, ENTRY_64);

	return after_ptrace(&call);
}

HOOK("fexit/" CALL_FUNCTION_COMPAT("ptrace"))
int traced_ptrace_32(__u64 *arguments)
{
	struct call call = call_traced(arguments[0], arguments[1], CALL_PTRACE, ENTRY_32);

	return after_ptrace(&call);
}

HOOK("fexit/" CALL_FUNCTION_X32("ptrace"))
int traced_ptrace_x32(__u64 *arguments)
{
	struct call call = call_traced(arguments[0], arguments[1], CALL_PTRACE, ENTRY_X32);

	return after_ptrace(&call);
}

HOOK("fexit/" CALL_FUNCTION("process_vm_readv"))
int traced_readv(__u64 *arguments)
{
	struct call call = call_traced_64(arguments[0], arguments[1], CALL_VM_READV);

	return after_transfer(&call, ACCESS_READ);
}

HOOK("fexit/" CALL_FUNCTION_32("process_vm_readv"))
int traced_readv_32(__u64 *arguments)
{
	struct call call = call_traced(arguments[0], arguments[1], CALL_VM_READV, ENTRY_32);

	return after_transfer(&call, ACCESS_READ);
}

HOOK("fexit/" CALL_FUNCTION("process_vm_writev"))
int traced_writev(__u64 *arguments)
{
	struct call call = call_traced_64(arguments[0], arguments[1], CALL_VM_WRITEV);

	return after_write(&call);
}

HOOK("fexit/" CALL_FUNCTION_32("process_vm_writev"))
int traced_writev_32(__u64 *arguments)
{
	struct call call = call_traced(arguments[0], arguments[1], CALL_VM_WRITEV, ENTRY_32);

	return after_write(&call);
}

HOOK("tp_btf/sys_exit")
int access_calls(__u64 *arguments)
{
	struct pt_regs *regs = (void *)arguments[0];
	__u32 number = number_of(regs);
	struct call call;

	if (!may_be_ptrace(number) || !call_ends(&call, regs, number, arguments[1], PENDING_ACCESS))
		return 0;
	return call.number == CALL_PTRACE ? after_ptrace(&call) : 0;
}

HOOK("tp_btf/sys_exit")
int access_readv_calls(__u64 *arguments)
{
	struct pt_regs *regs = (void *)arguments[0];
	__u32 number = number_of(regs);
	struct call call;

	if (!may_be_readv(number) || !call_ends(&call, regs, number, arguments[1], PENDING_ACCESS))
		return 0;
	return call.number == CALL_VM_READV ? after_transfer(&call, ACCESS_READ) : 0;
}

HOOK("tp_btf/sys_exit")
int access_writev_calls(__u64 *arguments)
{
	struct pt_regs *regs = (void *)arguments[0];
	__u32 number = number_of(regs);
	struct call call;

	if (!may_be_writev(number) || !call_ends(&call, regs, number, arguments[1], PENDING_ACCESS))
		return 0;
	return call.number == CALL_VM_WRITEV ? after_write(&call) : 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
