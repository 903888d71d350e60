/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * What processes map themselves, where the kernel refuses programs on its functions: seen when the
 * system call returns. Two forms: a program for each call, which costs the other calls of the
 * machine least, and one for all calls, where those cannot be had.
 */
#include "descriptor.h"
#include "module.h"
#include "syscall.h"
#include "vma.h"

#define MAP_ANONYMOUS 0x20
#define EBUSY 16

/* Of one mprotect: mappings, and looks at an address space that another thread has locked. */
#define MPROTECT_LOOKS 12

static __always_inline __u64 page_end(__u64 address)
{
	return (address + settings.page_bytes - 1) & ~((__u64)settings.page_bytes - 1);
}

/* The file from the mapping itself: whatever has become of the descriptor, it is what was mapped. */
static long see_mapped(struct task_struct *task, struct vm_area_struct *vma, struct mapping *mapping)
{
	__u64 file = file_of(vma);

	if (file)
		module_mapped(file, mapping);
	return 0;
}

/* `offset`: in bytes or in pages, as the call has it. */
static __always_inline int after_mmap(__u64 result, __u64 length, __u64 protection, __u64 flags, __u32 fd,
				      __u64 offset)
{
	struct mapping mapping = {
		.start = result,
		.end = page_end(result + length),
		.offset = offset,
		.executable = protection & PROT_EXEC,
	};
	struct task_struct *task;
	__u64 file;

	if (is_error(result) || flags & MAP_ANONYMOUS || (!mapping.executable && offset != 0))
		return 0;
	task = bpf_get_current_task_btf();
	if (bpf_find_vma(task, result, see_mapped, &mapping, 0) != -EBUSY)
		return 0;
	/* Another thread has the address space locked. */
	file = file_of_descriptor(task, fd);
	if (file)
		module_mapped(file, &mapping);
	else if (mapping.executable)
		module_missed();
	return 0;
}

static long see_protected(struct task_struct *task, struct vm_area_struct *vma, struct mapping *mapping)
{
	__u64 file = file_of(vma);

	mapping->start = vma->vm_start;
	mapping->end = vma->vm_end;
	mapping->offset = vma->vm_pgoff;
	mapping->executable = vma->vm_flags & VM_EXEC;
	if (file && mapping->executable)
		module_mapped(file, mapping);
	return 0;
}

static __always_inline int after_mprotect(__u64 result, __u64 address, __u64 length, __u64 protection)
{
	struct task_struct *task;
	__u64 end = address + length;

	if (result != 0 || !(protection & PROT_EXEC))
		return 0;
	task = bpf_get_current_task_btf();
	for (int i = 0; i < MPROTECT_LOOKS; i++) {
		struct mapping mapping = {};
		long error;

		if (address >= end)
			return 0;
		error = bpf_find_vma(task, address, see_protected, &mapping, 0);
		if (error == -EBUSY)
			continue;
		if (error)
			return 0;
		address = mapping.end;
	}
	module_missed();
	return 0;
}

SEC("tp/syscalls/sys_exit_mmap")
int module_mmap(struct syscall_exit *call)
{
	struct pt_regs *regs = registers();

	return after_mmap(call->result, second_of(regs), third_of(regs), fourth_of(regs), fifth_of(regs),
			  sixth_of(regs));
}

SEC("tp/syscalls/sys_exit_mprotect")
int module_mprotect(struct syscall_exit *call)
{
	struct pt_regs *regs = registers();

	return after_mprotect(call->result, first_of(regs), second_of(regs), third_of(regs));
}

SEC("tp/syscalls/sys_exit_pkey_mprotect")
int module_pkey_mprotect(struct syscall_exit *call)
{
	struct pt_regs *regs = registers();

	return after_mprotect(call->result, first_of(regs), second_of(regs), third_of(regs));
}

static __always_inline int after_32_bit(struct pt_regs *regs, __u64 number, __u64 result)
{
	switch (number) {
	case CALL_32_MMAP2:
		return after_mmap((__u32)result >= -4095U ? -1 : (__u32)result, second_of_32(regs), third_of_32(regs),
				  fourth_of_32(regs), fifth_of_32(regs), sixth_of_32(regs));
	case CALL_32_MPROTECT:
	case CALL_32_PKEY_MPROTECT:
		return after_mprotect(result, first_of_32(regs), second_of_32(regs), third_of_32(regs));
	}
	return 0;
}

SEC("tp_btf/sys_exit")
int module_calls(__u64 *arguments)
{
	struct pt_regs *regs = (void *)arguments[0];
	__u64 result = arguments[1];
	__u64 number = call_number(regs);

	switch (number) {
	case CALL_MMAP:
	case CALL_MPROTECT:
	case CALL_PKEY_MPROTECT:
	case CALL_32_MMAP2:
	case CALL_32_MPROTECT:
	case CALL_32_PKEY_MPROTECT:
		break;
	default:
		return 0;
	}
	if (is_32_bit(bpf_get_current_task_btf()))
		return after_32_bit(regs, number, result);
	if (number == CALL_MMAP)
		return after_mmap(result, second_of(regs), third_of(regs), fourth_of(regs), fifth_of(regs),
				  sixth_of(regs));
	if (number == CALL_MPROTECT || number == CALL_PKEY_MPROTECT)
		return after_mprotect(result, first_of(regs), second_of(regs), third_of(regs));
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
