/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* Where a thread is in its program, and where a tracee was before a call of ptrace that may move it. */
#ifndef KERNELWIRE_PLACE_H
#define KERNELWIRE_PLACE_H

#include "begun.h"
#include "party.h"
#include "ptrace.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

#if defined(__TARGET_ARCH_x86)
struct pt_regs___place {
	unsigned long ip;
};
#define place_in(regs) BPF_CORE_READ((struct pt_regs___place *)(regs), ip)
#elif defined(__TARGET_ARCH_arm64)
struct pt_regs___place {
	__u64 pc;
};
#define place_in(regs) BPF_CORE_READ((struct pt_regs___place *)(regs), pc)
#endif

#pragma clang attribute pop

/* To go on behind a breakpoint, or to run one instruction again, is no move. */
#define INSTRUCTION_BYTES 15

static __always_inline bool is_near(__u64 a, __u64 b)
{
	return a - b + INSTRUCTION_BYTES <= 2 * INSTRUCTION_BYTES;
}

/* Where a thread will go on in user mode. All kernel stacks have the registers in the same place. */
static __always_inline __u64 place_of(struct task_struct *task)
{
	struct task_struct___stack *holder = (void *)task;
	struct task_struct___stack *own = (void *)bpf_get_current_task();
	struct pt_regs *pointer = registers();
	void *stack = BPF_CORE_READ(holder, stack);
	__u64 address = 0;

	/* As a number, which the verifier lets us calculate with. */
	bpf_probe_read_kernel(&address, sizeof(address), &pointer);
	stack += address - (__u64)BPF_CORE_READ(own, stack);
	return place_in(stack);
}

/* In a call of ptrace that may move the tracee elsewhere. */
static __always_inline void remember_place(struct begun *begun, __u64 request, __u32 number)
{
	struct task_struct *tracee = sets_registers(request) ? task_numbered(number) : NULL;

	if (!tracee)
		return;
	begun->place = place_of(tracee);
	begun->pending |= PENDING_PLACE;
}

#endif
