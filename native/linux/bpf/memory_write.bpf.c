/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * /proc/PID/mem is written. Three forms: on the kernel's own function for it (fs/proc/base.c); a
 * program for each call that writes to files; one for all calls.
 */
#include "descriptor.h"
#include "memory_file.h"
#include "written.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct file___place {
	__s64 f_pos;
	void *private_data;
};

#pragma clang attribute pop

/* `end`: where the last byte that was written lies, and one more. */
static __always_inline int written_through(struct file *file, __u64 end, __s64 result)
{
	struct file___place *opened = (void *)file;
	struct parent_identity target = {};
	struct task_struct *owner;

	if (result <= 0)
		return 0;
	owner = owner_of(BPF_CORE_READ(file, f_inode));
	/* What was opened is the memory of an image that may be gone by now. */
	if (!owner || (void *)BPF_CORE_READ(owner, mm) != BPF_CORE_READ(opened, private_data))
		return 0;
	if (written_into(&target, owner, ACCESS_MODE_WRITE))
		add_range(&target, end - result, end);
	return 0;
}

SEC("fexit/mem_write")
int memory_write(__u64 *arguments)
{
	struct file *file = (void *)arguments[0];
	__s64 end = 0;

	bpf_probe_read_kernel(&end, sizeof(end), (void *)arguments[3]);
	return written_through(file, end, arguments[4]);
}

static __always_inline struct file *memory_file_of(__u32 fd)
{
	struct file *file = (struct file *)file_of_descriptor((struct task_struct *)bpf_get_current_task(), fd);

	if (BPF_CORE_READ(file, f_inode, i_sb, s_magic) != PROC_SUPER_MAGIC ||
	    !is_memory_file(BPF_CORE_READ(file, f_path.dentry)))
		return NULL;
	return file;
}

/* Where the file's own position is behind what was written. */
static __always_inline int after_write(__u32 fd, __s64 result)
{
	struct file *file = result > 0 ? memory_file_of(fd) : NULL;
	struct file___place *opened = (void *)file;

	return file ? written_through(file, BPF_CORE_READ(opened, f_pos), result) : 0;
}

static __always_inline int after_write_at(__u32 fd, __u64 position, __s64 result)
{
	struct file *file = result > 0 ? memory_file_of(fd) : NULL;

	return file ? written_through(file, position + result, result) : 0;
}

SEC("tp/syscalls/sys_exit_write")
int write_write(struct syscall_exit *call)
{
	return after_write(first_of(registers()), call->result);
}

SEC("tp/syscalls/sys_exit_writev")
int write_writev(struct syscall_exit *call)
{
	return after_write(first_of(registers()), call->result);
}

SEC("tp/syscalls/sys_exit_pwrite64")
int write_pwrite64(struct syscall_exit *call)
{
	struct pt_regs *regs = registers();

	return after_write_at(first_of(regs), fourth_of(regs), call->result);
}

SEC("tp/syscalls/sys_exit_pwritev")
int write_pwritev(struct syscall_exit *call)
{
	struct pt_regs *regs = registers();

	return after_write_at(first_of(regs), fourth_of(regs), call->result);
}

/* With -1 it is the file's own position. */
static __always_inline int after_pwritev2(struct pt_regs *regs, __s64 result)
{
	if (fourth_of(regs) == -1UL)
		return after_write(first_of(regs), result);
	return after_write_at(first_of(regs), fourth_of(regs), result);
}

SEC("tp/syscalls/sys_exit_pwritev2")
int write_pwritev2(struct syscall_exit *call)
{
	return after_pwritev2(registers(), call->result);
}

/* Positions have two words. */
static __always_inline __u64 position_of_32(struct pt_regs *regs)
{
	return fourth_of_32(regs) | (__u64)fifth_of_32(regs) << 32;
}

static __always_inline int after_32_bit(struct pt_regs *regs, __u64 number, __s64 result)
{
	switch (number) {
	case CALL_32_WRITE:
	case CALL_32_WRITEV:
		return after_write(first_of_32(regs), result);
	case CALL_32_PWRITEV2:
		if (position_of_32(regs) == -1ULL)
			return after_write(first_of_32(regs), result);
		return after_write_at(first_of_32(regs), position_of_32(regs), result);
	case CALL_32_PWRITE64:
	case CALL_32_PWRITEV:
		return after_write_at(first_of_32(regs), position_of_32(regs), result);
	}
	return 0;
}

SEC("tp_btf/sys_exit")
int write_calls(__u64 *arguments)
{
	struct pt_regs *regs = (void *)arguments[0];
	__s64 result = arguments[1];
	__u64 number = call_number(regs);

	if (is_32_bit((struct task_struct *)bpf_get_current_task()))
		return after_32_bit(regs, number, (__s32)result);
	switch (number) {
	case CALL_WRITE:
	case CALL_WRITEV:
		return after_write(first_of(regs), result);
	case CALL_PWRITE64:
	case CALL_PWRITEV:
		return after_write_at(first_of(regs), fourth_of(regs), result);
	case CALL_PWRITEV2:
		return after_pwritev2(regs, result);
	}
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
