/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * The two processes of what one of them does to the other one. Whoever is not the current task is
 * found by the number that the caller has for it, in its own pid namespace.
 */
#ifndef KERNELWIRE_PARTY_H
#define KERNELWIRE_PARTY_H

#include "core.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct hlist_node {
	struct hlist_node *next;
};

struct hlist_head {
	struct hlist_node *first;
};

struct pid___tasks {
	struct hlist_head tasks[1];
};

struct task_struct___pid_links {
	struct hlist_node pid_links[1];
};

/* A struct radix_tree_root is a struct xarray (include/linux/radix-tree.h). */
struct xarray {
	void *xa_head;
};

struct idr {
	struct xarray idr_rt;
};

struct pid_namespace___idr {
	struct idr idr;
};

struct xa_node {
	unsigned char shift;
	void *slots[64];
};

#pragma clang attribute pop

/* include/linux/xarray.h; six levels of six bits hold every pid. */
#define XA_CHUNK_SHIFT 6
#define XA_CHUNK_MASK 63
#define XA_LEVELS 6
/* Smaller ones are no nodes (xa_is_node). */
#define XA_NODE_MIN 4096

/* What a task is called in a pid namespace, and in which. */
static __always_inline struct upid upid_at(struct pid *pid, __u32 level)
{
	struct upid upid = {};

	/* MAX_PID_NS_LEVEL is 32 (include/linux/pid_namespace.h). */
	bpf_core_read(&upid, bpf_core_type_size(struct upid),
		      (void *)pid + bpf_core_field_offset(struct pid, numbers) +
			      (level & 63) * bpf_core_type_size(struct upid));
	return upid;
}

/* The leader or another thread: 0 when there is none. */
static __always_inline struct task_struct *task_of_pid(struct pid *pid)
{
	struct pid___tasks *holder = (void *)pid;
	void *node = pid ? BPF_CORE_READ(holder, tasks[0].first) : NULL;

	return node ? node - bpf_core_field_offset(struct task_struct___pid_links, pid_links) : NULL;
}

/* As kernel/pid.c, find_pid_ns, which looks into the same tree. */
static __always_inline struct pid *pid_in_tree(struct pid_namespace *space, __u32 number)
{
	struct pid_namespace___idr *holder = (void *)space;
	__u64 entry = (__u64)BPF_CORE_READ(holder, idr.idr_rt.xa_head);

	for (int i = 0; i < XA_LEVELS; i++) {
		struct xa_node *node = (void *)(entry - 2);
		__u64 shift, slot;

		if ((entry & 3) != 2 || entry < XA_NODE_MIN)
			break;
		shift = BPF_CORE_READ(node, shift) & 63;
		slot = (__u64)number >> shift;
		if (i == 0 && slot > XA_CHUNK_MASK)
			return NULL;
		bpf_probe_read_kernel(&entry, sizeof(entry),
				      (void *)node + bpf_core_field_offset(node->slots) +
					      (slot & XA_CHUNK_MASK) * sizeof(entry));
	}
	return entry & 3 ? NULL : (struct pid *)entry;
}

/* The thread with this number in the pid namespace of the current task; NULL when there is none. */
static __always_inline struct task_struct *task_numbered(__u32 number)
{
	struct task_struct *caller = (struct task_struct *)bpf_get_current_task();
	struct pid *own = BPF_CORE_READ(caller, thread_pid);
	__u32 level = BPF_CORE_READ(own, level);
	struct upid innermost = upid_at(own, level), found;
	struct pid *pid = pid_in_tree(innermost.ns, number);

	if (!pid)
		return NULL;
	/* The tree is read without a lock. */
	found = upid_at(pid, level);
	return found.nr == number && found.ns == innermost.ns ? task_of_pid(pid) : NULL;
}

/* Which image the process of this thread runs. Whatever the verifier thinks of the pointer. */
static __always_inline void fill_party(struct parent_identity *identity, struct task_struct *task)
{
	identity->pid = BPF_CORE_READ(task, tgid);
	identity->exec_id = BPF_CORE_READ(task, self_exec_id);
	identity->start_boot_ns = BPF_CORE_READ(task, group_leader, start_boottime);
}

#endif
