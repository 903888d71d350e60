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
#include "module_record.h"
#include "path.h"

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

/* Shared by the programs: native/linux/ebpf_source.cc makes it. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, MODULE_SPANS);
	__type(key, struct module_key);
	__type(value, struct module_span);
} spans SEC(".maps");

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
	struct task_struct *task = bpf_get_current_task_btf();
	struct dentry *dentry = BPF_CORE_READ(file, f_path.dentry);
	struct module_record *record;

	if (!mine || !cpu)
		return 0;
	record = &mine->record;
	WRITE_ONCE(mine->used, 0);
	path_of_dentry(BPF_CORE_READ(file, f_path.mnt), dentry, &mine->path);
	record->path_length = path_append(mine, PATH_LIMIT);
	record->path_bytes = READ_ONCE(mine->path.total);
	record->reserved = 0;
	record->base_address = start;
	record->memory_size = end - start;
	fill_file(&record->file, file, task);
	fill_header(&record->header, RECORD_MODULE, is_deleted(dentry) ? RECORD_DELETED : 0, task, cpu);
	module_output(cpu, record, sizeof(*record) + bounded(READ_ONCE(mine->used), sizeof(mine->strings)));
	return 0;
}

static __always_inline struct module_key module_key_of(struct task_struct *task, __u64 address_of_file)
{
	struct file *file = (struct file *)address_of_file;
	struct inode *inode = BPF_CORE_READ(file, f_inode);
	struct module_key key = {
		.start_boot_ns = task->group_leader->start_boottime,
		.inode = BPF_CORE_READ(inode, i_ino),
		.pid = task->tgid,
		.exec_id = task->self_exec_id,
		.device = BPF_CORE_READ(inode, i_sb, s_dev),
		.generation = BPF_CORE_READ(inode, i_generation),
	};

	return key;
}

struct mapping {
	__u64 start;
	__u64 end;
	__u64 offset;	/* in the file, in bytes or pages: whether it is 0 counts */
	__u64 executable;
};

/* `address_of_file`: as file_of() reads it. */
static __always_inline void module_mapped(__u64 address_of_file, const struct mapping *mapping)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct module_key key = module_key_of(task, address_of_file);
	struct module_span *known = bpf_map_lookup_elem(&spans, &key);
	struct module_span span = { .start = mapping->start, .end = mapping->end };

	if (known && mapping->start == known->start) {
		/* mprotect may have split the mapping that was there. */
		if (known->end < mapping->end)
			known->end = mapping->end;
	} else if (!known || mapping->offset == 0 || mapping->start < known->start || mapping->start >= known->end) {
		if (!mapping->executable && mapping->offset != 0)
			return;
		bpf_map_update_elem(&spans, &key, &span, BPF_ANY);
		known = bpf_map_lookup_elem(&spans, &key);
	}
	if (!mapping->executable)
		return;
	if (known) {
		if (known->told)
			return;
		known->told = 1;
		span.start = known->start;
		span.end = known->end;
	}
	module_emit(address_of_file, span.start, span.end);
}

#endif
