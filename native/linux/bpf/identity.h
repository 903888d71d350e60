/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* Which image a record is about, and the constants of the run. */
#ifndef KERNELWIRE_IDENTITY_H
#define KERNELWIRE_IDENTITY_H

#include "core.h"

const volatile struct settings settings SEC(".rodata.settings") = {};

static __always_inline void fill_identity(struct record_header *header, __u8 type, __u8 flags,
					  struct task_struct *task)
{
	header->type = type;
	header->flags = flags;
	header->boot_ns = bpf_ktime_get_boot_ns();
	header->pid = task->tgid;
	header->exec_id = task->self_exec_id;
	header->start_boot_ns = task->group_leader->start_boottime;
}

static __always_inline void fill_parent(struct parent_identity *identity, struct task_struct *task)
{
	struct task_struct *parent = task->real_parent;

	identity->pid = parent->tgid;
	identity->exec_id = parent->self_exec_id;
	identity->start_boot_ns = parent->group_leader->start_boottime;
}

static __always_inline bool user_is_foreign(const struct cred *cred)
{
	return cred->user_ns->level != 0;
}

#endif
