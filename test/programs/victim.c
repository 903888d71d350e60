/*
 * victim [EACH]: calls a function of its own again and again, until its input ends. Says
 * "victim PID TICK POINTER SPACE STACK THREAD MAKER": where others can make it do something else. Says
 * "thread" when a thread of theirs has begun. With EACH it makes and joins a thread of its own in each round.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#define ROUND_MS 5

/* Room for code of others. */
__attribute__((noinline, aligned(4096))) static void tick(void)
{
	__asm__ volatile(".rept 256\n\tnop\n\t.endr");
}

static void (*volatile pointer)(void) = tick;
static char stack[65536] __attribute__((aligned(16)));
static volatile int thread;

/* Never called from here: whoever is moved here makes a thread, and then stops for its tracer. */
__attribute__((naked, used)) static void maker(void)
{
	__asm__ volatile("mov $0x150f00, %%edi\n\t"
			 "lea stack+60000(%%rip), %%rsi\n\t"
			 "lea thread(%%rip), %%rdx\n\t"
			 "xor %%r10d, %%r10d\n\t"
			 "xor %%r8d, %%r8d\n\t"
			 "mov $56, %%eax\n\t"
			 "syscall\n\t"
			 "test %%eax, %%eax\n\t"
			 "jz 1f\n\t"
			 "int3\n"
			 "1:\tmov $34, %%eax\n\t"
			 "syscall\n\t"
			 "jmp 1b" ::
				 : "memory");
}

static void *nothing(void *argument)
{
	return argument;
}

static void join_another(void)
{
	pthread_t own;

	if (!pthread_create(&own, NULL, nothing, NULL))
		pthread_join(own, NULL);
}

int main(int count, char **words)
{
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
	/* Below 4 GiB, where 32-bit callers reach. */
	void *space = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	int each = count > 1 ? atoi(words[1]) : 0;

	printf("victim %d %p %p %p %p %p %p\n", getpid(), (void *)tick, (void *)&pointer, space, (void *)stack,
	       (void *)&thread, (void *)maker);
	fflush(stdout);
	while (poll(&input, 1, ROUND_MS) == 0) {
		if (thread > 0) {
			printf("thread\n");
			fflush(stdout);
			thread = -1;
		}
		if (thread == 0)
			pointer();
		if (each)
			join_another();
	}
	return 0;
}
