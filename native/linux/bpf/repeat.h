/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * Loops of many turns. bpf_loop (5.17) has its body verified once, however often it runs; objects
 * for older kernels (KERNELWIRE_OLD: scripts/bpf-programs.cmake) go through every turn when they load.
 */
#ifndef KERNELWIRE_REPEAT_H
#define KERNELWIRE_REPEAT_H

#include "core.h"

/* `step(index, context)`: a static function that returns 0 to go on. `context`: on the stack, which is all that bpf_loop takes. */
#ifdef KERNELWIRE_OLD
#define repeat(times, step, context)                        \
	do {                                                \
		for (int turn_ = 0; turn_ < (times); turn_++) \
			if (step(turn_, context))           \
				break;                      \
	} while (0)
#else
#define repeat(times, step, context) bpf_loop(times, step, context, 0)
#endif

#endif
