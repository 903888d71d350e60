/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* At whose expense a task's demands are: those of one user do not keep others from theirs. */
#ifndef KERNELWIRE_PAYER_H
#define KERNELWIRE_PAYER_H

#include "party.h"

/* Of user and pid namespaces one in the other: include/linux/user_namespace.h, pid_namespace.h */
#define NAMESPACES_MAX 33

/* In a user namespace one user can be tens of thousands: whoever made the outermost one counts. */
static __always_inline __u32 paying_user(const struct cred *cred)
{
	struct user_namespace *space = BPF_CORE_READ(cred, user_ns);
	__u32 uid = BPF_CORE_READ(cred, uid.val);

	for (int i = 0; i < NAMESPACES_MAX; i++) {
		struct user_namespace *parent = BPF_CORE_READ(space, parent);

		if (!parent)
			break;
		uid = BPF_CORE_READ(space, owner.val);
		space = parent;
	}
	return uid;
}

/* Containers of one user count on their own. A pid namespace that needed no privilege does not: anybody can make many. */
static __always_inline __u32 paying_namespace(struct task_struct *task)
{
	struct pid *pid = BPF_CORE_READ(task, thread_pid);
	struct upid innermost = upid_at(pid, BPF_CORE_READ(pid, level));
	struct pid_namespace *space = innermost.ns;

	for (int i = 0; i < NAMESPACES_MAX; i++) {
		struct pid_namespace *parent = BPF_CORE_READ(space, parent);

		if (!parent || BPF_CORE_READ(space, user_ns, level) == 0)
			break;
		space = parent;
	}
	return BPF_CORE_READ(space, ns.inum);
}

static __always_inline __u64 payer_of(struct task_struct *task)
{
	return paying_user(BPF_CORE_READ(task, real_cred)) | (__u64)paying_namespace(task) << 32;
}

#endif
