/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* What a descriptor of a process stands for. */
#ifndef KERNELWIRE_DESCRIPTOR_H
#define KERNELWIRE_DESCRIPTOR_H

#include "core.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

struct task_struct___files {
	struct files_struct *files;
};

#pragma clang attribute pop

static __always_inline __u64 file_of_descriptor(struct task_struct *task, __u32 fd)
{
	struct task_struct___files *holder = (void *)task;
	struct fdtable *table = BPF_CORE_READ(holder, files, fdt);
	struct file **files = BPF_CORE_READ(table, fd);
	__u64 file = 0;

	if (fd < BPF_CORE_READ(table, max_fds))
		bpf_probe_read_kernel(&file, sizeof(file), files + fd);
	return file;
}

#endif
