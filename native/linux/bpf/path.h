/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* Absolute paths, written from the last name backwards: of a file, in the mount namespace where it holds. */
#ifndef KERNELWIRE_PATH_H
#define KERNELWIRE_PATH_H

#include "core.h"
#include "repeat.h"

/* No call takes a longer name, and FUSE allows one of that many bytes (include/linux/limits.h; fs/fuse/fuse_i.h). */
#define NAME_LIMIT (PATH_LIMIT - 1)

/* Names and mount points of one path. PATH_LIMIT bytes hold 2,048 names of one letter. */
#ifdef KERNELWIRE_OLD
#define PATH_DEPTH 256
#else
#define PATH_DEPTH 4096
#endif

/* Of a namespace that only holds a tree that no process lives in: 0, and since 6.18 MNT_NS_ANON_INO (include/uapi/linux/nsfs.h). */
#define ANONYMOUS_NAMESPACE 0xEFFFFFF7U

/*
 * All of it lives in memory, not in registers: the verifier then forgets the values in every turn,
 * and the states of a long loop converge (a position in a register takes more than a million
 * instructions to verify).
 */
struct path_buffer {
	char bytes[2 * PATH_LIMIT]; /* the path ends at PATH_LIMIT; behind it there is room for one name */
	__u64 start;		/* offset of the first byte */
	__u64 total;		/* bytes of the whole path, more than are here when it is cut */
	struct vfsmount *mount;	/* where the walk is */
	struct dentry *dentry;
	__u64 own;		/* struct mnt_namespace of the process that the path is for */
	__u32 place;		/* enum path_place: where it ended */
	__u32 mount_namespace;	/* in which the path holds; 0: none */
};

/* Of the program's own scratch. */
static __always_inline struct path_buffer *own_buffer(void);

static __always_inline void path_clear(struct path_buffer *buffer)
{
	WRITE_ONCE(buffer->start, PATH_LIMIT);
	WRITE_ONCE(buffer->total, 0);
	WRITE_ONCE(buffer->place, PATH_UNENDED);
	WRITE_ONCE(buffer->mount_namespace, 0);
}

/* Puts "/name" in front; a name that has no room left is only counted, and so are all before it. */
static __always_inline void path_prepend(struct path_buffer *buffer, const unsigned char *name, __u32 length)
{
	__u64 start = READ_ONCE(buffer->start);
	__u64 total = READ_ONCE(buffer->total);

	WRITE_ONCE(buffer->total, total + length + 1);
	if (total > PATH_LIMIT - start || start < (__u64)length + 1)
		return;
	start = (start - length) & (PATH_LIMIT - 1);
	/* Linux 6.12 forgets what it knew of a length when a number that was made of it is compared. */
	bpf_probe_read_kernel(buffer->bytes + start, bounded(length, NAME_LIMIT), name);
	start = (start - 1) & (PATH_LIMIT - 1);
	buffer->bytes[start] = '/';
	WRITE_ONCE(buffer->start, start);
}

/* The walk has come to the root of a tree of mounts: whose is it? */
static __always_inline void path_ended(struct path_buffer *buffer, struct mount *mount)
{
	/* NULL in a mount that was taken out, an error in one that only the kernel uses. */
	struct mnt_namespace *namespace = BPF_CORE_READ(mount, mnt_ns);
	__u32 number = 0;

	bpf_core_read(&number, sizeof(number), &namespace->ns.inum);
	if (number == ANONYMOUS_NAMESPACE)
		number = 0;
	WRITE_ONCE(buffer->mount_namespace, number);
	if (!number)
		WRITE_ONCE(buffer->place, PATH_DETACHED);
	else
		WRITE_ONCE(buffer->place, (__u64)namespace == READ_ONCE(buffer->own) ? PATH_OWN : PATH_ELSEWHERE);
}

/* One name or one mount up, as d_path goes (fs/d_path.c, prepend_path), but to the root of the namespace, not of a chroot. */
static long path_step(__u64 index, struct path_buffer **context)
{
	struct path_buffer *buffer = *context;
	struct vfsmount *mount_point = READ_ONCE(buffer->mount);
	struct dentry *dentry = READ_ONCE(buffer->dentry);
	struct dentry *parent;
	struct qstr name = {};

	if (dentry == BPF_CORE_READ(mount_point, mnt_root)) {
		struct mount *mount = (void *)mount_point - bpf_core_field_offset(struct mount, mnt);
		struct mount *above = BPF_CORE_READ(mount, mnt_parent);

		if (mount == above) {
			path_ended(buffer, mount);
			return 1;
		}
		WRITE_ONCE(buffer->dentry, BPF_CORE_READ(mount, mnt_mountpoint));
		WRITE_ONCE(buffer->mount, (void *)above + bpf_core_field_offset(struct mount, mnt));
		return 0;
	}
	parent = BPF_CORE_READ(dentry, d_parent);
	/* A directory that was moved out of the part that is mounted. */
	if (dentry == parent && READ_ONCE(buffer->total)) {
		WRITE_ONCE(buffer->place, PATH_DETACHED);
		return 1;
	}
	name.name = BPF_CORE_READ(dentry, d_name.name);
	name.len = BPF_CORE_READ(dentry, d_name.len);
	path_prepend(buffer, name.name, name.len);
	/* A file of no directory is its own parent. */
	if (dentry == parent) {
		WRITE_ONCE(buffer->place, PATH_NO_DIRECTORY);
		return 1;
	}
	WRITE_ONCE(buffer->dentry, parent);
	return 0;
}

REPEATED(path_step, struct path_buffer, own_buffer)

/* `buffer`: the program's own. Nowhere yet where there are more than PATH_DEPTH names: then `total` is less than the true length. */
static __noinline int path_of_dentry(struct vfsmount *mount_point, struct dentry *dentry, __u64 own,
				     struct path_buffer *buffer)
{
	if (!buffer)
		return 0;
	path_clear(buffer);
	WRITE_ONCE(buffer->mount, mount_point);
	WRITE_ONCE(buffer->dentry, dentry);
	WRITE_ONCE(buffer->own, own);
	repeat(PATH_DEPTH, path_step, &buffer);
	return 0;
}

/* As a number, which is all that is compared; of any task, also one that the verifier does not know. */
static __always_inline __u64 mounts_of(struct task_struct *task)
{
	return (__u64)BPF_CORE_READ(task, nsproxy, mnt_ns);
}

static __always_inline bool is_deleted(struct dentry *dentry)
{
	return BPF_CORE_READ(dentry, d_hash.pprev) == NULL;
}

/* Copies what there is of it; the root itself is "/". Returns how many bytes. */
#define path_copy(buffer, to)                                                            \
	({                                                                               \
		__u64 start_ = READ_ONCE((buffer)->start) & (2 * PATH_LIMIT - 1);        \
		__u64 length_;                                                           \
		if (start_ >= PATH_LIMIT && !READ_ONCE((buffer)->total)) {               \
			start_ = PATH_LIMIT - 1;                                         \
			(buffer)->bytes[PATH_LIMIT - 1] = '/';                           \
			WRITE_ONCE((buffer)->total, 1);                                  \
		}                                                                        \
		length_ = PATH_LIMIT - start_;                                           \
		length_ = bounded(length_, PATH_LIMIT);                                  \
		bpf_probe_read_kernel((to), length_, (buffer)->bytes + (start_ & (2 * PATH_LIMIT - 1) & ~PATH_LIMIT)); \
		length_;                                                                 \
	})

/* Where the next string of a scratch with `used` and `strings` goes: behind those before it. */
#define next_string(scratch, limit) \
	((scratch)->strings + bounded(READ_ONCE((scratch)->used), sizeof((scratch)->strings) - (limit)))

#define string_added(scratch, length) WRITE_ONCE((scratch)->used, READ_ONCE((scratch)->used) + (length))

/* The path in scratch->path becomes the next string; returns its length. */
#define path_append(scratch)                                                                 \
	({                                                                                   \
		__u64 appended_ = path_copy(&(scratch)->path, next_string(scratch, PATH_LIMIT)); \
		string_added(scratch, appended_);                                            \
		appended_;                                                                   \
	})

/* The same into a record that has path_bytes, path_length and path_place, with where it holds in `holds_in`. */
#define add_path_to(scratch, record, holds_in)                                   \
	do {                                                                     \
		WRITE_ONCE((record)->path_length, path_append(scratch));         \
		WRITE_ONCE((record)->path_bytes, READ_ONCE((scratch)->path.total)); \
		WRITE_ONCE((record)->path_place, READ_ONCE((scratch)->path.place)); \
		WRITE_ONCE(holds_in, READ_ONCE((scratch)->path.mount_namespace)); \
	} while (0)

#endif
