/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* The parts of an address space. */
#ifndef KERNELWIRE_VMA_H
#define KERNELWIRE_VMA_H

#include "core.h"

/* include/linux/mm.h */
#define VM_EXEC 0x00000004

/* include/uapi/asm-generic/mman-common.h */
#define PROT_EXEC 0x4

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct vm_area_struct {
	unsigned long vm_start;
	unsigned long vm_end;
	unsigned long vm_flags;
	unsigned long vm_pgoff;
	const void *vm_ops;
	struct file *vm_file;
	struct mm_struct *vm_mm;
};

/* Set when the loader has mapped everything (fs/binfmt_elf.c, load_elf_binary). */
struct mm_struct___loaded {
	unsigned long end_code;
	unsigned long end_data;
};

#pragma clang attribute pop

/* What is mapped there, as a number: the verifier forbids a pointer once the address space is unlocked. */
static __always_inline __u64 file_of(struct vm_area_struct *vma)
{
	__u64 address = 0;

	bpf_probe_read_kernel(&address, sizeof(address), &vma->vm_file);
	return address;
}

#endif
