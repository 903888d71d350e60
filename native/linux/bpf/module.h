/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * A file was mapped: is code run from it, and which part of the address space is the whole of it?
 *
 * Loaders map the whole span of a file first, from its first byte on and with the rights of the
 * first segment, and then the executable piece into it (ld.so, musl; fs/binfmt_elf.c). So the span
 * is remembered when it is mapped, and told, once, when a piece of it is executable.
 */
#ifndef KERNELWIRE_MODULE_H
#define KERNELWIRE_MODULE_H

#include "file.h"
#include "path.h"
#include "spans.h"

struct module_scratch {
	struct path_buffer path;
	__u64 used;
	struct module_record record;
	char strings[PATH_LIMIT];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct module_scratch);
} scratch SEC(".maps");

static __always_inline struct path_buffer *own_buffer(void)
{
	__u32 zero = 0;
	struct module_scratch *mine = bpf_map_lookup_elem(&scratch, &zero);

	return mine ? &mine->path : NULL;
}

/* Larger than what fits on the stack; of the current CPU, which a program does not leave. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct module_spans);
} new_spans SEC(".maps");

/* A module that there was and that could not be looked at: it is lost, and said to be. */
static __always_inline void module_missed(void)
{
	struct cpu_counters *cpu = counters_of_this_cpu();

	if (!cpu)
		return;
	__sync_fetch_and_add(&cpu->attempts[RECORD_MODULE], 1);
	__sync_fetch_and_add(&cpu->failed[RECORD_MODULE], 1);
	__sync_fetch_and_add(&cpu->lost, 1);
}

/* Not static: the verifier goes through it once, not once for each caller. It takes numbers only. */
__noinline int module_emit(__u64 address_of_file, __u64 start, __u64 end)
{
	struct file *file = (struct file *)address_of_file;
	__u32 zero = 0;
	struct module_scratch *mine = bpf_map_lookup_elem(&scratch, &zero);
	struct cpu_counters *cpu = counters_of_this_cpu();
	struct task_struct *task = plain_task(bpf_get_current_task_btf());
	struct known_file known = {};
	struct module_record *record;

	if (!mine || !cpu)
		return 0;
	record = &mine->record;
	WRITE_ONCE(mine->used, 0);
	know_file(&known, file);
	path_of_dentry(known.mount, known.dentry, mounts_of(task), &mine->path);
	add_path_to(mine, record, record->file.mount_namespace);
	record->reserved = 0;
	record->base_address = start;
	record->memory_size = end - start;
	fill_file(&record->file, known.inode);
	fill_header(&record->header, RECORD_MODULE, is_deleted(known.dentry) ? RECORD_DELETED : 0, task, cpu);
	shared_output(cpu, &record->header, RECORD_MODULE,
		      sizeof(*record) + bounded(READ_ONCE(mine->used), sizeof(mine->strings)));
	return 0;
}

/* Where the files lie that the current image has mapped; NULL where there is no place for it. */
static __noinline struct module_spans *spans_of(struct task_struct *task)
{
	__u32 zero = 0, process = task->tgid, exec_id = task->self_exec_id;
	struct module_spans *known = bpf_map_lookup_elem(&spans, &process);
	struct module_spans *fresh = bpf_map_lookup_elem(&new_spans, &zero);
	__u64 start = task->group_leader->start_boottime;

	if (known && known->process.start_boot_ns == start) {
		if (known->process.exec_id == exec_id)
			return known;
		known->process.exec_id = exec_id;
		known->is_incomplete = known->next = 0;
		__builtin_memset(known->spans, 0, sizeof(known->spans));
		return known;
	}
	/* Another process that had the number has left it behind. */
	if (known)
		forget(spans, &process, known);
	if (!fresh)
		return NULL;
	fresh->process.pid = process;
	fresh->process.exec_id = exec_id;
	fresh->process.start_boot_ns = start;
	return remember(spans, SPANS_MAX, &process, fresh);
}

/* Which file, as a span has it. */
static __always_inline struct module_span span_of_file(__u64 address_of_file)
{
	struct inode *inode = BPF_CORE_READ((struct file *)address_of_file, f_inode);
	struct module_span span = {
		.inode = BPF_CORE_READ(inode, i_ino),
		.device = BPF_CORE_READ(inode, i_sb, s_dev),
		.generation = BPF_CORE_READ(inode, i_generation),
	};

	return span;
}

static __always_inline struct module_span *find_span(struct module_spans *all, const struct module_span *wanted)
{
	for (int i = 0; i < PROCESS_SPANS; i++) {
		struct module_span *span = &all->spans[i];

		if (span->inode == wanted->inode && span->device == wanted->device &&
		    span->generation == wanted->generation)
			return span;
	}
	return NULL;
}

static __always_inline struct module_span *add_span(struct module_spans *all, const struct module_span *added)
{
	__u32 next = READ_ONCE(all->next);
	struct module_span *span = &all->spans[next & (PROCESS_SPANS - 1)];

	/* Threads of one process may take the same place: without atomics that return a value they cannot tell. */
	WRITE_ONCE(all->next, next + 1);
	if (span->inode && !span->told)
		all->is_incomplete = 1;
	*span = *added;
	return span;
}

struct mapping {
	__u64 start;
	__u64 end;
	__u64 offset;	/* in the file, in bytes or pages: whether it is 0 counts */
	__u64 executable;
};

/* Not static, as module_emit(). `offset`, `executable`: as a mapping has them. */
__noinline int module_mapped_at(__u64 address_of_file, __u64 start, __u64 end, __u64 offset, __u64 executable)
{
	struct module_spans *all = spans_of(plain_task(bpf_get_current_task_btf()));
	struct module_span mine = span_of_file(address_of_file);
	struct module_span *known = all ? find_span(all, &mine) : NULL;
	/* Whether it is known where the file begins, if not here. */
	bool is_certain = known || offset == 0 || (all && !all->is_incomplete);

	mine.start = start;
	mine.end = end;
	if (known && start == known->start) {
		/* mprotect may have split the mapping that was there. */
		if (known->end < end)
			known->end = end;
	} else if (!known || offset == 0 || start < known->start || start >= known->end) {
		if (!executable && offset != 0)
			return 0;
		if (known)
			*known = mine;
		else if (all)
			known = add_span(all, &mine);
	}
	if (!executable)
		return 0;
	if (known) {
		if (known->told)
			return 0;
		known->told = 1;
		mine.start = known->start;
		mine.end = known->end;
	}
	module_emit(address_of_file, is_certain ? mine.start : 0, is_certain ? mine.end : 0);
	return 0;
}

/* `address_of_file`: as file_of() reads it. */
static __always_inline void module_mapped(__u64 address_of_file, const struct mapping *mapping)
{
	module_mapped_at(address_of_file, mapping->start, mapping->end, mapping->offset, mapping->executable);
}

#endif
