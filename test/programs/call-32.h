/* System calls as 32-bit programs make them, from a 64-bit one: what they point to lies below 4 GiB. */
#ifndef CALL_32_H
#define CALL_32_H

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

enum { CALL_32_PTRACE = 26, CALL_32_VM_READV = 347, CALL_32_VM_WRITEV = 348 };

struct iovec_32 {
	uint32_t base, size;
};

/* The sixth is 0. A negative result is an error. */
static inline int call_32(int number, long first, long second, long third, long fourth, long fifth)
{
	int result;

	__asm__ volatile("mov %%rbp, %%r12\n\t"
			 "xor %%ebp, %%ebp\n\t"
			 "int $0x80\n\t"
			 "mov %%r12, %%rbp"
			 : "=a"(result)
			 : "a"(number), "b"(first), "c"(second), "d"(third), "S"(fourth), "D"(fifth)
			 : "memory", "r8", "r9", "r10", "r11", "r12");
	return result;
}

static inline void say_none(int signal)
{
	static const char none[] = "errno 38\n";

	_exit(signal == SIGSEGV && write(STDOUT_FILENO, none, sizeof(none) - 1) < 0);
}

/* A page to point to. A kernel that takes no such calls ends the program: then it says ENOSYS. */
static inline void *low_page(void)
{
	signal(SIGSEGV, say_none);
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
}

#endif
