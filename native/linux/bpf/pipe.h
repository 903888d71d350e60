/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* Named pipes: a record of one. */
#ifndef KERNELWIRE_PIPE_H
#define KERNELWIRE_PIPE_H

#include "access.h"
#include "path.h"

/* include/uapi/linux/stat.h, include/uapi/linux/magic.h, include/uapi/asm-generic/fcntl.h */
#define S_IFMT 0170000
#define S_IFIFO 0010000
#define PIPEFS_MAGIC 0x50495045
#define O_NONBLOCK 04000

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct inode___mode {
	unsigned short i_mode;
};

struct file___opened {
	unsigned int f_flags;
	unsigned int f_mode;
};

#pragma clang attribute pop

struct pipe_scratch {
	struct path_buffer path;
	__u64 used;
	struct pipe_record record;
	char strings[2 * PATH_LIMIT];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct pipe_scratch);
} scratch SEC(".maps");

static __always_inline struct path_buffer *own_buffer(void)
{
	__u32 zero = 0;
	struct pipe_scratch *mine = bpf_map_lookup_elem(&scratch, &zero);

	return mine ? &mine->path : NULL;
}

static __always_inline struct pipe_scratch *scratch_of_this_cpu(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&scratch, &zero);
}

static __always_inline bool is_pipe(struct inode *inode)
{
	struct inode___mode *holder = (void *)inode;

	return (BPF_CORE_READ(holder, i_mode) & S_IFMT) == S_IFIFO;
}

/* What pipe(2) makes is a file of pipefs, and has no name. */
static __always_inline bool is_named_pipe(struct inode *inode)
{
	return is_pipe(inode) && BPF_CORE_READ(inode, i_sb, s_magic) != PIPEFS_MAGIC;
}

/* What stands in mine->path is its path, or where the name begins that follows. */
static __always_inline void pipe_output(struct pipe_scratch *mine, __u8 flags, __u16 name_length)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct pipe_record *record = &mine->record;
	struct parent_identity who = {};

	fill_party(&who, task);
	put_actor(&record->header, &who);
	record->header.flags = flags;
	record->name_length = name_length;
	access_output(&record->header, RECORD_PIPE,
		      sizeof(*record) + bounded(READ_ONCE(mine->used), sizeof(mine->strings)));
}

/* Not static: the verifier goes through it once, not once for each caller. It takes numbers only. */
__noinline int pipe_emit(__u64 mount, __u64 entry, __u32 flags)
{
	struct pipe_scratch *mine = scratch_of_this_cpu();
	struct dentry *dentry = (struct dentry *)entry;

	if (!mine)
		return 0;
	WRITE_ONCE(mine->used, 0);
	path_of_dentry((struct vfsmount *)mount, dentry, mounts_of((struct task_struct *)bpf_get_current_task()),
		       &mine->path);
	add_path_to(mine, &mine->record, mine->record.mount_namespace);
	if (is_deleted(dentry))
		flags |= RECORD_DELETED;
	pipe_output(mine, flags, 0);
	return 0;
}

static __always_inline int pipe_opened(struct file *file)
{
	return pipe_emit((__u64)BPF_CORE_READ(file, f_path.mnt), (__u64)BPF_CORE_READ(file, f_path.dentry), 0);
}

#endif
