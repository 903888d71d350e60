/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * The processes that are there: a row each from the task iterator, see struct snapshot_row.
 *
 * It reads no memory of a process: a page that its owner serves himself (FUSE) may never come, and
 * a program that sleeps there cannot be killed. native/linux/task_snapshot.cc has the arguments from /proc.
 */
#include "asks.h"
#include "details.h"
#include "file.h"
#include "image_base.h"
#include "identity.h"
#include "memory.h"
#include "payer.h"

struct snapshot_scratch {
	struct path_buffer path;
	__u64 used;
	struct snapshot_row row;
	struct image_record record;
	char strings[sizeof(struct process_details) + 3 * PATH_LIMIT];
};

#define ROW_LIMIT (sizeof(struct snapshot_scratch) - __builtin_offsetof(struct snapshot_scratch, row))

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
static __always_inline __u64 base_address(struct task_struct *task)
{
	__u64 address = (__u64)BPF_CORE_READ(task, mm);
	__u64 program_headers = auxv_value(address, AT_PHDR, false);

	if (!program_headers || !auxv_value(address, AT_PAGESZ, false))
		program_headers = auxv_value(address, AT_PHDR, true);
	return program_headers ? image_base(address, program_headers) : 0;
}

/* Anyone may move the ends of his own blocks apart (prctl, PR_SET_MM): lengths stop at 4 GiB. */
static __always_inline __u32 block_bytes(__u64 start, __u64 end)
{
	__u64 bytes = end - start;

	return bytes > ~0U ? ~0U : bytes;
}

static __always_inline void fill_memory(struct image_record *record, struct task_struct *task, struct mm_struct *mm)
{
	record->base_address = base_address(task);
	record->resident_pages = resident_pages(mm);
	record->arguments_bytes = block_bytes(BPF_CORE_READ(mm, arg_start), BPF_CORE_READ(mm, arg_end));
	record->environment_bytes = block_bytes(BPF_CORE_READ(mm, env_start), BPF_CORE_READ(mm, env_end));
}

/* kernel/locking/rwsem.c: RWSEM_WRITER_LOCKED, RWSEM_FLAG_WAITERS, RWSEM_FLAG_HANDOFF. A real-time kernel has no count. */
static __always_inline bool is_locked(struct mm_struct *mm)
{
	return bpf_core_field_exists(mm->mmap_lock.count) && (BPF_CORE_READ(mm, mmap_lock.count.counter) & 7);
}

/* What /proc has of it, as the reader of the iterator sees /proc. */
static __always_inline void fill_place(struct snapshot_row *row, struct task_struct *task)
{
	struct task_struct *reader = (void *)bpf_get_current_task();
	__u32 level = BPF_CORE_READ(reader, thread_pid, level);

	row->level = level;
	row->reader = bpf_get_current_pid_tgid() >> 32;
	row->process = upid_at(BPF_CORE_READ(task, group_leader, thread_pid), level).nr;
	row->thread = upid_at(BPF_CORE_READ(task, thread_pid), level).nr;
	row->is_locked = 0;
	row->arguments_start = 0;
	row->payer = payer_of(task);
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
	fill_place(&mine->row, task);
	if (mm && !(task->flags & PF_KTHREAD)) {
		fill_memory(record, task, mm);
		mine->row.is_locked = is_locked(mm);
		mine->row.arguments_start = BPF_CORE_READ(mm, arg_start);
		if (mm->exe_file)
			add_file(mine, mm->exe_file, task);
	}
	if (READ_ONCE(record->header.flags) & RECORD_DETAILS)
		add_details(mine, (struct process_details *)mine->strings, task);
}

static __always_inline void write_row(struct snapshot_scratch *mine, struct seq_file *seq)
{
	__u64 size = sizeof(mine->record) + bounded(READ_ONCE(mine->used), sizeof(mine->strings));

	mine->row.length = size;
	size = (sizeof(mine->row) + size + 7) & ~7ULL;
	bpf_seq_write(seq, &mine->row, bounded(size, ROW_LIMIT));
}

/*
 * A main thread that has left has nothing but numbers any more (kernel/exit.c, do_exit). The others
 * have all: each of them makes a row then, and task_snapshot.cc takes one.
 */
static __always_inline bool speaks_for_process(struct task_struct *task)
{
	if (task->pid == task->tgid)
		return true;
	return task->mm && !task->group_leader->mm;
}

HOOK("iter/task")
int task_snapshot(struct bpf_iter__task *context)
{
	struct task_struct *task = context->task;
	struct snapshot_scratch *mine;
	__u32 zero = 0;

	if (!task)
		return 0;
	task = plain_task(task);
	if (!speaks_for_process(task))
		return 0;
	mine = bpf_map_lookup_elem(&scratch, &zero);
	if (!mine)
		return 0;
	fill_row(mine, task);
	write_row(mine, context->meta->seq);
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
