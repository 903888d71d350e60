/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* What is remembered of the files that a process has mapped goes with it. See module.h. */
#include "spans.h"

HOOK("tp_btf/sched_process_exit")
int BPF_PROG(span_exit, struct task_struct *task)
{
	__u32 process = task->tgid;
	struct module_spans *known;

	/* Whichever is the last of several threads that leave at once: none of them maps anything any more. */
	if (task->signal->live.counter != 0)
		return 0;
	known = bpf_map_lookup_elem(&spans, &process);
	if (known)
		forget(spans, &process, known);
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
