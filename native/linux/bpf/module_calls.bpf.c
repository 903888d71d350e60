/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * What processes map themselves, where the kernel refuses programs on its functions: seen when the
 * system call returns. Two forms: a program for each call, which costs the other calls of the
 * machine least, and one for all calls, where those cannot be had.
 */
#include "begun.h"
#include "descriptor.h"
#include "module.h"
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

struct protected {
	__u64 address; /* of the mapping that is next */
	__u64 end;
};

/* bpf_find_vma and bpf_loop are as old as each other: the body is verified once. */
static long look_at_next(__u64 index, struct protected *protected)
{
	struct mapping mapping = {};
	long error = bpf_find_vma(bpf_get_current_task_btf(), protected->address, see_protected, &mapping, 0);

	if (error == -EBUSY)
		return 0;
	protected->address = error ? protected->end : mapping.end;
	return protected->address >= protected->end;
}

static __always_inline int after_mprotect(__u64 result, __u64 address, __u64 length, __u64 protection)
{
	struct protected protected = { .address = address, .end = address + length };

	if (result != 0 || !(protection & PROT_EXEC) || address >= protected.end)
		return 0;
	bpf_loop(MPROTECT_LOOKS, look_at_next, &protected, 0);
	if (protected.address < protected.end)
		module_missed();
	return 0;
}

/* Where something was mapped: an address of 32 bits is no negative number. */
static __always_inline __u64 place_mapped(const struct call *call)
{
	return call->entry == ENTRY_32 && !is_error(call->result) ? (__u32)call->result : call->result;
}

static __always_inline int after_call(const struct call *call)
{
	switch (call->number) {
	case CALL_MMAP:
		return after_mmap(place_mapped(call), argument_of(call, second), argument_of(call, third),
				  argument_of(call, fourth), argument_of(call, fifth), argument_of(call, sixth));
	case CALL_OLD_MMAP:
		/* What it was given lies in memory that another thread can write to: so only the mapping says. */
		return is_error(place_mapped(call)) ? 0 : after_mprotect(0, place_mapped(call), 1, PROT_EXEC);
	case CALL_MPROTECT:
	case CALL_PKEY_MPROTECT:
		return after_mprotect(call->result, argument_of(call, first), argument_of(call, second),
				      argument_of(call, third));
	}
	return 0;
}

#define MAPS(name)                                                                            \
	HOOK("tp/syscalls/sys_exit_" #name)                                                    \
	int module_##name(struct syscall_exit *returned)                                      \
	{                                                                                     \
		struct call call;                                                             \
                                                                                              \
		return one_call_ends(&call, returned, PENDING_MODULE) ? after_call(&call) : 0; \
	}

MAPS(mmap)
MAPS(mprotect)
MAPS(pkey_mprotect)

HOOK("tp_btf/sys_exit")
int module_calls(__u64 *arguments)
{
	struct pt_regs *regs = (void *)arguments[0];
	__u32 number = number_of(regs);
	struct call call;

	if (number != CALL_32_MMAP2 && number != CALL_32_OLD_MMAP && (number & ~X32_BIT) != CALL_MMAP &&
	    !may_be(number, MPROTECT) && !may_be(number, PKEY_MPROTECT))
		return 0;
	return call_ends(&call, regs, number, arguments[1], PENDING_MODULE) ? after_call(&call) : 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
