/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * Every mapping of the machine, where the kernel lets a program hang on a function of its own: mmap
 * of any kind, and mprotect (mm/mmap.c and mm/mprotect.c call perf_event_mmap for both).
 */
#include "module.h"
#include "vma.h"

HOOK("fentry/perf_event_mmap")
int BPF_PROG(module_map, struct vm_area_struct *vma)
{
	__u64 file = file_of(vma);
	struct mm_struct___loaded *mm = (void *)vma->vm_mm;
	struct mapping mapping = {};

	if (!file)
		return 0;
	mapping.executable = vma->vm_flags & VM_EXEC;
	mapping.offset = vma->vm_pgoff;
	if (!mapping.executable && mapping.offset != 0)
		return 0;
	/* The loader is at work: module_exec tells what it has made. */
	if (!BPF_CORE_READ(mm, end_code))
		return 0;
	mapping.start = vma->vm_start;
	mapping.end = vma->vm_end;
	module_mapped(file, &mapping);
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
