/*
 * thread-often COUNT: writes code into a child, which makes so many threads by it, one after the other.
 * Says "actor PID" and "child PID".
 */
#define _GNU_SOURCE
#include <err.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __x86_64__
/* long clone(long flags): the new thread ends at once, and touches no stack. */
static const unsigned char CODE[] = {
	0x31, 0xf6, 0x31, 0xd2, 0x4d, 0x31, 0xd2, 0x4d, 0x31, 0xc0, /* xor %esi, %edx, %r10, %r8 */
	0xb8, 0x38, 0x00, 0x00, 0x00, 0x0f, 0x05,		    /* mov $56, %eax; syscall */
	0x85, 0xc0, 0x75, 0x09,					    /* test %eax, %eax; jnz 1f */
	0x31, 0xff, 0xb8, 0x3c, 0x00, 0x00, 0x00, 0x0f, 0x05,	    /* xor %edi, %edi; mov $60, %eax; syscall */
	0xc3,							    /* 1: ret */
};
#else
#error "what is this in the code of this machine?"
#endif

static int make_threads(long (*code)(long flags), int go, int times)
{
	char byte;

	if (read(go, &byte, 1) != 1)
		return 1;
	for (int i = 0; i < times; i++)
		while (code(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM) < 0)
			sched_yield();
	return 0;
}

int main(int count, char **words)
{
	void *place = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct iovec own = { (void *)CODE, sizeof(CODE) }, other = { place, sizeof(CODE) };
	int go[2], status;
	pid_t child;

	if (count != 2 || place == MAP_FAILED || pipe(go))
		return 2;
	child = fork();
	if (child == 0)
		_exit(make_threads((long (*)(long))place, go[0], atoi(words[1])));
	if (process_vm_writev(child, &own, 1, &other, 1, 0) != sizeof(CODE))
		err(1, "process_vm_writev");
	printf("actor %d\nchild %d\n", getpid(), child);
	if (write(go[1], "", 1) != 1 || waitpid(child, &status, 0) != child)
		err(1, "wait");
	return status != 0;
}
