/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * The modules that the kernel's loader has mapped: the main program and its interpreter. When an
 * exec is told the address space is complete, and only this thread can change it.
 */
#include "image_base.h"
#include "module.h"

#define MODULE_PIECES 16	/* mappings of one file, next to each other */

struct view {
	__u64 start;
	__u64 end;
	__u64 file;	/* NULL: anonymous, or of the kernel's own making */
	__u64 inode;
	__u64 anonymous;
};

static long see(struct task_struct *task, struct vm_area_struct *vma, struct view *view)
{
	struct file *file = vma->vm_file;

	view->start = vma->vm_start;
	view->end = vma->vm_end;
	view->anonymous = !vma->vm_ops;
	view->file = file_of(vma);
	view->inode = file ? (__u64)BPF_CORE_READ(file, f_inode) : 0;
	return 0;
}

static __always_inline bool look(struct task_struct *task, __u64 address, struct view *view)
{
	return bpf_find_vma(task, address, see, view, 0) == 0;
}

/* Along the mappings of a file. */
struct walk {
	__u64 edge;
	__u64 inode;
};

static long walk_down(__u64 index, struct walk *walk)
{
	struct view view = {};

	if (!look(bpf_get_current_task_btf(), walk->edge - 1, &view) || view.inode != walk->inode)
		return 1;
	walk->edge = view.start;
	return 0;
}

/* With the anonymous mapping (.bss) that follows the last. */
static long walk_up(__u64 index, struct walk *walk)
{
	struct view view = {};

	if (!look(bpf_get_current_task_btf(), walk->edge, &view))
		return 1;
	if (view.inode != walk->inode) {
		if (view.anonymous)
			walk->edge = view.end;
		return 1;
	}
	walk->edge = view.end;
	return 0;
}

/* Where the mappings of the same file that lie before this one, without a gap, begin. Not static, as module_emit(). */
__noinline __u64 start_of(__u64 start, __u64 inode)
{
	struct walk walk = { .edge = start, .inode = inode };

	bpf_loop(MODULE_PIECES, walk_down, &walk, 0);
	return walk.edge;
}

/* Where those that lie behind it end. */
__noinline __u64 end_of(__u64 end, __u64 inode)
{
	struct walk walk = { .edge = end, .inode = inode };

	bpf_loop(MODULE_PIECES, walk_up, &walk, 0);
	return walk.edge;
}

/*
 * The module that holds `address`; returns its file, or 0. `data`: an address in its last segment,
 * where that is known: old linkers leave a gap before it.
 */
static __noinline __u64 find(struct task_struct *task, __u64 address, __u64 data, struct module_span *span)
{
	struct view first = {}, last = {};
	struct module_spans *all = spans_of(plain_task(task));

	if (!span || !look(task, address, &first) || !first.file)
		return 0;
	if (!data || !look(task, data, &last) || last.inode != first.inode)
		last.end = first.end;
	*span = span_of_file(first.file);
	span->start = start_of(first.start, first.inode);
	span->end = end_of(last.end, first.inode);
	span->told = 1;
	if (all)
		add_span(all, span);
	return first.file;
}

/* What is told is not told from within: the verifier allows all frames together 512 bytes of stack. */
__noinline int tell(__u64 address, __u64 data)
{
	struct module_span span = {};
	__u64 file = find(bpf_get_current_task_btf(), address, data, &span);

	if (file)
		module_emit(file, span.start, span.end);
	return 0;
}

HOOK("tp_btf/sched_process_exec")
int BPF_PROG(module_exec, struct task_struct *task, pid_t old_pid, struct linux_binprm *bprm)
{
	__u64 mm = (__u64)BPF_CORE_READ(task, mm);
	struct mm_struct___loaded *loaded = (void *)mm;
	__u8 class = 0;
	__u64 base, interpreter;

	bpf_probe_read_kernel(&class, sizeof(class), &bprm->buf[4]); /* EI_CLASS */
	base = image_base(mm, auxv_value(mm, AT_PHDR, class == 1));
	if (base)
		tell(base, BPF_CORE_READ(loaded, end_data) - 1);
	interpreter = auxv_value(mm, AT_BASE, class == 1);
	if (interpreter)
		tell(interpreter, 0);
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
