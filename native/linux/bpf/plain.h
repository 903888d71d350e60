/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * A pointer to a kernel object of which the verifier knows the type, and no more. Where it trusts a
 * pointer (Linux 6.3 and newer), it looks through the names of all of the kernel's types up to four
 * times for each pointer that is read by it (kernel/bpf/btf.c, btf_nested_type_is_trusted): half a
 * second for what this project reads. Helpers that need a trusted one get the original.
 */
#ifndef KERNELWIRE_PLAIN_H
#define KERNELWIRE_PLAIN_H

#include "plain_types.h"

/* native/linux/plain_pointers.cc makes bpf_rdonly_cast of it (a move, in the end), or a move. */
#define plain_pointer(type, pointer)                                       \
	({                                                                 \
		typeof(pointer) plain_;                                    \
		asm volatile("r1 = %[from]\n"                              \
			     "r2 = 0\n"                                    \
			     "call %[call]\n"                              \
			     "%[to] = r0\n"                                \
			     : [to] "=r"(plain_)                           \
			     : [from] "r"(pointer), [call] "i"(PLAIN_CALL + (type)) \
			     : "r0", "r1", "r2", "r3", "r4", "r5");        \
		plain_;                                                    \
	})

static __always_inline struct task_struct *plain_task(struct task_struct *task)
{
	return plain_pointer(PLAIN_TASK, task);
}

#endif
