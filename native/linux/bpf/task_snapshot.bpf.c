/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * The processes that are there: one row each from the task iterator, framed as in the ring.
 *
 * Two forms: the sleepable one (5.18) also reads the arguments, and the plain one leaves
 * them to /proc (native/linux/task_snapshot.cc), as it does those that a row has no room for.
 */
#include "asks.h"
#include "details.h"
#include "file.h"
#include "image_base.h"
#include "identity.h"
#include "memory.h"

struct snapshot_scratch {
	struct path_buffer path;
	__u64 used;
	/* A row: framed as in the ring, by the length of what follows. */
	__u32 length;
	__u32 reserved;
	struct image_record record;
	char strings[sizeof(struct process_details) + 3 * PATH_LIMIT + SNAPSHOT_ARGUMENTS];
};

#define ROW_LIMIT (sizeof(struct snapshot_scratch) - __builtin_offsetof(struct snapshot_scratch, length))

/* One reader, one row at a time: see task_snapshot.cc. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct snapshot_scratch);
} scratch SEC(".maps");

static __always_inline struct path_buffer *own_buffer(void)
{
	__u32 zero = 0;
	struct snapshot_scratch *mine = bpf_map_lookup_elem(&scratch, &zero);

	return mine ? &mine->path : NULL;
}

static __always_inline __u8 flags_of(struct task_struct *task)
{
	__u8 flags = asks() & ASKS_DETAILS ? RECORD_DETAILS : 0;

	if (user_is_foreign(task->cred))
		flags |= RECORD_FOREIGN_USER;
	if (task->flags & PF_KTHREAD)
		flags |= RECORD_KERNEL_THREAD;
	if (task->signal->live.counter == 0)
		flags |= RECORD_ZOMBIE;
	return flags;
}

/* A 32-bit program's pairs of words make no sense as pairs of long ones, so whichever holds AT_PHDR is it. */
static __always_inline __u64 base_address(struct task_struct *task, struct mm_struct *mm)
{
	struct auxv auxv = auxv_read(mm, false);

	if (!auxv.program_headers || !auxv.page_size)
		auxv = auxv_read(mm, true);
	if (!auxv.program_headers)
		return 0;
	return image_base((__u64)BPF_CORE_READ(task, mm), auxv.program_headers);
}

static __always_inline void fill_memory(struct image_record *record, struct task_struct *task, struct mm_struct *mm)
{
	record->base_address = base_address(task, mm);
	record->resident_pages = resident_pages(mm);
	record->arguments_bytes = BPF_CORE_READ(mm, arg_end) - BPF_CORE_READ(mm, arg_start);
	record->environment_bytes = BPF_CORE_READ(mm, env_end) - BPF_CORE_READ(mm, env_start);
}

static __always_inline void add_file(struct snapshot_scratch *mine, struct file *file, struct task_struct *task)
{
	struct dentry *dentry = BPF_CORE_READ(file, f_path.dentry);
	struct image_record *record = &mine->record;

	fill_file(&record->file, file->f_inode);
	if (is_deleted(dentry))
		WRITE_ONCE(record->header.flags, READ_ONCE(record->header.flags) | RECORD_DELETED);
	own_path_of_dentry((__u64)BPF_CORE_READ(file, f_path.mnt), (__u64)dentry, mounts_of(task));
	add_path_to(mine, record, record->file.mount_namespace);
}

static __always_inline void fill_row(struct snapshot_scratch *mine, struct task_struct *task)
{
	struct image_record *record = &mine->record;
	struct mm_struct *mm = task->mm;

	fill_identity(&record->header, RECORD_SNAPSHOT, flags_of(task), task);
	record->header.cpu = 0;
	record->header.lost = 0;
	fill_parent(&record->parent, task);
	record->uid = task->cred->uid.val;
	record->threads = task->signal->nr_threads;
	record->base_address = 0;
	record->resident_pages = 0;
	record->arguments_bytes = record->environment_bytes = 0;
	record->path_bytes = 0;
	record->path_length = 0;
	record->arguments_length = 0;
	record->path_place = PATH_UNKNOWN;
	__builtin_memset(record->reserved, 0, sizeof(record->reserved));
	record->file.inode = 0;
	WRITE_ONCE(mine->used, record->header.flags & RECORD_DETAILS ? sizeof(struct process_details) : 0);
	if (mm && !(task->flags & PF_KTHREAD)) {
		fill_memory(record, task, mm);
		if (mm->exe_file)
			add_file(mine, mm->exe_file, task);
	}
	if (READ_ONCE(record->header.flags) & RECORD_DETAILS)
		add_details(mine, (struct process_details *)mine->strings, task);
}

static __always_inline void write_row(struct snapshot_scratch *mine, struct seq_file *seq)
{
	__u64 size = sizeof(mine->record) + bounded(READ_ONCE(mine->used), sizeof(mine->strings));

	mine->length = size;
	mine->reserved = 0;
	size = (sizeof(__u64) + size + 7) & ~7ULL;
	bpf_seq_write(seq, &mine->length, bounded(size, ROW_LIMIT));
}

static __always_inline struct snapshot_scratch *scratch_for(struct task_struct *task)
{
	__u32 zero = 0;

	if (!task || task->pid != task->tgid)
		return NULL;
	return bpf_map_lookup_elem(&scratch, &zero);
}

SEC("iter/task")
int task_snapshot(struct bpf_iter__task *context)
{
	struct task_struct *task = context->task;
	struct snapshot_scratch *mine = scratch_for(task);

	if (!mine)
		return 0;
	fill_row(mine, task);
	write_row(mine, context->meta->seq);
	return 0;
}

SEC("iter.s/task")
int task_snapshot_arguments(struct bpf_iter__task *context)
{
	struct task_struct *task = context->task;
	struct snapshot_scratch *mine = scratch_for(task);
	struct image_record *record;
	struct mm_struct *mm;
	__u64 length;

	if (!mine)
		return 0;
	fill_row(mine, task);
	record = &mine->record;
	mm = task->mm;
	length = bounded(READ_ONCE(record->arguments_bytes), SNAPSHOT_ARGUMENTS);
	if (mm && length &&
	    !bpf_copy_from_user_task(next_string(mine, SNAPSHOT_ARGUMENTS), length, (void *)mm->arg_start, task, 0)) {
		record->arguments_length = length;
		string_added(mine, length);
	}
	write_row(mine, context->meta->seq);
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
