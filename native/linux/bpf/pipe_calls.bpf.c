/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * Named pipes, where the kernel refuses programs on its functions: seen when the system call returns.
 * What was opened says its path by itself; of what was created only the name is at hand that the
 * process gave, and where that begins. Two forms: a program for each call, and one for all calls.
 */
#include "descriptor.h"
#include "pipe.h"
#include "syscall.h"

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
	/* Without the NUL behind it. */
	length = length > 1 ? length - 1 : 0;
	string_added(mine, length);
	pipe_output(mine, RECORD_NEW, length);
	return 0;
}

SEC("tp/syscalls/sys_exit_openat")
int fifo_openat(struct syscall_exit *call)
{
	return after_open(call->result);
}

SEC("tp/syscalls/sys_exit_openat2")
int fifo_openat2(struct syscall_exit *call)
{
	return after_open(call->result);
}

SEC("tp/syscalls/sys_exit_open")
int fifo_open_call(struct syscall_exit *call)
{
	return after_open(call->result);
}

SEC("tp/syscalls/sys_exit_creat")
int fifo_creat(struct syscall_exit *call)
{
	return after_open(call->result);
}

SEC("tp_btf/sys_exit")
int fifo_open_calls(__u64 *arguments)
{
	__u64 number = call_number((struct pt_regs *)arguments[0]);
	bool opens = number == CALL_OPENAT || number == CALL_OPENAT2 || number == CALL_OPEN || number == CALL_CREAT;

	if (is_32_bit((struct task_struct *)bpf_get_current_task()))
		opens = number == CALL_32_OPENAT || number == CALL_32_OPENAT2 || number == CALL_32_OPEN ||
			number == CALL_32_CREAT;
	return opens ? after_open((__s32)arguments[1]) : 0;
}

SEC("tp/syscalls/sys_exit_mknodat")
int fifo_mknodat(struct syscall_exit *call)
{
	struct pt_regs *regs = registers();

	return call->result ? 0 : after_mknod(first_of(regs), second_of(regs), third_of(regs));
}

SEC("tp/syscalls/sys_exit_mknod")
int fifo_mknod(struct syscall_exit *call)
{
	struct pt_regs *regs = registers();

	return call->result ? 0 : after_mknod(AT_FDCWD, first_of(regs), second_of(regs));
}

SEC("tp_btf/sys_exit")
int fifo_make_calls(__u64 *arguments)
{
	struct pt_regs *regs = (void *)arguments[0];
	__u64 number = call_number(regs);

	if (arguments[1])
		return 0;
	if (is_32_bit((struct task_struct *)bpf_get_current_task())) {
		if (number == CALL_32_MKNODAT)
			return after_mknod(first_of_32(regs), second_of_32(regs), third_of_32(regs));
		return number == CALL_32_MKNOD ? after_mknod(AT_FDCWD, first_of_32(regs), second_of_32(regs)) : 0;
	}
	if (number == CALL_MKNODAT)
		return after_mknod(first_of(regs), second_of(regs), third_of(regs));
	return number == CALL_MKNOD ? after_mknod(AT_FDCWD, first_of(regs), second_of(regs)) : 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
