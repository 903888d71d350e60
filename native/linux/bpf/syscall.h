/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* What a system call was given, seen when it returns: the registers still hold it. */
#ifndef KERNELWIRE_SYSCALL_H
#define KERNELWIRE_SYSCALL_H

#include "core.h"

/*
 * Numbers of calls: those of 64-bit programs, which are also what the programs here know a call by,
 * whichever entry it came by. The same on every machine:
 */
enum { CALL_PIDFD_OPEN = 434, CALL_OPENAT2 = 437, CALL_PIDFD_GETFD = 438 };
enum { CALL_32_PIDFD_OPEN = 434, CALL_32_OPENAT2 = 437, CALL_32_PIDFD_GETFD = 438 };
/* 32-bit programs have it only: what it is given lies in memory. */
#define CALL_OLD_MMAP 0x10000
#define CALL_NONE 0xffffffff

/* By which entry a call came: how its registers and what they point to are to be read. */
enum entry {
	ENTRY_64 = 0,
	ENTRY_32 = 1,	/* 32-bit programs, and whoever else likes to */
	ENTRY_X32 = 2,	/* registers of 64 bits, structures of 32 */
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

#if defined(__TARGET_ARCH_x86)

struct pt_regs {
	unsigned long bp;
	unsigned long bx;
	unsigned long r10;
	unsigned long r9;
	unsigned long r8;
	unsigned long cx;
	unsigned long dx;
	unsigned long si;
	unsigned long di;
	unsigned long orig_ax;
};

struct thread_info {
	__u32 status;
};

struct task_struct___thread {
	struct thread_info thread_info;
};

#pragma clang attribute pop

/* arch/x86/entry/syscalls */
enum { CALL_MMAP = 9, CALL_MPROTECT = 10, CALL_PKEY_MPROTECT = 329 };
enum { CALL_PTRACE = 101, CALL_VM_READV = 310, CALL_VM_WRITEV = 311 };
enum { CALL_OPEN = 2, CALL_CREAT = 85, CALL_OPENAT = 257, CALL_OPEN_BY_HANDLE_AT = 304 };
enum { CALL_MKNOD = 133, CALL_MKNODAT = 259 };
enum { CALL_WRITE = 1, CALL_PWRITE64 = 18, CALL_WRITEV = 20, CALL_PWRITEV = 296, CALL_PWRITEV2 = 328 };
enum { CALL_32_MPROTECT = 125, CALL_32_MMAP2 = 192, CALL_32_PKEY_MPROTECT = 380 };
enum { CALL_32_PTRACE = 26, CALL_32_VM_READV = 347, CALL_32_VM_WRITEV = 348 };
enum { CALL_32_OPEN = 5, CALL_32_CREAT = 8, CALL_32_OPENAT = 295, CALL_32_OPEN_BY_HANDLE_AT = 342 };
enum { CALL_32_MKNOD = 14, CALL_32_MKNODAT = 297 };
enum { CALL_32_WRITE = 4, CALL_32_WRITEV = 146, CALL_32_PWRITE64 = 181, CALL_32_PWRITEV = 334, CALL_32_PWRITEV2 = 379 };
enum { CALL_32_OLD_MMAP = 90 };
/* Those of x32 that are not as for 64 bits (__X32_SYSCALL_BIT aside). */
#define X32_BIT 0x40000000
enum { CALL_X32_WRITEV = 516, CALL_X32_PTRACE = 521, CALL_X32_PWRITEV = 535, CALL_X32_VM_READV = 539 };
enum { CALL_X32_VM_WRITEV = 540, CALL_X32_PWRITEV2 = 547 };

/* The kernel's functions behind the calls: of 64-bit callers, of 32-bit ones, and of x32 where that is a third. */
#define CALL_FUNCTION(name) "__x64_sys_" name
#define CALL_FUNCTION_32(name) "__ia32_sys_" name
#define CALL_FUNCTION_COMPAT(name) "__ia32_compat_sys_" name
#define CALL_FUNCTION_X32(name) "__x64_compat_sys_" name

/* arch/x86/include/asm/thread_info.h: the call came by a 32-bit entry. */
#define TS_COMPAT 0x0002

static __always_inline bool is_32_bit(struct task_struct *task)
{
	struct task_struct___thread *thread = (void *)task;

	return BPF_CORE_READ(thread, thread_info.status) & TS_COMPAT;
}

/* THREAD_SIZE: arch/x86/include/asm/page_64_types.h */
#define KERNEL_STACK_BYTES 16384

#define number_register orig_ax
#define first_of(regs) BPF_CORE_READ(regs, di)
#define second_of(regs) BPF_CORE_READ(regs, si)
#define third_of(regs) BPF_CORE_READ(regs, dx)
#define fourth_of(regs) BPF_CORE_READ(regs, r10)
#define fifth_of(regs) BPF_CORE_READ(regs, r8)
#define sixth_of(regs) BPF_CORE_READ(regs, r9)

#define first_of_32(regs) ((__u32)BPF_CORE_READ(regs, bx))
#define second_of_32(regs) ((__u32)BPF_CORE_READ(regs, cx))
#define third_of_32(regs) ((__u32)BPF_CORE_READ(regs, dx))
#define fourth_of_32(regs) ((__u32)BPF_CORE_READ(regs, si))
#define fifth_of_32(regs) ((__u32)BPF_CORE_READ(regs, di))
#define sixth_of_32(regs) ((__u32)BPF_CORE_READ(regs, bp))

#elif defined(__TARGET_ARCH_arm64)

struct pt_regs {
	__u64 regs[31];
	__u64 pstate;
	__u64 orig_x0;
	__s32 syscallno;
};

#pragma clang attribute pop

/* include/uapi/asm-generic/unistd.h; arch/arm64/tools/syscall_32.tbl */
enum { CALL_MMAP = 222, CALL_MPROTECT = 226, CALL_PKEY_MPROTECT = 288 };
enum { CALL_PTRACE = 117, CALL_VM_READV = 270, CALL_VM_WRITEV = 271 };
/* Those above 0x10000 are none of its calls. */
enum { CALL_OPEN = 0x10001, CALL_CREAT = 0x10002, CALL_OPENAT = 56, CALL_OPEN_BY_HANDLE_AT = 265 };
enum { CALL_MKNOD = 0x10003, CALL_MKNODAT = 33 };
enum { CALL_WRITE = 64, CALL_PWRITE64 = 68, CALL_WRITEV = 66, CALL_PWRITEV = 70, CALL_PWRITEV2 = 287 };
enum { CALL_32_MPROTECT = 125, CALL_32_MMAP2 = 192, CALL_32_PKEY_MPROTECT = 394 };
enum { CALL_32_PTRACE = 26, CALL_32_VM_READV = 376, CALL_32_VM_WRITEV = 377 };
enum { CALL_32_OPEN = 5, CALL_32_CREAT = 8, CALL_32_OPENAT = 322, CALL_32_OPEN_BY_HANDLE_AT = 371 };
enum { CALL_32_MKNOD = 14, CALL_32_MKNODAT = 324 };
enum { CALL_32_WRITE = 4, CALL_32_WRITEV = 146, CALL_32_PWRITE64 = 181, CALL_32_PWRITEV = 362, CALL_32_PWRITEV2 = 393 };
enum { CALL_32_OLD_MMAP = 0x10000 };
#define X32_BIT 0

#define CALL_FUNCTION(name) "__arm64_sys_" name
#define CALL_FUNCTION_32(name) "__arm64_sys_" name
#define CALL_FUNCTION_COMPAT(name) "__arm64_compat_sys_" name
#define CALL_FUNCTION_X32(name) "__x64_compat_sys_" name

/* arch/arm64/include/uapi/asm/ptrace.h, PSR_MODE32_BIT */
static __always_inline bool is_32_bit(struct task_struct *task)
{
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(task);

	return BPF_CORE_READ(regs, pstate) & 0x10;
}

/* THREAD_SIZE: arch/arm64/include/asm/memory.h */
#define KERNEL_STACK_BYTES 16384

#define number_register syscallno
#define first_of(regs) BPF_CORE_READ(regs, orig_x0)
#define second_of(regs) BPF_CORE_READ(regs, regs[1])
#define third_of(regs) BPF_CORE_READ(regs, regs[2])
#define fourth_of(regs) BPF_CORE_READ(regs, regs[3])
#define fifth_of(regs) BPF_CORE_READ(regs, regs[4])
#define sixth_of(regs) BPF_CORE_READ(regs, regs[5])

#define first_of_32(regs) ((__u32)first_of(regs))
#define second_of_32(regs) ((__u32)second_of(regs))
#define third_of_32(regs) ((__u32)third_of(regs))
#define fourth_of_32(regs) ((__u32)fourth_of(regs))
#define fifth_of_32(regs) ((__u32)fifth_of(regs))
#define sixth_of_32(regs) ((__u32)sixth_of(regs))

#else
#error "which registers hold what a system call is given?"
#endif

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct task_struct___stack {
	void *stack;
};

#pragma clang attribute pop

/* The helper is there since 5.15. */
enum bpf_func_id {
	BPF_FUNC_task_pt_regs = 175,
};

/* What this thread's registers held when it entered the kernel: they lie at the end of its kernel stack. */
static __always_inline struct pt_regs *registers(void)
{
	struct task_struct___stack *task;

	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_task_pt_regs))
		return (struct pt_regs *)bpf_task_pt_regs(bpf_get_current_task_btf());
	task = (void *)bpf_get_current_task();
	return BPF_CORE_READ(task, stack) + KERNEL_STACK_BYTES - bpf_core_type_size(struct pt_regs);
}

/*
 * The number of a call as the kernel takes it: on x86 of eax only (arch/x86/entry/entry_64.S), though
 * all of rax is saved. What stands above is the caller's to choose. `regs`: as a tracepoint gives them.
 */
#define number_of(regs)                                  \
	({                                               \
		__u64 number_ = (regs)->number_register; \
		asm volatile("" : "+r"(number_));        \
		(__u32)number_;                          \
	})

/* Of registers that a function was given. */
#define number_given(regs) ((__u32)BPF_CORE_READ(regs, number_register))

/* include/trace/syscall.h */
struct syscall_enter {
	__u64 common;
	long number;
	unsigned long arguments[6];
};

struct syscall_exit {
	__u64 common;
	long number;
	long result;
};

/* Whether a number is that of a call by some entry: to leave early, before it is known by which it came. */
#if defined(__TARGET_ARCH_x86)
#define may_be_as(number, name, x32) \
	(((number) & ~X32_BIT) == CALL_##name || (number) == CALL_32_##name || ((number) & ~X32_BIT) == (x32))
#define may_be_ptrace(number) may_be_as(number, PTRACE, CALL_X32_PTRACE)
#define may_be_readv(number) may_be_as(number, VM_READV, CALL_X32_VM_READV)
#define may_be_writev(number) may_be_as(number, VM_WRITEV, CALL_X32_VM_WRITEV)
#else
#define may_be_as(number, name, x32) ((number) == CALL_##name || (number) == CALL_32_##name)
#define may_be_ptrace(number) may_be_as(number, PTRACE, 0)
#define may_be_readv(number) may_be_as(number, VM_READV, 0)
#define may_be_writev(number) may_be_as(number, VM_WRITEV, 0)
#endif
#define may_be(number, name) may_be_as(number, name, CALL_##name)

static __always_inline bool may_open(__u32 number)
{
	return may_be(number, OPENAT) || may_be(number, OPEN) || may_be(number, OPENAT2) || may_be(number, CREAT) ||
	       may_be(number, OPEN_BY_HANDLE_AT);
}

static __always_inline __u32 call_of_32(__u32 number)
{
	switch (number) {
#define CASE(name)              \
	case CALL_32_##name:    \
		return CALL_##name
		CASE(PTRACE);
		CASE(VM_READV);
		CASE(VM_WRITEV);
		CASE(OPEN);
		CASE(CREAT);
		CASE(OPENAT);
		CASE(OPENAT2);
		CASE(OPEN_BY_HANDLE_AT);
		CASE(MKNOD);
		CASE(MKNODAT);
		CASE(PIDFD_OPEN);
		CASE(PIDFD_GETFD);
		CASE(OLD_MMAP);
		CASE(MPROTECT);
		CASE(PKEY_MPROTECT);
		CASE(WRITE);
		CASE(WRITEV);
		CASE(PWRITE64);
		CASE(PWRITEV);
		CASE(PWRITEV2);
#undef CASE
	case CALL_32_MMAP2:
		return CALL_MMAP;
	}
	return CALL_NONE;
}

#if defined(__TARGET_ARCH_x86)
/* arch/x86/entry/common.c, do_syscall_x32: what is not there answers with ENOSYS. */
static __always_inline __u32 call_of_x32(__u32 number)
{
	switch (number) {
	case CALL_X32_PTRACE:
		return CALL_PTRACE;
	case CALL_X32_VM_READV:
		return CALL_VM_READV;
	case CALL_X32_VM_WRITEV:
		return CALL_VM_WRITEV;
	case CALL_X32_WRITEV:
		return CALL_WRITEV;
	case CALL_X32_PWRITEV:
		return CALL_PWRITEV;
	case CALL_X32_PWRITEV2:
		return CALL_PWRITEV2;
	}
	return number;
}
#else
#define call_of_x32(number) (number)
#endif

/* A call of the current task, seen when it returns. */
struct call {
	struct pt_regs *regs;
	__s64 result;	/* of 32 bits where the caller's are */
	__u32 number;	/* CALL_… */
	__u32 entry;	/* enum entry */
};

static __always_inline bool has_small_words(const struct call *call)
{
	return call->entry != ENTRY_64;
}

#define argument_of(call, which)                                                                   \
	({                                                                                         \
		struct pt_regs *given_ = (call)->regs;                                             \
		(call)->entry == ENTRY_32 ? (__u64)which##_of_32(given_) : (__u64)which##_of(given_); \
	})

static __always_inline __s64 result_in(__s64 result, __u32 entry)
{
	return entry == ENTRY_32 ? (__s32)result : result;
}

/* Of the kernel's own function for a call, which no filter keeps from running. */
static __always_inline struct call call_traced(__u64 regs, __s64 result, __u32 number, __u32 entry)
{
	struct call call = {
		.regs = (void *)regs,
		.result = result_in(result, entry),
		.number = number,
		.entry = entry,
	};

	return call;
}

/* Likewise of one that 64-bit callers and x32 share. */
static __always_inline struct call call_traced_64(__u64 regs, __s64 result, __u32 number)
{
	__u32 entry = number_given((struct pt_regs *)regs) & X32_BIT ? ENTRY_X32 : ENTRY_64;

	return call_traced(regs, result, number, entry);
}

static __always_inline bool is_error(__u64 result)
{
	return result >= -4095ULL;
}

#endif
