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

/*
 * `task`: in whose mount namespace the path is given. Whatever the verifier thinks of the pointer to
 * the file: some come out of a table of descriptors.
 */
static __always_inline void fill_file(struct file_identity *identity, struct file *file, struct task_struct *task)
{
	struct inode *inode = BPF_CORE_READ(file, f_inode);
	struct nsproxy *nsproxy = task->nsproxy;

	identity->inode = BPF_CORE_READ(inode, i_ino);
	identity->size = BPF_CORE_READ(inode, i_size);
	identity->mtime_ns = inode_time_ns(inode, mtime);
	identity->ctime_ns = inode_time_ns(inode, ctime);
	identity->generation = BPF_CORE_READ(inode, i_generation);
	identity->device = BPF_CORE_READ(inode, i_sb, s_dev);
	identity->magic = BPF_CORE_READ(inode, i_sb, s_magic);
	identity->mount_namespace = nsproxy ? BPF_CORE_READ(nsproxy, mnt_ns, ns.inum) : 0;
}

#endif
