/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * Loops of many turns. bpf_loop (5.17) has its body verified once, however often it runs. The verifier
 * goes through every turn of a loop in objects for older kernels (KERNELWIRE_OLD:
 * scripts/bpf-programs.cmake), but once through a function that is not static, which takes numbers only:
 * so there a turn is a call of such a function, which finds the context by itself.
 */
#ifndef KERNELWIRE_REPEAT_H
#define KERNELWIRE_REPEAT_H

#include "core.h"

/*
 * `step(index, context)`: a static function that returns 0 to go on, and REPEATED() behind it. `context`:
 * a pointer on the stack, which is all that bpf_loop takes, to what `own()` finds.
 */
#ifdef KERNELWIRE_OLD
#define REPEATED(step, type, own)                          \
	__noinline int step##_once(void)                   \
	{                                                  \
		type *context_ = own();                    \
                                                           \
		return !context_ || step(0, &context_);    \
	}
#define repeat(times, step, context)                          \
	do {                                                  \
		for (int turn_ = 0; turn_ < (times); turn_++) \
			if (step##_once())                    \
				break;                        \
	} while (0)
#else
#define REPEATED(step, type, own)
#define repeat(times, step, context) bpf_loop(times, step, context, 0)
#endif

#endif
