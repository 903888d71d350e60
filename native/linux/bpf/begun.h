/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * Calls that were seen to begin, from then until they return.
 *
 * What a call returns says nothing of whether it ran: a filter of seccomp's, its supervisor or a tracer
 * (PTRACE_SYSEMU, SECCOMP_RET_TRACE) may answer it with whatever they like, and sys_exit tells that as any
 * result. They all do it before sys_enter, which is then left out (kernel/entry/common.c,
 * syscall_trace_enter), and nobody changes a result between the call and sys_exit. So a call counts when it
 * was seen to begin, once.
 *
 * It stands in the thread's own storage, which nobody else can push out and which ends with the thread.
 * Before Linux 5.15 in a table of all threads.
 */
#ifndef KERNELWIRE_BEGUN_H
#define KERNELWIRE_BEGUN_H

#include "kept.h"
#include "syscall.h"

/* Who has yet to see a call return; several may be interested in one. */
enum pending {
	PENDING_ACCESS = ASKS_ACCESS,
	PENDING_PIPE = ASKS_PIPES,
	PENDING_MODULE = ASKS_MODULES,
	PENDING_PLACE = 1 << 16, /* begun.place is that of this call's tracee */
	PENDING_MAKING = 1 << 17, /* begun.mount and begun.dentry are those of a pipe that is being created */
};

/* Shared by the programs: native/linux/shared_maps.cc makes one of the two. */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct begun);
} begun_in_task SEC(".maps");

MEMORY(begun_by_thread, struct begun);

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct task_struct___start {
	__u64 start_boottime;
};

#pragma clang attribute pop

static __always_inline struct begun *begun_in_table(bool makes)
{
	struct task_struct___start *task = (void *)bpf_get_current_task();
	struct begun fresh = { .start_boot_ns = BPF_CORE_READ(task, start_boottime) };
	__u32 thread = bpf_get_current_pid_tgid();
	struct begun *begun = bpf_map_lookup_elem(&begun_by_thread, &thread);

	if (!begun && makes)
		begun = remember(begun_by_thread, BEGUN_MAX, &thread, &fresh);
	if (!begun || begun->start_boot_ns == fresh.start_boot_ns)
		return begun;
	/* One that had the number before has ended in a call. */
	begun->start_boot_ns = fresh.start_boot_ns;
	begun->pending = 0;
	return begun;
}

/* Of this thread. `makes`: also where there is none yet; NULL then only for want of memory. */
static __always_inline struct begun *begun_here(bool makes)
{
	if (!settings.has_task_storage)
		return begun_in_table(makes);
	return bpf_task_storage_get(&begun_in_task, bpf_get_current_task_btf(), NULL,
				    makes ? BPF_LOCAL_STORAGE_GET_F_CREATE : 0);
}

/* `pending` has seen it: who is the last leaves nothing behind in the table. */
static __always_inline void begun_ended(struct begun *begun, __u32 pending)
{
	__u32 thread = bpf_get_current_pid_tgid();

	begun->pending &= ~pending;
	if (settings.has_task_storage)
		return;
	/* Not as one condition: before 6.8 the verifier does not see then that there is no such table. */
	barrier();
	if (!begun->pending)
		forget(begun_by_thread, &thread, begun);
}

/*
 * Whether the call that returns had begun, and `pending` has not seen it return: then it fills `call`. `regs`: NULL
 * for those of this thread.
 */
static __always_inline bool call_ends(struct call *call, struct pt_regs *regs, __u32 number, __s64 result,
				      __u32 pending)
{
	struct begun *begun = begun_here(false);

	if (!begun || !(begun->pending & pending) || begun->number != number)
		return false;
	call->regs = regs ?: registers();
	call->number = begun->call;
	call->entry = begun->entry;
	call->result = result_in(result, begun->entry);
	begun_ended(begun, pending);
	return true;
}

/* On sys_exit of one call: of 64-bit callers only. */
static __always_inline bool one_call_ends(struct call *call, struct syscall_exit *returned, __u32 pending)
{
	return call_ends(call, NULL, returned->number, returned->result, pending);
}

#endif
