/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* What a system call was given, seen when it returns: the registers still hold it. */
#ifndef KERNELWIRE_SYSCALL_H
#define KERNELWIRE_SYSCALL_H

#include "core.h"

/* The same on every machine. */
enum { CALL_PIDFD_OPEN = 434, CALL_PIDFD_GETFD = 438 };

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
enum { CALL_OPEN = 2, CALL_CREAT = 85, CALL_OPENAT = 257, CALL_OPENAT2 = 437 };
enum { CALL_MKNOD = 133, CALL_MKNODAT = 259 };
enum { CALL_WRITE = 1, CALL_PWRITE64 = 18, CALL_WRITEV = 20, CALL_PWRITEV = 296, CALL_PWRITEV2 = 328 };
enum { CALL_32_MPROTECT = 125, CALL_32_MMAP2 = 192, CALL_32_PKEY_MPROTECT = 380 };
enum { CALL_32_PTRACE = 26, CALL_32_VM_READV = 347, CALL_32_VM_WRITEV = 348 };
enum { CALL_32_OPEN = 5, CALL_32_CREAT = 8, CALL_32_OPENAT = 295, CALL_32_OPENAT2 = 437 };
enum { CALL_32_MKNOD = 14, CALL_32_MKNODAT = 297 };
enum { CALL_32_WRITE = 4, CALL_32_WRITEV = 146, CALL_32_PWRITE64 = 181, CALL_32_PWRITEV = 334, CALL_32_PWRITEV2 = 379 };

/* The kernel's functions behind the calls: of 64-bit callers, and of 32-bit ones. */
#define CALL_FUNCTION(name) "__x64_sys_" name
#define CALL_FUNCTION_32(name) "__ia32_sys_" name
#define CALL_FUNCTION_COMPAT(name) "__ia32_compat_sys_" name

/* arch/x86/include/asm/thread_info.h: the call came by a 32-bit entry. */
#define TS_COMPAT 0x0002

static __always_inline bool is_32_bit(struct task_struct *task)
{
	struct task_struct___thread *thread = (void *)task;

	return BPF_CORE_READ(thread, thread_info.status) & TS_COMPAT;
}

/* THREAD_SIZE: arch/x86/include/asm/page_64_types.h */
#define KERNEL_STACK_BYTES 16384

#define call_number(regs) BPF_CORE_READ(regs, orig_ax)
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
/* The first two are none of its calls. */
enum { CALL_OPEN = -2, CALL_CREAT = -3, CALL_OPENAT = 56, CALL_OPENAT2 = 437 };
enum { CALL_MKNOD = -4, CALL_MKNODAT = 33 };
enum { CALL_WRITE = 64, CALL_PWRITE64 = 68, CALL_WRITEV = 66, CALL_PWRITEV = 70, CALL_PWRITEV2 = 287 };
enum { CALL_32_MPROTECT = 125, CALL_32_MMAP2 = 192, CALL_32_PKEY_MPROTECT = 394 };
enum { CALL_32_PTRACE = 26, CALL_32_VM_READV = 376, CALL_32_VM_WRITEV = 377 };
enum { CALL_32_OPEN = 5, CALL_32_CREAT = 8, CALL_32_OPENAT = 322, CALL_32_OPENAT2 = 437 };
enum { CALL_32_MKNOD = 14, CALL_32_MKNODAT = 324 };
enum { CALL_32_WRITE = 4, CALL_32_WRITEV = 146, CALL_32_PWRITE64 = 181, CALL_32_PWRITEV = 362, CALL_32_PWRITEV2 = 393 };

#define CALL_FUNCTION(name) "__arm64_sys_" name
#define CALL_FUNCTION_32(name) "__arm64_sys_" name
#define CALL_FUNCTION_COMPAT(name) "__arm64_compat_sys_" name

/* arch/arm64/include/uapi/asm/ptrace.h, PSR_MODE32_BIT */
static __always_inline bool is_32_bit(struct task_struct *task)
{
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(task);

	return BPF_CORE_READ(regs, pstate) & 0x10;
}

/* THREAD_SIZE: arch/arm64/include/asm/memory.h */
#define KERNEL_STACK_BYTES 16384

#define call_number(regs) BPF_CORE_READ(regs, syscallno)
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

static __always_inline bool is_error(__u64 result)
{
	return result >= -4095ULL;
}

#endif
