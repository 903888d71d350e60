/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * Descriptors that stand for a process, and those that are taken from it through one: pidfd_open and
 * pidfd_getfd, when they return. Three forms, as of ptrace: access_calls.bpf.c.
 */
#include "access.h"
#include "begun.h"
#include "descriptor.h"

/* include/uapi/linux/magic.h; since 6.9. */
#define PID_FS_MAGIC 0x50494446

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct inode___private {
	void *i_private;
};

struct file___private {
	void *private_data;
};

#pragma clang attribute pop

/* As kernel/pid.c and fs/pidfs.c, pidfd_pid: the call has looked whether it is one. */
static __always_inline struct task_struct *task_of_descriptor(__u32 fd)
{
	struct file *file = (struct file *)file_of_descriptor((struct task_struct *)bpf_get_current_task(), fd);
	struct file___private *holder = (void *)file;
	struct inode *inode = BPF_CORE_READ(file, f_inode);
	struct inode___private *kept = (void *)inode;

	if (BPF_CORE_READ(inode, i_sb, s_magic) == PID_FS_MAGIC)
		return task_of_pid(BPF_CORE_READ(kept, i_private));
	return task_of_pid(BPF_CORE_READ(holder, private_data));
}

static __always_inline int after_pidfd(const struct call *call)
{
	__u32 number = argument_of(call, first);

	if (!is_told(call->result))
		return 0;
	return access_tell((struct task_struct *)bpf_get_current_task(), task_numbered(number), number,
			   ACCESS_PIDFD, 0, call->result);
}

static __always_inline int after_getfd(const struct call *call)
{
	if (!is_told(call->result))
		return 0;
	return access_tell((struct task_struct *)bpf_get_current_task(), task_of_descriptor(argument_of(call, first)),
			   0, ACCESS_GETFD, 0, call->result);
}

HOOK("tp/syscalls/sys_exit_pidfd_open")
int access_pidfd(struct syscall_exit *returned)
{
	struct call call;

	return one_call_ends(&call, returned, PENDING_ACCESS) ? after_pidfd(&call) : 0;
}

HOOK("tp/syscalls/sys_exit_pidfd_getfd")
int access_getfd(struct syscall_exit *returned)
{
	struct call call;

	return one_call_ends(&call, returned, PENDING_ACCESS) ? after_getfd(&call) : 0;
}

HOOK("fexit/" CALL_FUNCTION("pidfd_open"))
int traced_pidfd(__u64 *arguments)
{
	struct call call = call_traced(arguments[0], arguments[1], CALL_PIDFD_OPEN, ENTRY_64);

	return after_pidfd(&call);
}

HOOK("fexit/" CALL_FUNCTION("pidfd_getfd"))
int traced_getfd(__u64 *arguments)
{
	struct call call = call_traced(arguments[0], arguments[1], CALL_PIDFD_GETFD, ENTRY_64);

	return after_getfd(&call);
}

HOOK("fexit/" CALL_FUNCTION_32("pidfd_open"))
int traced_pidfd_32(__u64 *arguments)
{
	struct call call = call_traced(arguments[0], arguments[1], CALL_PIDFD_OPEN, ENTRY_32);

	return after_pidfd(&call);
}

HOOK("fexit/" CALL_FUNCTION_32("pidfd_getfd"))
int traced_getfd_32(__u64 *arguments)
{
	struct call call = call_traced(arguments[0], arguments[1], CALL_PIDFD_GETFD, ENTRY_32);

	return after_getfd(&call);
}

HOOK("tp_btf/sys_exit")
int access_pidfd_calls(__u64 *arguments)
{
	struct pt_regs *regs = (void *)arguments[0];
	__u32 number = number_of(regs);
	struct call call;

	if (!may_be(number, PIDFD_OPEN) || !call_ends(&call, regs, number, arguments[1], PENDING_ACCESS))
		return 0;
	return after_pidfd(&call);
}

HOOK("tp_btf/sys_exit")
int access_getfd_calls(__u64 *arguments)
{
	struct pt_regs *regs = (void *)arguments[0];
	__u32 number = number_of(regs);
	struct call call;

	if (!may_be(number, PIDFD_GETFD) || !call_ends(&call, regs, number, arguments[1], PENDING_ACCESS))
		return 0;
	return after_getfd(&call);
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
