/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* What ptrace is asked for. */
#ifndef KERNELWIRE_PTRACE_H
#define KERNELWIRE_PTRACE_H

#include "core.h"

/* include/uapi/linux/ptrace.h, arch/x86/include/uapi/asm/ptrace-abi.h */
enum {
	PTRACE_TRACEME = 0,
	PTRACE_POKETEXT = 4,
	PTRACE_POKEDATA = 5,
	PTRACE_POKEUSR = 6,
	PTRACE_SETREGS = 13,
	PTRACE_ATTACH = 16,
	PTRACE_DETACH = 17,
	PTRACE_SETREGSET = 0x4205,
	PTRACE_SEIZE = 0x4206,
};

static __always_inline bool sets_registers(__u64 request)
{
	return request == PTRACE_SETREGS || request == PTRACE_SETREGSET || request == PTRACE_POKEUSR;
}

static __always_inline bool writes_memory(__u64 request)
{
	return request == PTRACE_POKETEXT || request == PTRACE_POKEDATA;
}

#endif
