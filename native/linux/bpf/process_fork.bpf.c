/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* A new process, before it runs. */
#include "details.h"
#include "emit.h"
#include "memory.h"

struct fork_scratch {
	struct path_buffer path;
	__u64 used;
	struct fork_record record;
	struct process_details details;
	char strings[2 * PATH_LIMIT];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct fork_scratch);
} scratch SEC(".maps");

static __always_inline struct path_buffer *own_buffer(void)
{
	__u32 zero = 0;
	struct fork_scratch *mine = bpf_map_lookup_elem(&scratch, &zero);

	return mine ? &mine->path : NULL;
}

static __always_inline void fill_fork(struct fork_record *record, __u8 flags, struct task_struct *creator,
				      struct task_struct *child, struct cpu_counters *cpu)
{
	const struct cred *cred = child->cred;
	struct mm_struct *mm = child->mm;

	if (user_is_foreign(cred))
		flags |= RECORD_FOREIGN_USER;
	if (child->flags & PF_KTHREAD)
		flags |= RECORD_KERNEL_THREAD;
	fill_header(&record->header, RECORD_FORK, flags, child, cpu);
	fill_parent(&record->parent, child);
	record->creator_pid = creator->tgid;
	record->uid = cred->uid.val;
	record->resident_pages = mm ? resident_pages(mm) : 0;
	record->reserved = 0;
}

static __always_inline int emit_extended(struct task_struct *creator, struct task_struct *child,
					 struct cpu_counters *cpu)
{
	__u32 zero = 0;
	struct fork_scratch *mine = bpf_map_lookup_elem(&scratch, &zero);

	if (!mine)
		return 0;
	fill_fork(&mine->record, RECORD_DETAILS, creator, child, cpu);
	WRITE_ONCE(mine->used, 0);
	add_details(mine, &mine->details, child);
	record_output(cpu, RECORD_FORK, &mine->record,
		      sizeof(mine->record) + sizeof(mine->details) +
			      bounded(READ_ONCE(mine->used), sizeof(mine->strings)));
	return 0;
}

HOOK("tp_btf/sched_process_fork")
int BPF_PROG(process_fork, struct task_struct *creator, struct task_struct *child)
{
	struct cpu_counters *cpu;
	struct fork_record *record;

	creator = plain_task(creator);
	child = plain_task(child);
	if (child->pid != child->tgid)
		return 0;
	cpu = counters_of_this_cpu();
	if (!cpu)
		return 0;
	if (asks() & ASKS_DETAILS)
		return emit_extended(creator, child, cpu);

	record = record_reserve(cpu, RECORD_FORK, sizeof(*record));
	if (!record)
		return 0;
	fill_fork(record, 0, creator, child, cpu);
	record_submit(record);
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
