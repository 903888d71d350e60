/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * Named pipes, where the kernel refuses programs on its functions: seen when the system call returns.
 * What was opened says its path by itself; of what was created only the name is at hand that the
 * process gave, and where that begins. Two forms: a program for each call, and one for all calls.
 */
#include "begun.h"
#include "descriptor.h"
#include "pipe.h"

/* include/uapi/linux/fcntl.h */
#define AT_FDCWD -100

#define FMODE_READ 1
#define FMODE_WRITE 2

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct fs_struct___root {
	struct path root;
};

#pragma clang attribute pop

static __always_inline int after_open(__s64 result)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct file___opened *opened;
	struct file *file;

	if (result < 0)
		return 0;
	file = (struct file *)file_of_descriptor(task, result);
	if (!is_named_pipe(BPF_CORE_READ(file, f_inode)))
		return 0;
	opened = (void *)file;
	/* With O_PATH it is only a name. */
	if (BPF_CORE_READ(opened, f_mode) & (FMODE_READ | FMODE_WRITE))
		pipe_opened(file);
	return 0;
}

/* Where a name begins: at the root, in the current directory, or in the one that a descriptor stands for. */
static __always_inline void path_of_start(struct pipe_scratch *mine, int folder, bool is_absolute)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct fs_struct *fs = BPF_CORE_READ(task, fs);
	struct fs_struct___root *roots = (void *)fs;
	struct dentry *dentry;
	struct vfsmount *mount;

	if (is_absolute) {
		mount = BPF_CORE_READ(roots, root.mnt);
		dentry = BPF_CORE_READ(roots, root.dentry);
	} else if (folder == AT_FDCWD) {
		mount = BPF_CORE_READ(fs, pwd.mnt);
		dentry = BPF_CORE_READ(fs, pwd.dentry);
	} else {
		struct file *file = (struct file *)file_of_descriptor(task, folder);

		mount = BPF_CORE_READ(file, f_path.mnt);
		dentry = BPF_CORE_READ(file, f_path.dentry);
	}
	path_of_dentry(mount, dentry, mounts_of(task), &mine->path);
}

/* Not static: the verifier goes through it once, not once for each caller. */
__noinline int after_mknod(int folder, __u64 name, __u32 mode)
{
	struct pipe_scratch *mine = scratch_of_this_cpu();
	char first = 0;
	char *next;
	long length;

	if (!mine || (mode & S_IFMT) != S_IFIFO)
		return 0;
	bpf_probe_read_user(&first, sizeof(first), (void *)name);
	WRITE_ONCE(mine->used, 0);
	path_of_start(mine, folder, first == '/');
	add_path_to(mine, &mine->record, mine->record.mount_namespace);
	next = next_string(mine, PATH_LIMIT);
	length = bpf_probe_read_user_str(next, PATH_LIMIT, (void *)name);
	/* Another thread may have taken the memory away: of which pipe it is cannot be said. */
	if (length <= 1) {
		count_forgotten(RECORD_PIPE);
		return 0;
	}
	/* Without the NUL behind it. */
	length--;
	string_added(mine, length);
	pipe_output(mine, RECORD_NEW, length);
	return 0;
}

#define OPENS(name)                                                                         \
	HOOK("tp/syscalls/sys_exit_" #name)                                                  \
	int fifo_##name(struct syscall_exit *returned)                                      \
	{                                                                                   \
		struct call call;                                                           \
                                                                                            \
		return one_call_ends(&call, returned, PENDING_PIPE) ? after_open(call.result) : 0; \
	}

OPENS(openat)
OPENS(openat2)
OPENS(creat)
OPENS(open_by_handle_at)

HOOK("tp/syscalls/sys_exit_open")
int fifo_open_call(struct syscall_exit *returned)
{
	struct call call;

	return one_call_ends(&call, returned, PENDING_PIPE) ? after_open(call.result) : 0;
}

HOOK("tp_btf/sys_exit")
int fifo_open_calls(__u64 *arguments)
{
	struct pt_regs *regs = (void *)arguments[0];
	__u32 number = number_of(regs);
	struct call call;

	if (!may_open(number) || !call_ends(&call, regs, number, arguments[1], PENDING_PIPE))
		return 0;
	return after_open(call.result);
}

static __always_inline int after_making(const struct call *call)
{
	if (call->result)
		return 0;
	if (call->number == CALL_MKNODAT)
		return after_mknod(argument_of(call, first), argument_of(call, second), argument_of(call, third));
	return after_mknod(AT_FDCWD, argument_of(call, first), argument_of(call, second));
}

HOOK("tp/syscalls/sys_exit_mknodat")
int fifo_mknodat(struct syscall_exit *returned)
{
	struct call call;

	return one_call_ends(&call, returned, PENDING_PIPE) ? after_making(&call) : 0;
}

HOOK("tp/syscalls/sys_exit_mknod")
int fifo_mknod(struct syscall_exit *returned)
{
	struct call call;

	return one_call_ends(&call, returned, PENDING_PIPE) ? after_making(&call) : 0;
}

HOOK("tp_btf/sys_exit")
int fifo_make_calls(__u64 *arguments)
{
	struct pt_regs *regs = (void *)arguments[0];
	__u32 number = number_of(regs);
	struct call call;

	if (!may_be(number, MKNODAT) && !may_be(number, MKNOD))
		return 0;
	return call_ends(&call, regs, number, arguments[1], PENDING_PIPE) ? after_making(&call) : 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
