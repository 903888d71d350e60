/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* A module of the kernel was loaded. Where it lies is not told: that would help against KASLR. */
#include "emit.h"

#define MODULE_NAME_LIMIT 64

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

/* Before 6.4. */
struct module_layout {
	unsigned int size;
};

struct module___layout {
	struct module_layout core_layout;
};

struct module_memory {
	unsigned int size;
};

/* Its first parts stay: text, data, read-only data, and what is read-only after the start. */
struct module___memory {
	struct module_memory mem[4];
};

struct module {
	char name[MODULE_NAME_LIMIT];
};

#pragma clang attribute pop

static __always_inline __u64 size_of(struct module *module)
{
	struct module___layout *layout = (void *)module;
	struct module___memory *memory = (void *)module;
	__u64 sum = 0;

	if (bpf_core_field_exists(layout->core_layout))
		return BPF_CORE_READ(layout, core_layout.size);
	for (int i = 0; i < 4; i++) {
		unsigned int size = 0;

		bpf_probe_read_kernel(&size, sizeof(size),
				      (void *)module + bpf_core_field_offset(memory->mem) +
					      i * bpf_core_type_size(struct module_memory) +
					      bpf_core_field_offset(struct module_memory, size));
		sum += size;
	}
	return sum;
}

/* The name stands where other modules have their path. */
struct named_record {
	struct module_record record;
	char name[MODULE_NAME_LIMIT];
};

HOOK("tp_btf/module_load")
int BPF_PROG(kernel_module, struct module *module)
{
	struct cpu_counters *cpu = counters_of_this_cpu();
	struct named_record mine = {};
	struct module_record *record = &mine.record;
	__u64 length;

	if (!cpu)
		return 0;
	length = bpf_probe_read_kernel_str(mine.name, sizeof(mine.name), module->name);
	if (length <= 1 || length > sizeof(mine.name))
		return 0;
	record->path_bytes = record->path_length = length - 1;
	record->memory_size = size_of(module);
	fill_header(&record->header, RECORD_MODULE, RECORD_KERNEL_MODULE, plain_task(bpf_get_current_task_btf()), cpu);
	shared_output(cpu, &record->header, RECORD_MODULE, sizeof(*record) + bounded(length - 1, sizeof(mine.name)));
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
