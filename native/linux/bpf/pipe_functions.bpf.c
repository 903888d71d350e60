/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* Named pipes that are created and opened, in whatever way: on the kernel's own functions for it. */
#include "begun.h"
#include "pipe.h"

static __always_inline bool waits(struct file *file)
{
	struct file___opened *opened = (void *)file;

	return !(BPF_CORE_READ(opened, f_flags) & O_NONBLOCK);
}

/* One that may wait for the other end is told before it does (fs/pipe.c). */
HOOK("fentry/fifo_open")
int fifo_open(__u64 *arguments)
{
	struct file *file = (void *)arguments[1];

	if (waits(file) && is_named_pipe((struct inode *)arguments[0]))
		pipe_opened(file);
	return 0;
}

HOOK("fexit/fifo_open")
int fifo_opened(__u64 *arguments)
{
	struct file *file = (void *)arguments[1];

	if ((int)arguments[2] == 0 && !waits(file) && is_named_pipe((struct inode *)arguments[0]))
		pipe_opened(file);
	return 0;
}

/*
 * Here the mount is known, and below whether it came about: the arguments there differ between kernels. What is not
 * refused here is made there (fs/namei.c, do_mknodat), so that nothing is left behind.
 */
HOOK("fexit/security_path_mknod")
int fifo_make(__u64 *arguments)
{
	struct path *folder = (void *)arguments[0];
	struct begun *begun;

	if ((arguments[2] & S_IFMT) != S_IFIFO || (int)arguments[4])
		return 0;
	begun = begun_here(true);
	if (!begun) {
		count_forgotten(RECORD_PIPE);
		return 0;
	}
	begun->mount = (__u64)BPF_CORE_READ(folder, mnt);
	begun->dentry = arguments[1];
	begun->pending |= PENDING_MAKING;
	return 0;
}

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct dentry___inode {
	struct inode *d_inode;
};

#pragma clang attribute pop

/*
 * A file system on top of others (overlayfs, fs/overlayfs/dir.c) calls it again for the one below, while it
 * creates: with another dentry. The dentry is the second argument or, since 5.12, the third.
 */
HOOK("fexit/vfs_mknod")
int fifo_made(__u64 *arguments)
{
	struct begun *begun = begun_here(false);
	struct dentry___inode *entry;
	struct inode *inode;
	__u64 mount;

	if (!begun || !(begun->pending & PENDING_MAKING))
		return 0;
	if (arguments[1] != begun->dentry && arguments[2] != begun->dentry)
		return 0;
	mount = begun->mount;
	entry = (void *)begun->dentry;
	begun_ended(begun, PENDING_MAKING);
	inode = BPF_CORE_READ(entry, d_inode);
	if (inode && is_pipe(inode))
		pipe_emit(mount, (__u64)entry, RECORD_NEW);
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
