/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* A process became another program: its image, its arguments, its environment. */
#include "details.h"
#include "emit.h"
#include "file.h"
#include "image_base.h"
#include "memory.h"

/*
 * What a later step needs of an earlier one goes through this memory, not through registers: the
 * verifier forgets it there, and need not follow every combination of branches to the end.
 */
struct exec_scratch {
	struct path_buffer path;
	__u64 used;	/* bytes of `strings` */
	struct image_record record;
	char strings[sizeof(struct process_details) + 3 * PATH_LIMIT + ARGUMENTS_INLINE];
};

struct bulk_scratch {
	__u64 offset;
	struct record_header image;	/* what the headers of all pieces have in common */
	struct bulk_record record;
	char bytes[BULK_PIECE];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct exec_scratch);
} scratch SEC(".maps");

static __always_inline struct path_buffer *own_buffer(void)
{
	__u32 zero = 0;
	struct exec_scratch *mine = bpf_map_lookup_elem(&scratch, &zero);

	return mine ? &mine->path : NULL;
}

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bulk_scratch);
} bulk SEC(".maps");

/* `image`: a header of the same image. */
static __always_inline void fill_bulk(struct bulk_record *record, __u32 type, __u32 offset, __u32 total, __u32 length,
				      const struct record_header *image, struct cpu_counters *cpu)
{
	record->header = *image;
	record->header.type = type;
	record->header.boot_ns = bpf_ktime_get_boot_ns();
	record->header.lost = cpu->lost;
	record->offset = offset;
	record->total = total;
	record->length = length;
	record->reserved = 0;
}

/* A whole piece is read straight into the ring. */
#define emit_whole_piece(size, type, from, offset, total, image, cpu)                               \
	({                                                                                          \
		struct bulk_record *piece_ = record_reserve(cpu, type, sizeof(*piece_) + (size));   \
		bool written_ = false;                                                              \
		if (piece_) {                                                                       \
			fill_bulk(piece_, type, offset, total, size, image, cpu);                   \
			written_ = !bpf_probe_read_user(piece_ + 1, size, (void *)(from) + (offset)); \
			if (written_) {                                                             \
				record_submit(piece_);                                              \
			} else {                                                                    \
				bpf_ringbuf_discard(piece_, BPF_RB_NO_WAKEUP);                      \
				(cpu)->attempts[type]--;                                            \
			}                                                                           \
		}                                                                                   \
		written_;                                                                           \
	})

/* The last piece has a size of its own. */
static __always_inline bool emit_last_piece(struct bulk_scratch *mine, __u32 type, __u64 from, __u32 offset,
					    __u32 total, struct cpu_counters *cpu)
{
	__u64 length = bounded(total - offset, BULK_PIECE);

	fill_bulk(&mine->record, type, offset, total, length, &mine->image, cpu);
	if (bpf_probe_read_user(mine->bytes, length, (void *)(from + offset)))
		return false;
	return record_output(cpu, type, &mine->record, sizeof(mine->record) + length);
}

enum piece_end {
	PIECES_FOLLOW = 0,
	PIECES_DONE = 1,
	PIECES_LOST = 2,	/* this one was lost, refused or could not be read */
};

/* The next piece of a block. Not static: the verifier goes through it once, not once for each. It takes numbers only. */
__noinline int emit_piece(__u64 type, __u64 from, __u32 total)
{
	__u32 zero = 0;
	struct bulk_scratch *mine = bpf_map_lookup_elem(&bulk, &zero);
	struct cpu_counters *cpu = counters_of_this_cpu();
	__u64 offset;

	if (!mine || !cpu)
		return PIECES_LOST;
	type &= RECORD_TYPES - 1;
	offset = READ_ONCE(mine->offset);
	if (offset >= total)
		return PIECES_DONE;
	if (more_than_half_full()) {
		count_attempt(cpu, type);
		count_refused(cpu, type, total - offset);
		return PIECES_LOST;
	}
	if (settings.ring_bytes >= BULK_LARGE_RING && total - offset >= BULK_LARGE_PIECE) {
		WRITE_ONCE(mine->offset, offset + BULK_LARGE_PIECE);
		return emit_whole_piece(BULK_LARGE_PIECE, type, from, offset, total, &mine->image, cpu) ? PIECES_FOLLOW
													   : PIECES_LOST;
	}
	if (total - offset >= BULK_PIECE) {
		WRITE_ONCE(mine->offset, offset + BULK_PIECE);
		return emit_whole_piece(BULK_PIECE, type, from, offset, total, &mine->image, cpu) ? PIECES_FOLLOW
												     : PIECES_LOST;
	}
	return emit_last_piece(mine, type, from, offset, total, cpu) ? PIECES_DONE : PIECES_LOST;
}

/*
 * The bytes from the scratch's `offset` to the end of a block of the new address space, in pieces. They
 * are resident: execve has just written them. False when not all of them are in the ring.
 */
static __always_inline bool emit_block(__u32 type, __u64 from, __u32 total)
{
	for (int piece = 0; piece < BULK_PIECES; piece++) {
		int end = emit_piece(type, from, total);

		if (end != PIECES_FOLLOW)
			return end == PIECES_DONE;
	}
	return false;
}

/* bprm->buf holds the file's first bytes (fs/exec.c, prepare_binprm). */
static __always_inline __u64 base_address(struct task_struct *task, struct linux_binprm *bprm)
{
	__u8 class = 0;
	__u64 offset = 0;
	__u64 mm = (__u64)BPF_CORE_READ(task, mm);
	__u64 program_headers;

	bpf_probe_read_kernel(&class, sizeof(class), &bprm->buf[4]);		/* EI_CLASS */
	if (class == 1)
		bpf_probe_read_kernel(&offset, sizeof(__u32), &bprm->buf[28]);	/* Elf32_Ehdr.e_phoff */
	else if (class == 2)
		bpf_probe_read_kernel(&offset, sizeof(__u64), &bprm->buf[32]);	/* Elf64_Ehdr.e_phoff */
	else
		return 0;
	program_headers = auxv_value(mm, AT_PHDR, class == 1);
	/* In the first page, as is usual, they are as far behind the first segment as behind the start of the file. */
	if (offset < settings.page_bytes && offset == (program_headers & (settings.page_bytes - 1)))
		return program_headers - offset;
	return image_base(mm, program_headers);
}

static __always_inline void add_flag(struct exec_scratch *mine, __u8 flag)
{
	WRITE_ONCE(mine->record.header.flags, READ_ONCE(mine->record.header.flags) | flag);
}

/* Arguments that the record has room for are in it; the others, and the environment, go ahead of it. */
static __noinline int emit_blocks(struct exec_scratch *mine, struct bulk_scratch *pieces, struct task_struct *task,
				struct cpu_counters *cpu)
{
	struct mm_struct *mm = task->mm;
	__u64 arguments = mm->arg_end - mm->arg_start;
	__u64 environment = mm->env_end - mm->env_start;
	__u64 here;

	if (!mine || !pieces || !cpu)
		return 0;
	here = bounded(arguments, ARGUMENTS_INLINE);
	if (arguments > ARGUMENTS_UNDER_PRESSURE && more_than_half_full())
		here = bounded(arguments, ARGUMENTS_UNDER_PRESSURE);
	WRITE_ONCE(mine->record.arguments_length, here);
	WRITE_ONCE(mine->record.arguments_bytes, arguments);
	WRITE_ONCE(mine->record.environment_bytes, environment);

	fill_header(&pieces->image, 0, 0, task, cpu);
	WRITE_ONCE(pieces->offset, here);
	if (!emit_block(RECORD_ARGUMENTS, mm->arg_start, arguments))
		add_flag(mine, RECORD_ARGUMENTS_BAD);
	if (asks() & ASKS_ENVIRONMENT) {
		WRITE_ONCE(pieces->offset, 0);
		if (!emit_block(RECORD_ENVIRONMENT, mm->env_start, environment))
			add_flag(mine, RECORD_ENVIRONMENT_BAD);
	}
	return 0;
}

static __always_inline void add_path(struct exec_scratch *mine, struct file *file, struct task_struct *task)
{
	struct dentry *dentry = BPF_CORE_READ(file, f_path.dentry);

	if (is_deleted(dentry))
		add_flag(mine, RECORD_DELETED);
	own_path_of_dentry((__u64)BPF_CORE_READ(file, f_path.mnt), (__u64)dentry, mounts_of(task));
	add_path_to(mine, &mine->record, mine->record.file.mount_namespace);
}

static __always_inline void add_arguments(struct exec_scratch *mine, struct mm_struct *mm)
{
	__u64 length = bounded(READ_ONCE(mine->record.arguments_length), ARGUMENTS_INLINE);

	if (bpf_probe_read_user(next_string(mine, ARGUMENTS_INLINE), length, (void *)mm->arg_start)) {
		add_flag(mine, RECORD_ARGUMENTS_BAD);
		length = 0;
		WRITE_ONCE(mine->record.arguments_length, 0);
	}
	string_added(mine, length);
}

HOOK("tp_btf/sched_process_exec")
int BPF_PROG(process_exec, struct task_struct *trusted, pid_t old_pid, struct linux_binprm *trusted_bprm)
{
	struct task_struct *task = plain_task(trusted);
	struct linux_binprm *bprm = plain_pointer(PLAIN_BINPRM, trusted_bprm);
	__u32 zero = 0;
	struct exec_scratch *mine = bpf_map_lookup_elem(&scratch, &zero);
	struct bulk_scratch *pieces = bpf_map_lookup_elem(&bulk, &zero);
	struct cpu_counters *cpu = counters_of_this_cpu();
	const struct cred *cred = task->cred;
	struct mm_struct *mm = task->mm;
	struct image_record *record;

	if (!mine || !pieces || !cpu)
		return 0;
	record = &mine->record;
	if (asks() & ASKS_DETAILS) {
		WRITE_ONCE(record->header.flags, RECORD_DETAILS);
		WRITE_ONCE(mine->used, sizeof(struct process_details));
	} else {
		WRITE_ONCE(record->header.flags, 0);
		WRITE_ONCE(mine->used, 0);
	}

	emit_blocks(mine, pieces, task, cpu);
	add_path(mine, bprm->file, task);
	if (READ_ONCE(record->header.flags) & RECORD_DETAILS)
		add_details(mine, (struct process_details *)mine->strings, task);
	add_arguments(mine, mm);
	if (user_is_foreign(cred))
		add_flag(mine, RECORD_FOREIGN_USER);

	fill_header(&record->header, RECORD_EXEC, READ_ONCE(record->header.flags), task, cpu);
	fill_parent(&record->parent, task);
	record->base_address = base_address(task, bprm);
	record->uid = cred->uid.val;
	record->threads = task->signal->nr_threads;
	record->resident_pages = resident_pages(mm);
	__builtin_memset(record->reserved, 0, sizeof(record->reserved));
	fill_file(&record->file, bprm->file->f_inode);
	record_output(cpu, RECORD_EXEC, record,
		      sizeof(*record) + bounded(READ_ONCE(mine->used), sizeof(mine->strings)));
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
