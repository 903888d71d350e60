/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* /proc/PID/mem: the memory of a process as a file. */
#ifndef KERNELWIRE_MEMORY_FILE_H
#define KERNELWIRE_MEMORY_FILE_H

#include "descriptor.h"
#include "party.h"

/* include/uapi/linux/magic.h */
#define PROC_SUPER_MAGIC 0x9fa0

/* include/uapi/asm-generic/fcntl.h */
#define O_WRONLY 1
#define O_ACCMODE 3

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct proc_inode {
	struct pid *pid;
	struct inode vfs_inode;
};

struct file___mode {
	unsigned int f_mode;
};

#pragma clang attribute pop

/* "mem" and the NUL behind it. */
#define MEMORY_FILE_NAME 0x006d656d

static __always_inline bool is_memory_file(struct dentry *dentry)
{
	__u32 name = 0;

	if (BPF_CORE_READ(dentry, d_name.len) != 3)
		return false;
	bpf_probe_read_kernel(&name, sizeof(name), BPF_CORE_READ(dentry, d_name.name));
	return name == MEMORY_FILE_NAME;
}

/* Whose it is: a thread of the process, or NULL. */
static __always_inline struct task_struct *owner_of(struct inode *inode)
{
	struct proc_inode *holder = (void *)inode - bpf_core_field_offset(struct proc_inode, vfs_inode);

	return task_of_pid(BPF_CORE_READ(holder, pid));
}

/* The one that a descriptor stands for; NULL where it is another file. */
static __always_inline struct file *memory_file_of(__u32 fd)
{
	struct file *file = (struct file *)file_of_descriptor((struct task_struct *)bpf_get_current_task(), fd);

	if (BPF_CORE_READ(file, f_inode, i_sb, s_magic) != PROC_SUPER_MAGIC ||
	    !is_memory_file(BPF_CORE_READ(file, f_path.dentry)))
		return NULL;
	return file;
}

/* What flags of open(2) ask for. */
static __always_inline __u8 modes_in(__u64 flags)
{
	return ((flags & O_ACCMODE) + 1) & (ACCESS_MODE_READ | ACCESS_MODE_WRITE);
}

static __always_inline __u8 modes_of(struct file *file)
{
	struct file___mode *opened = (void *)file;

	return BPF_CORE_READ(opened, f_mode) & (ACCESS_MODE_READ | ACCESS_MODE_WRITE);
}

#endif
