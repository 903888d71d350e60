/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* Which file it is: see struct file_identity. */
#ifndef KERNELWIRE_FILE_H
#define KERNELWIRE_FILE_H

#include "core.h"

#define NS_PER_SECOND 1000000000ULL
/* Since 6.13 a bit above the nanoseconds says that somebody asked (include/linux/fs.h, I_CTIME_QUERIED). */
#define NS_MASK ((1 << 30) - 1)

/* `time`: mtime or ctime. */
#define inode_time_ns(inode, time)                                                     \
	({                                                                             \
		struct inode___open *open_ = (void *)(inode);                          \
		struct inode___hidden *hidden_ = (void *)(inode);                      \
		struct inode___split *split_ = (void *)(inode);                        \
		__u64 ns_;                                                             \
		if (bpf_core_field_exists(split_->i_##time##_sec))                     \
			ns_ = BPF_CORE_READ(split_, i_##time##_sec) * NS_PER_SECOND +  \
			      (BPF_CORE_READ(split_, i_##time##_nsec) & NS_MASK);      \
		else if (bpf_core_field_exists(hidden_->__i_##time))                   \
			ns_ = BPF_CORE_READ(hidden_, __i_##time.tv_sec) * NS_PER_SECOND + \
			      BPF_CORE_READ(hidden_, __i_##time.tv_nsec);              \
		else                                                                   \
			ns_ = BPF_CORE_READ(open_, i_##time.tv_sec) * NS_PER_SECOND +  \
			      BPF_CORE_READ(open_, i_##time.tv_nsec);                  \
		ns_;                                                                   \
	})

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

/*
 * What an overlay has mapped is a file of one of its layers, made for that (fs/file_table.c). Since 6.7
 * the path by which it was opened stands here, and f_path is that in the layer. Before, f_path is the
 * path by which it was opened, and only f_inode is the layer's (fs/open.c, open_with_fake_path).
 */
struct backing_file {
	struct file file;
	struct path user_path;
};

struct dentry___super {
	struct inode *d_inode;
	struct super_block *d_sb;
};

struct vfsmount___super {
	struct super_block *mnt_sb;
};

#pragma clang attribute pop

/* A file as its process knows it. Some come out of a table of descriptors: the verifier need not know any of the pointers. */
struct known_file {
	struct vfsmount *mount;
	struct dentry *dentry;
	struct inode *inode;
};

/*
 * The bit of f_mode that says so is another one in each kernel. Behind any other file nothing stands
 * that is a mount and an entry of the same file system.
 */
static __always_inline bool know_backing(struct known_file *known, struct file *file)
{
	struct backing_file *backing;
	struct vfsmount___super *mount;
	struct dentry___super *entry;
	struct super_block *super;

	if (!bpf_core_field_exists(struct backing_file, user_path))
		return false;
	backing = (void *)file - bpf_core_field_offset(struct backing_file, file);
	mount = (void *)BPF_CORE_READ(backing, user_path.mnt);
	entry = (void *)BPF_CORE_READ(backing, user_path.dentry);
	super = BPF_CORE_READ(mount, mnt_sb);
	if (!super || super != BPF_CORE_READ(entry, d_sb) || !BPF_CORE_READ(entry, d_inode))
		return false;
	known->mount = (void *)mount;
	known->dentry = (void *)entry;
	return true;
}

static __always_inline void know_file(struct known_file *known, struct file *file)
{
	struct dentry___super *entry;

	if (!know_backing(known, file)) {
		known->mount = BPF_CORE_READ(file, f_path.mnt);
		known->dentry = BPF_CORE_READ(file, f_path.dentry);
	}
	entry = (void *)known->dentry;
	known->inode = BPF_CORE_READ(entry, d_inode);
}

/* All but the mount namespace, which its path tells. */
static __always_inline void fill_file(struct file_identity *identity, struct inode *inode)
{
	identity->inode = BPF_CORE_READ(inode, i_ino);
	identity->size = BPF_CORE_READ(inode, i_size);
	identity->mtime_ns = inode_time_ns(inode, mtime);
	identity->ctime_ns = inode_time_ns(inode, ctime);
	identity->generation = BPF_CORE_READ(inode, i_generation);
	identity->device = BPF_CORE_READ(inode, i_sb, s_dev);
	identity->magic = BPF_CORE_READ(inode, i_sb, s_magic);
}

#endif
