/*
 * wide ENTRY HIGH PIPE FILE: makes system calls by one entry of the kernel ("64", "x32" or "32"), with HIGH in
 * the upper half of whatever has 32 bits: of numbers of calls and of descriptors, processes, flags and modes.
 * Upon a child of its own, a named pipe in the current directory that it creates, and copies of FILE that it maps
 * to run code from. Says "child PID", "mapped COPY" and, where a call fails, "errno N in CALL".
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__x86_64__)
#include "call-32.h"

enum entry { ENTRY_64, ENTRY_X32, ENTRY_32, ENTRIES };

enum { X32_BIT = 0x40000000 };

struct numbers {
	const char *name;
	unsigned int of[ENTRIES];
};

/* arch/x86/entry/syscalls */
static const struct numbers READV = { "process_vm_readv", { 310, X32_BIT + 539, 347 } };
static const struct numbers WRITEV = { "process_vm_writev", { 311, X32_BIT + 540, 348 } };
static const struct numbers OPENAT = { "openat", { 257, X32_BIT + 257, 295 } };
static const struct numbers OPEN_BY_HANDLE_AT = { "open_by_handle_at", { 304, X32_BIT + 304, 342 } };
static const struct numbers PIDFD_OPEN = { "pidfd_open", { 434, X32_BIT + 434, 434 } };
static const struct numbers PIDFD_GETFD = { "pidfd_getfd", { 438, X32_BIT + 438, 438 } };
static const struct numbers PTRACE = { "ptrace", { 101, X32_BIT + 521, 26 } };
static const struct numbers MKNODAT = { "mknodat", { 259, X32_BIT + 259, 297 } };
static const struct numbers MMAP = { "mmap", { 9, X32_BIT + 9, 192 } };
static const struct numbers MPROTECT = { "mprotect", { 10, X32_BIT + 10, 125 } };
/* Of 32-bit programs only; others have another call in its place. */
static const struct numbers OLD_MMAP = { "mmap", { 0, 0, 90 } };

static enum entry entry;
static unsigned long high;

static long by_64(unsigned long number, const unsigned long *given)
{
	register unsigned long fourth __asm__("r10") = given[3];
	register unsigned long fifth __asm__("r8") = given[4];
	register unsigned long sixth __asm__("r9") = given[5];
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(given[0]), "S"(given[1]), "d"(given[2]), "r"(fourth), "r"(fifth), "r"(sixth)
			 : "rcx", "r11", "memory");
	return result;
}

static long by_32(unsigned long number, const unsigned long *given)
{
	register unsigned long sixth __asm__("r13") = given[5];
	long result;

	__asm__ volatile("mov %%rbp, %%r12\n\t"
			 "mov %%r13, %%rbp\n\t"
			 "int $0x80\n\t"
			 "mov %%r12, %%rbp"
			 : "=a"(result)
			 : "a"(number), "b"(given[0]), "c"(given[1]), "d"(given[2]), "S"(given[3]), "D"(given[4]), "r"(sixth)
			 : "memory", "r8", "r9", "r10", "r11", "r12");
	return (int)result;
}

static unsigned long wide(unsigned long narrow)
{
	return (unsigned int)narrow | high << 32;
}

static long call(const struct numbers *numbers, unsigned long first, unsigned long second, unsigned long third,
		 unsigned long fourth, unsigned long fifth)
{
	unsigned long given[] = { first, second, third, fourth, fifth, 0 };
	long result;

	if (entry == ENTRY_32)
		for (int i = 0; i < 6; i++)
			given[i] = wide(given[i]);
	result = entry == ENTRY_32 ? by_32(wide(numbers->of[entry]), given) : by_64(wide(numbers->of[entry]), given);
	if (result < 0 && result >= -4095) {
		printf("errno %ld in %s\n", -result, numbers->name);
		return -1;
	}
	return result;
}

/* Below 4 GiB, where every entry can point to. */
static unsigned long *low;

static void put_vector(int at, unsigned long base, unsigned long bytes)
{
	if (entry == ENTRY_64) {
		low[2 * at] = base;
		low[2 * at + 1] = bytes;
	} else {
		((struct iovec_32 *)(low + 2 * at))[0] = (struct iovec_32){ base, bytes };
	}
}

static void reach(pid_t child)
{
	char *path = (char *)(low + 100);
	long process;

	put_vector(0, (unsigned long)(low + 10), 8);
	put_vector(1, (unsigned long)(low + 11), 8);
	call(&READV, wide(child), (unsigned long)low, 1, (unsigned long)(low + 2), 1);
	call(&WRITEV, wide(child), (unsigned long)low, 1, (unsigned long)(low + 2), 1);
	sprintf(path, "/proc/%d/mem", child);
	call(&OPENAT, wide(AT_FDCWD), (unsigned long)path, wide(O_RDWR), 0, 0);
	process = call(&PIDFD_OPEN, wide(child), wide(0), 0, 0, 0);
	call(&PIDFD_GETFD, wide(process), wide(1), wide(0), 0, 0);
	call(&PTRACE, PTRACE_SEIZE, wide(child), 0, 0, 0);
}

static void use_pipe(const char *name)
{
	char *path = (char *)(low + 100);
	struct file_handle *handle = (void *)(low + 20);
	int mount, folder;

	strcpy(path, name);
	call(&MKNODAT, wide(AT_FDCWD), (unsigned long)path, wide(S_IFIFO | 0600), wide(0), 0);
	call(&OPENAT, wide(AT_FDCWD), (unsigned long)path, wide(O_RDWR), wide(0), 0);
	handle->handle_bytes = 128;
	folder = open(".", O_RDONLY);
	if (name_to_handle_at(AT_FDCWD, path, handle, &mount, 0))
		printf("errno %d in open_by_handle_at\n", errno);
	else
		call(&OPEN_BY_HANDLE_AT, wide(folder), (unsigned long)handle, wide(O_RDWR), 0, 0);
}

/* What has no code yet gets some: three copies of this program, each mapped in another way. */
static void map_code(char *self)
{
	unsigned int *old = (unsigned int *)(low + 40);
	char path[4096];
	long start;
	int file;

	snprintf(path, sizeof(path), "cp '%s' '%s.1' && cp '%s' '%s.2' && cp '%s' '%s.3'", self, self, self, self, self, self);
	if (system(path))
		exit(1);
	snprintf(path, sizeof(path), "%s.1", self);
	file = open(path, O_RDONLY);
	if (call(&MMAP, 0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, wide(file)) != -1)
		printf("mapped %s\n", path);
	snprintf(path, sizeof(path), "%s.2", self);
	file = open(path, O_RDONLY);
	start = (long)mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_32BIT, file, 0);
	if (call(&MPROTECT, start, 4096, PROT_READ | PROT_EXEC, 0, 0) != -1)
		printf("mapped %s\n", path);
	if (entry != ENTRY_32)
		return;
	snprintf(path, sizeof(path), "%s.3", self);
	memcpy(old, (unsigned int[]){ 0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, open(path, O_RDONLY), 0 },
	       6 * sizeof(*old));
	if (call(&OLD_MMAP, (unsigned long)old, 0, 0, 0, 0) != -1)
		printf("mapped %s\n", path);
}

int main(int count, char **words)
{
	pid_t child;

	if (count != 5)
		return 2;
	entry = !strcmp(words[1], "64") ? ENTRY_64 : !strcmp(words[1], "x32") ? ENTRY_X32 : ENTRY_32;
	high = strtoul(words[2], NULL, 16);
	low = low_page();
	child = fork();
	if (child == 0)
		for (;;)
			pause();
	printf("child %d\n", child);
	fflush(stdout);
	reach(child);
	use_pipe(words[3]);
	map_code(words[4]);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	return 0;
}
#else
int main(void)
{
	puts("errno 38 in all");
	return 0;
}
#endif
