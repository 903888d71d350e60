/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* What only `extended` asks for: credentials, namespaces, session, current directory, cgroup. */
#ifndef KERNELWIRE_DETAILS_H
#define KERNELWIRE_DETAILS_H

#include "core.h"
#include "path.h"

/*
 * A path into that buffer. Not static: the verifier goes through it once, not once for each caller. It
 * wants numbers then, not pointers.
 */
__noinline int own_path_of_dentry(__u64 mount_point, __u64 dentry, __u64 own)
{
	return path_of_dentry((struct vfsmount *)mount_point, (struct dentry *)dentry, own, own_buffer());
}

/* Names of one cgroup's path. */
#ifdef KERNELWIRE_OLD
#define CGROUP_DEPTH 64
#else
#define CGROUP_DEPTH 4096
#endif

static __always_inline void fill_namespaces(struct process_details *details, struct task_struct *task)
{
	struct nsproxy *nsproxy = task->nsproxy;
	struct pid *pid = task->thread_pid;
	struct upid innermost = {};

	/* A task that is ending has none any more. */
	if (nsproxy) {
		details->mount_namespace = BPF_CORE_READ(nsproxy, mnt_ns, ns.inum);
		details->net_namespace = BPF_CORE_READ(nsproxy, net_ns, ns.inum);
		details->uts_namespace = BPF_CORE_READ(nsproxy, uts_ns, ns.inum);
		details->ipc_namespace = BPF_CORE_READ(nsproxy, ipc_ns, ns.inum);
		details->cgroup_namespace = BPF_CORE_READ(nsproxy, cgroup_ns, ns.inum);
	} else {
		details->mount_namespace = details->net_namespace = details->uts_namespace = 0;
		details->ipc_namespace = details->cgroup_namespace = 0;
	}
	details->namespace_pid = details->pid_namespace = 0;
	if (pid) {
		__u32 level = BPF_CORE_READ(pid, level);

		/* MAX_PID_NS_LEVEL is 32 (include/linux/pid_namespace.h). */
		bpf_core_read(&innermost, bpf_core_type_size(struct upid),
			      (void *)pid + bpf_core_field_offset(struct pid, numbers) +
				      (level & 63) * bpf_core_type_size(struct upid));
		details->pid_namespace = BPF_CORE_READ(innermost.ns, ns.inum);
		details->namespace_pid = level ? innermost.nr : 0;
	}
}

static __always_inline void fill_details(struct process_details *details, struct task_struct *task)
{
	const struct cred *cred = task->cred;
	struct tty_struct *tty = task->signal->tty;

	details->gid = cred->gid.val;
	details->effective_uid = cred->euid.val;
	details->login_uid = details->audit_session = ~0U;
	if (bpf_core_field_exists(task->loginuid)) {
		details->login_uid = task->loginuid.val;
		details->audit_session = task->sessionid;
	}
	details->effective_capabilities = 0;
	bpf_probe_read_kernel(&details->effective_capabilities, sizeof(details->effective_capabilities),
			      &cred->cap_effective);
	details->user_namespace = cred->user_ns->ns.inum;
	fill_namespaces(details, task);
	__builtin_memset(details->tty, 0, sizeof(details->tty));
	if (tty)
		bpf_probe_read_kernel_str(details->tty, sizeof(details->tty), tty->name);
	details->directory_length = details->cgroup_length = 0;
	details->directory_bytes = details->cgroup_bytes = 0;
	details->directory_namespace = 0;
	details->directory_place = details->cgroup_place = PATH_UNKNOWN;
	__builtin_memset(details->reserved, 0, sizeof(details->reserved));
}

static __always_inline struct kernfs_node *kernfs_parent(struct kernfs_node *node)
{
	struct kernfs_node___rcu *rcu = (void *)node;
	struct kernfs_node___parent *plain = (void *)node;

	if (bpf_core_field_exists(rcu->__parent))
		return BPF_CORE_READ(rcu, __parent);
	return BPF_CORE_READ(plain, parent);
}

/* One name up. No limit but that of a path holds for a name: kernfs asks nobody (fs/kernfs/dir.c). */
static long kernfs_step(__u64 index, struct path_buffer **context)
{
	struct path_buffer *buffer = *context;
	struct kernfs_node *node = (void *)READ_ONCE(buffer->dentry);
	struct kernfs_node *parent = kernfs_parent(node);
	const char *name = BPF_CORE_READ(node, name);
	long length;

	if (!parent) {
		WRITE_ONCE(buffer->place, PATH_OWN);
		return 1;
	}
	/* Only for its length, into the room behind the end of the path. */
	length = bpf_probe_read_kernel_str(buffer->bytes + PATH_LIMIT, PATH_LIMIT, name);
	if (length <= 1)
		return 1;
	path_prepend(buffer, (const unsigned char *)name, length - 1);
	WRITE_ONCE(buffer->dentry, (struct dentry *)parent);
	return 0;
}

REPEATED(kernfs_step, struct path_buffer, own_buffer)

static __noinline int path_of_kernfs(struct kernfs_node *node, struct path_buffer *buffer)
{
	if (!buffer)
		return 0;
	path_clear(buffer);
	WRITE_ONCE(buffer->dentry, (struct dentry *)node);
	repeat(CGROUP_DEPTH, kernfs_step, &buffer);
	return 0;
}

/* The unified hierarchy, or the pids controller's where the machine still keeps its containers in v1. */
static __always_inline void path_of_cgroup(struct task_struct *task, struct path_buffer *buffer)
{
	struct css_set *set = task->cgroups;
	struct kernfs_node *node = BPF_CORE_READ(set, dfl_cgrp, kn);
	struct cgroup_subsys_state *pids = NULL;

	if (!kernfs_parent(node) && bpf_core_enum_value_exists(enum cgroup_subsys_id, pids_cgrp_id)) {
		bpf_core_read(&pids, sizeof(pids),
			      (void *)set + bpf_core_field_offset(struct css_set, subsys) +
				      bpf_core_enum_value(enum cgroup_subsys_id, pids_cgrp_id) * sizeof(pids));
		if (pids)
			node = BPF_CORE_READ(pids, cgroup, kn);
	}
	path_of_kernfs(node, buffer);
}

static __always_inline void path_of_directory(struct fs_struct *fs, __u64 own)
{
	own_path_of_dentry((__u64)BPF_CORE_READ(fs, pwd.mnt), (__u64)BPF_CORE_READ(fs, pwd.dentry), own);
}

/* Details and their two strings into a scratch with `path`, `used` and `strings`. */
#define add_details(scratch, details, task)                                                     \
	do {                                                                                    \
		struct fs_struct *fs_ = (task)->fs;                                             \
		fill_details(details, task);                                                    \
		if (fs_) {                                                                      \
			path_of_directory(fs_, mounts_of(task));                                \
			WRITE_ONCE((details)->directory_length, path_append(scratch));          \
			WRITE_ONCE((details)->directory_bytes, READ_ONCE((scratch)->path.total)); \
			WRITE_ONCE((details)->directory_place, READ_ONCE((scratch)->path.place)); \
			WRITE_ONCE((details)->directory_namespace,                              \
				   READ_ONCE((scratch)->path.mount_namespace));                 \
		}                                                                               \
		path_of_cgroup(task, &(scratch)->path);                                         \
		WRITE_ONCE((details)->cgroup_length, path_append(scratch));                     \
		WRITE_ONCE((details)->cgroup_bytes, READ_ONCE((scratch)->path.total));          \
		WRITE_ONCE((details)->cgroup_place, READ_ONCE((scratch)->path.place));          \
	} while (0)

#endif
