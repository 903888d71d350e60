/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* /proc/PID/mem was opened, in whatever way: on the kernel's own function for it (fs/proc/base.c). */
#include "access.h"
#include "memory_file.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct file___flags {
	unsigned int f_flags;
};

#pragma clang attribute pop

HOOK("fexit/mem_open")
int BPF_PROG(memory_open, struct inode *inode, struct file *file, int result)
{
	struct file___flags *opened = (void *)file;

	if (!is_told(result))
		return 0;
	return access_tell((struct task_struct *)bpf_get_current_task(), owner_of(inode), 0, ACCESS_MEMORY_FILE,
			   modes_in(BPF_CORE_READ(opened, f_flags)), result);
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
