/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * Files that are told of when they are opened, where the kernel refuses programs on its functions:
 * seen when the system call returns. Two forms: a program for each call, and one for all calls.
 */
#include "descriptor.h"
#include "memory_file.h"
#include "syscall.h"

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

static __always_inline int after_open(__s64 result, const char *path, __u64 flags)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct inode *inode;
	struct file *file;
	__u8 modes;

	if (result < 0) {
		if ((result == -EACCES || result == -EPERM) && asks() & ASKS_DENIED)
			return memory_denied(path, flags);
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

SEC("tp/syscalls/sys_exit_openat")
int open_openat(struct syscall_exit *call)
{
	struct pt_regs *regs = registers();

	return after_open(call->result, (const char *)second_of(regs), third_of(regs));
}

SEC("tp/syscalls/sys_exit_openat2")
int open_openat2(struct syscall_exit *call)
{
	struct pt_regs *regs = registers();

	return after_open(call->result, (const char *)second_of(regs), flags_at(third_of(regs)));
}

SEC("tp/syscalls/sys_exit_open")
int open_open(struct syscall_exit *call)
{
	struct pt_regs *regs = registers();

	return after_open(call->result, (const char *)first_of(regs), second_of(regs));
}

SEC("tp/syscalls/sys_exit_creat")
int open_creat(struct syscall_exit *call)
{
	return after_open(call->result, (const char *)first_of(registers()), O_WRONLY);
}

/* What a call was given that opens a file. */
struct opening {
	const char *path;
	__u64 flags;
};

/* False for any other call. */
static __always_inline bool read_opening(struct pt_regs *regs, __u64 number, struct opening *opening)
{
	switch (number) {
	case CALL_OPENAT:
		opening->path = (const char *)second_of(regs);
		opening->flags = third_of(regs);
		return true;
	case CALL_OPENAT2:
		opening->path = (const char *)second_of(regs);
		opening->flags = flags_at(third_of(regs));
		return true;
	case CALL_OPEN:
		opening->path = (const char *)first_of(regs);
		opening->flags = second_of(regs);
		return true;
	case CALL_CREAT:
		opening->path = (const char *)first_of(regs);
		opening->flags = O_WRONLY;
		return true;
	}
	return false;
}

static __always_inline bool read_opening_32(struct pt_regs *regs, __u64 number, struct opening *opening)
{
	switch (number) {
	case CALL_32_OPENAT:
		opening->path = (const char *)(__u64)second_of_32(regs);
		opening->flags = third_of_32(regs);
		return true;
	case CALL_32_OPENAT2:
		opening->path = (const char *)(__u64)second_of_32(regs);
		opening->flags = flags_at(third_of_32(regs));
		return true;
	case CALL_32_OPEN:
		opening->path = (const char *)(__u64)first_of_32(regs);
		opening->flags = second_of_32(regs);
		return true;
	case CALL_32_CREAT:
		opening->path = (const char *)(__u64)first_of_32(regs);
		opening->flags = O_WRONLY;
		return true;
	}
	return false;
}

SEC("tp_btf/sys_exit")
int open_calls(__u64 *arguments)
{
	struct pt_regs *regs = (void *)arguments[0];
	__u64 number = call_number(regs);
	struct opening opening = {};
	bool opens;

	if (is_32_bit((struct task_struct *)bpf_get_current_task()))
		opens = read_opening_32(regs, number, &opening);
	else
		opens = read_opening(regs, number, &opening);
	return opens ? after_open(arguments[1], opening.path, opening.flags) : 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
