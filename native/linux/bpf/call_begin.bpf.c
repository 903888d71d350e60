/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * A call begins that is looked at when it returns: see begun.h. Two forms: a program for each call, and
 * one for all calls.
 */
#include "begun.h"
#include "memory_file.h"
#include "place.h"

static __always_inline bool is_write(__u32 call)
{
	return call == CALL_WRITE || call == CALL_WRITEV || call == CALL_PWRITE64 || call == CALL_PWRITEV ||
	       call == CALL_PWRITEV2;
}

/* Who looks at a call when it returns; 0: nobody. */
static __always_inline __u32 interest_in(__u32 call)
{
	switch (call) {
	case CALL_PTRACE:
	case CALL_VM_READV:
	case CALL_VM_WRITEV:
	case CALL_PIDFD_OPEN:
	case CALL_PIDFD_GETFD:
	case CALL_WRITE:
	case CALL_WRITEV:
	case CALL_PWRITE64:
	case CALL_PWRITEV:
	case CALL_PWRITEV2:
		return PENDING_ACCESS;
	case CALL_OPEN:
	case CALL_CREAT:
	case CALL_OPENAT:
	case CALL_OPENAT2:
	case CALL_OPEN_BY_HANDLE_AT:
		return PENDING_ACCESS | PENDING_PIPE;
	case CALL_MKNOD:
	case CALL_MKNODAT:
		return PENDING_PIPE;
	case CALL_MMAP:
	case CALL_OLD_MMAP:
	case CALL_MPROTECT:
	case CALL_PKEY_MPROTECT:
		return PENDING_MODULE;
	}
	return 0;
}

/* What could not be remembered may be missing, and is said to. */
static __always_inline void call_forgotten(__u32 pending)
{
	if (pending & PENDING_MODULE)
		count_forgotten(RECORD_MODULE);
	if (pending & PENDING_ACCESS)
		count_forgotten(RECORD_ACCESS);
	if (pending & PENDING_PIPE)
		count_forgotten(RECORD_PIPE);
}

/* The first arguments of the call are enough here. */
static __always_inline int call_begins(__u32 number, __u32 call, __u32 entry, __u64 first, __u64 second)
{
	__u32 asked = asks();
	__u32 pending = interest_in(call) & asked;
	struct begun *begun;

	/* Most writes are to other files, and nothing of them is kept. */
	if (!pending || (is_write(call) && !(asked & ASKS_THREADS && memory_file_of(first))))
		return 0;
	begun = begun_here(true);
	if (!begun) {
		call_forgotten(pending);
		return 0;
	}
	begun->number = number;
	begun->call = call;
	begun->entry = entry;
	begun->pending = pending;
	if (call == CALL_PTRACE && asked & ASKS_THREADS)
		remember_place(begun, entry == ENTRY_64 ? first : (__u32)first, second);
	return 0;
}

#define BEGINS(name, CALL)                                                            \
	HOOK("tp/syscalls/sys_enter_" #name)                                           \
	int begin_##name(struct syscall_enter *call)                                  \
	{                                                                             \
		return call_begins(call->number, CALL_##CALL, ENTRY_64, call->arguments[0], \
				   call->arguments[1]);                               \
	}

BEGINS(ptrace, PTRACE)
BEGINS(process_vm_readv, VM_READV)
BEGINS(process_vm_writev, VM_WRITEV)
BEGINS(pidfd_open, PIDFD_OPEN)
BEGINS(pidfd_getfd, PIDFD_GETFD)
BEGINS(open, OPEN)
BEGINS(creat, CREAT)
BEGINS(openat, OPENAT)
BEGINS(openat2, OPENAT2)
BEGINS(open_by_handle_at, OPEN_BY_HANDLE_AT)
BEGINS(mknod, MKNOD)
BEGINS(mknodat, MKNODAT)
BEGINS(mmap, MMAP)
BEGINS(mprotect, MPROTECT)
BEGINS(pkey_mprotect, PKEY_MPROTECT)
BEGINS(write, WRITE)
BEGINS(writev, WRITEV)
BEGINS(pwrite64, PWRITE64)
BEGINS(pwritev, PWRITEV)
BEGINS(pwritev2, PWRITEV2)

HOOK("tp_btf/sys_enter")
int begin_calls(__u64 *arguments)
{
	struct pt_regs *regs = (void *)arguments[0];
	__u32 number = arguments[1];
	__u32 as_64 = number & X32_BIT ? call_of_x32(number & ~X32_BIT) : number;
	__u32 as_32 = call_of_32(number);
	struct call call = { .regs = regs };

	if (!interest_in(as_64) && !interest_in(as_32))
		return 0;
	call.entry = is_32_bit((struct task_struct *)bpf_get_current_task()) ? ENTRY_32 : number & X32_BIT ? ENTRY_X32 :
														ENTRY_64;
	return call_begins(number, call.entry == ENTRY_32 ? as_32 : as_64, call.entry, argument_of(&call, first),
			   argument_of(&call, second));
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
