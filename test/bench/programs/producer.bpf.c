/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * One record of a given size for each getppid() of one process: into a ring of the sensor's form, by
 * the sensor's own macros for counting, reserving and waking up.
 */
#include "emit.h"

struct producer {
	__u32 pid;		/* whose calls */
	__u32 record_bytes;
	__u32 syscall;
	__u32 reserved;
};

const volatile struct producer producer SEC(".rodata.producer") = {};

/* Only the header is filled, as all that a consumer of this suite looks at. */
#define emit(size)                                                                      \
	do {                                                                            \
		struct record_header *record_ = record_reserve(cpu, RECORD_EXIT, size); \
		if (!record_)                                                           \
			return 0;                                                       \
		fill_header(record_, RECORD_EXIT, 0, task, cpu);                        \
		record_submit(record_);                                                 \
	} while (0)

SEC("tp_btf/sys_enter")
int producer_run(__u64 *arguments)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct cpu_counters *cpu;

	if (task->tgid != producer.pid || arguments[1] != producer.syscall)
		return 0;
	cpu = counters_of_this_cpu();
	if (!cpu)
		return 0;
	if (producer.record_bytes == 64)
		emit(64);
	else if (producer.record_bytes == 256)
		emit(256);
	else if (producer.record_bytes == 1024)
		emit(1024);
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
