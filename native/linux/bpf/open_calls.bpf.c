/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * Files that are told of when they are opened, where the kernel refuses programs on its functions:
 * seen when the system call returns. Two forms: a program for each call, and one for all calls.
 */
#include "access.h"
#include "begun.h"
#include "memory_file.h"

/* "/proc/4194304/mem" */
#define MEMORY_PATH 24

/* Which process "/proc/PID/mem" names, in words; 0 for any other path. */
static __always_inline __u32 named_by(const char *path)
{
	char text[MEMORY_PATH] = {};
	__u32 number = 0, end = 0;

	if (bpf_probe_read_user_str(text, sizeof(text), path) < 0)
		return 0;
	if (text[0] != '/' || text[1] != 'p' || text[2] != 'r' || text[3] != 'o' || text[4] != 'c' || text[5] != '/')
		return 0;
#pragma unroll
	for (int i = 6; i < MEMORY_PATH - 5; i++) {
		if (end)
			continue;
		if (text[i] >= '0' && text[i] <= '9')
			number = number * 10 + (text[i] - '0');
		else
			end = text[i] == '/' && text[i + 1] == 'm' && text[i + 2] == 'e' && text[i + 3] == 'm' && !text[i + 4] ?
				      1 :
				      2;
	}
	return end == 1 ? number : 0;
}

static __always_inline int memory_denied(const char *path, __u64 flags)
{
	__u32 number = named_by(path);

	if (!number)
		return 0;
	return access_tell((struct task_struct *)bpf_get_current_task(), task_numbered(number), number,
			   ACCESS_MEMORY_FILE, modes_in(flags), -EACCES);
}

/* `path`: where the caller has it; `flags`: of open(2). */
static __always_inline int after_open(__s64 result, __u64 path, __u64 flags)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct inode *inode;
	struct file *file;
	__u8 modes;

	if (result < 0) {
		if ((result == -EACCES || result == -EPERM) && asks() & ASKS_DENIED)
			return memory_denied((const char *)path, flags);
		return 0;
	}
	file = (struct file *)file_of_descriptor(task, result);
	inode = BPF_CORE_READ(file, f_inode);
	if (BPF_CORE_READ(inode, i_sb, s_magic) != PROC_SUPER_MAGIC || !is_memory_file(BPF_CORE_READ(file, f_path.dentry)))
		return 0;
	modes = modes_of(file);
	/* With O_PATH it is only a name. */
	if (!modes)
		return 0;
	return access_tell(task, owner_of(inode), 0, ACCESS_MEMORY_FILE, modes, result);
}

/* What openat2 wants: the first member of struct open_how. */
static __always_inline __u64 flags_at(__u64 how)
{
	__u64 flags = 0;

	bpf_probe_read_user(&flags, sizeof(flags), (void *)how);
	return flags;
}

static __always_inline int after_call(const struct call *call)
{
	__u64 path = argument_of(call, first), flags = argument_of(call, second);

	switch (call->number) {
	case CALL_OPENAT:
	case CALL_OPENAT2:
		path = flags;
		flags = argument_of(call, third);
		if (call->number == CALL_OPENAT2)
			flags = flags_at(flags);
		break;
	case CALL_CREAT:
		flags = O_WRONLY;
		break;
	case CALL_OPEN_BY_HANDLE_AT:
		/* It is given no name. */
		path = 0;
		break;
	}
	return after_open(call->result, path, flags);
}

#define OPENS(name)                                                                           \
	HOOK("tp/syscalls/sys_exit_" #name)                                                    \
	int open_##name(struct syscall_exit *returned)                                        \
	{                                                                                     \
		struct call call;                                                             \
                                                                                              \
		return one_call_ends(&call, returned, PENDING_ACCESS) ? after_call(&call) : 0; \
	}

OPENS(open)
OPENS(creat)
OPENS(openat)
OPENS(openat2)
OPENS(open_by_handle_at)

HOOK("tp_btf/sys_exit")
int open_calls(__u64 *arguments)
{
	struct pt_regs *regs = (void *)arguments[0];
	__u32 number = number_of(regs);
	struct call call;

	if (!may_open(number) || !call_ends(&call, regs, number, arguments[1], PENDING_ACCESS))
		return 0;
	return after_call(&call);
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
