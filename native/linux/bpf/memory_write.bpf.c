/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * /proc/PID/mem is written. Three forms: on the kernel's own function for it (fs/proc/base.c); a
 * program for each call that writes to files; one for all calls.
 */
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

HOOK("fexit/mem_write")
int memory_write(__u64 *arguments)
{
	struct file *file = (void *)arguments[0];
	__s64 end = 0;

	bpf_probe_read_kernel(&end, sizeof(end), (void *)arguments[3]);
	return written_through(file, end, arguments[4]);
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

/* Positions of 32-bit calls have two words. */
static __always_inline __u64 position_in(const struct call *call)
{
	__u64 position = argument_of(call, fourth);

	return call->entry == ENTRY_32 ? position | argument_of(call, fifth) << 32 : position;
}

static __always_inline int after_call(const struct call *call)
{
	__u32 fd = argument_of(call, first);

	switch (call->number) {
	case CALL_WRITE:
	case CALL_WRITEV:
		return after_write(fd, call->result);
	case CALL_PWRITEV2:
		/* With -1 it is the file's own position. */
		if (position_in(call) == -1ULL)
			return after_write(fd, call->result);
		return after_write_at(fd, position_in(call), call->result);
	case CALL_PWRITE64:
	case CALL_PWRITEV:
		return after_write_at(fd, position_in(call), call->result);
	}
	return 0;
}

/* A write that began upon a memory file. */
#define WRITES(name)                                                                          \
	HOOK("tp/syscalls/sys_exit_" #name)                                                    \
	int write_##name(struct syscall_exit *returned)                                       \
	{                                                                                     \
		struct call call;                                                             \
                                                                                              \
		return one_call_ends(&call, returned, PENDING_ACCESS) ? after_call(&call) : 0; \
	}

WRITES(write)
WRITES(writev)
WRITES(pwrite64)
WRITES(pwritev)
WRITES(pwritev2)

static __always_inline bool may_write(__u32 number)
{
#if defined(__TARGET_ARCH_x86)
	if (may_be_as(number, WRITEV, CALL_X32_WRITEV) || may_be_as(number, PWRITEV, CALL_X32_PWRITEV) ||
	    may_be_as(number, PWRITEV2, CALL_X32_PWRITEV2))
		return true;
#endif
	return may_be(number, WRITE) || may_be(number, WRITEV) || may_be(number, PWRITE64) || may_be(number, PWRITEV) ||
	       may_be(number, PWRITEV2);
}

HOOK("tp_btf/sys_exit")
int write_calls(__u64 *arguments)
{
	struct pt_regs *regs = (void *)arguments[0];
	__u32 number = number_of(regs);
	struct call call;

	if (!may_write(number) || !call_ends(&call, regs, number, arguments[1], PENDING_ACCESS))
		return 0;
	return after_call(&call);
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
