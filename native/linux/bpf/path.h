/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* Absolute paths, written from the last name backwards: of a file, in its mount namespace. */
#ifndef KERNELWIRE_PATH_H
#define KERNELWIRE_PATH_H

#include "core.h"

#define NAME_LIMIT 255		/* NAME_MAX */
#define PATH_DEPTH 256		/* names and mount points of one path */

/*
 * The position lives in memory, not in a register: the verifier then forgets its value
 * in every turn, and the states of a long loop converge (one in a register takes more
 * than a million instructions to verify).
 */
struct path_buffer {
	char bytes[PATH_LIMIT + NAME_LIMIT + 1];
	__u64 start;	/* offset of the first byte; the path ends at PATH_LIMIT */
	__u64 total;	/* bytes of the whole path, more than are here when it is cut */
};

static __always_inline void path_clear(struct path_buffer *buffer)
{
	WRITE_ONCE(buffer->start, PATH_LIMIT);
	WRITE_ONCE(buffer->total, 0);
}

/* Puts "/name" in front; a name that has no room left is only counted. */
static __always_inline void path_prepend(struct path_buffer *buffer, const unsigned char *name, __u32 length)
{
	__u64 start = READ_ONCE(buffer->start);
	__u64 total = READ_ONCE(buffer->total);

	length &= NAME_LIMIT;
	WRITE_ONCE(buffer->total, total + length + 1);
	if (total > PATH_LIMIT - start || start < length + 1)
		return;
	start = (start - length) & (PATH_LIMIT - 1);
	/* Linux 6.12 forgets what it knew of a length when a number that was made of it is compared. */
	bpf_probe_read_kernel(buffer->bytes + start, bounded(length, NAME_LIMIT), name);
	start = (start - 1) & (PATH_LIMIT - 1);
	buffer->bytes[start] = '/';
	WRITE_ONCE(buffer->start, start);
}

/* The same walk as d_path's (fs/d_path.c, prepend_path) up to the root of the mount namespace, not of a chroot. */
static __noinline int path_of_dentry(struct vfsmount *mount_point, struct dentry *dentry, struct path_buffer *buffer)
{
	if (!buffer)
		return 0;
	path_clear(buffer);
	for (int depth = 0; depth < PATH_DEPTH; depth++) {
		struct dentry *root = BPF_CORE_READ(mount_point, mnt_root);
		struct dentry *parent = BPF_CORE_READ(dentry, d_parent);

		if (dentry == root) {
			struct mount *mount = (void *)mount_point - bpf_core_field_offset(struct mount, mnt);
			struct mount *above = BPF_CORE_READ(mount, mnt_parent);

			if (mount == above)
				return 0;
			dentry = BPF_CORE_READ(mount, mnt_mountpoint);
			mount_point = (void *)above + bpf_core_field_offset(struct mount, mnt);
			continue;
		}
		path_prepend(buffer, BPF_CORE_READ(dentry, d_name.name), BPF_CORE_READ(dentry, d_name.len));
		/* A file of no directory, such as a memfd, is its own parent. */
		if (dentry == parent)
			return 0;
		dentry = parent;
	}
	/* Deeper than we walk: what is here is the end of the path. */
	WRITE_ONCE(buffer->total, READ_ONCE(buffer->total) + 1);
	return 0;
}

static __always_inline bool is_deleted(struct dentry *dentry)
{
	return BPF_CORE_READ(dentry, d_hash.pprev) == NULL;
}

/* Copies at most `limit` bytes, the end of the path; the root itself is "/". Returns how many. */
#define path_copy(buffer, to, limit)                                                     \
	({                                                                               \
		__u64 start_ = READ_ONCE((buffer)->start) & (2 * PATH_LIMIT - 1);        \
		__u64 length_;                                                           \
		if (start_ >= PATH_LIMIT) {                                              \
			start_ = PATH_LIMIT - 1;                                         \
			(buffer)->bytes[PATH_LIMIT - 1] = '/';                           \
			WRITE_ONCE((buffer)->total, 1);                                  \
		}                                                                        \
		length_ = PATH_LIMIT - start_;                                           \
		if (length_ > (limit)) {                                                 \
			length_ = (limit);                                               \
			start_ = PATH_LIMIT - length_;                                   \
		}                                                                        \
		length_ = bounded(length_, (limit));                                     \
		bpf_probe_read_kernel((to), length_, (buffer)->bytes + (start_ & (PATH_LIMIT - 1))); \
		length_;                                                                 \
	})

/* Where the next string of a scratch with `used` and `strings` goes: behind those before it. */
#define next_string(scratch, limit) \
	((scratch)->strings + bounded(READ_ONCE((scratch)->used), sizeof((scratch)->strings) - (limit)))

#define string_added(scratch, length) WRITE_ONCE((scratch)->used, READ_ONCE((scratch)->used) + (length))

/* The path in scratch->path becomes the next string; returns its length. */
#define path_append(scratch, limit)                                                              \
	({                                                                                       \
		__u64 appended_ = path_copy(&(scratch)->path, next_string(scratch, limit), limit); \
		string_added(scratch, appended_);                                                \
		appended_;                                                                       \
	})

#endif
