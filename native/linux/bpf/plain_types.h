/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* The calls that stand for plain(): no helper of the kernel has such a number. */
#ifndef KERNELWIRE_PLAIN_TYPES_H
#define KERNELWIRE_PLAIN_TYPES_H

enum {
	PLAIN_TASK = 0,
	PLAIN_BINPRM = 1,
	PLAIN_TYPES = 2,
	PLAIN_CALL = 0x6b770000,
};

#endif
