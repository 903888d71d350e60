/*
 * inject MODE PID TICK POINTER SPACE STACK THREAD MAKER: makes a victim (victim.c) begin a thread.
 * inject MODE spawn VICTIM: the same with one that it starts itself; ends when its input ends.
 * inject hollow|hollow-memory VICTIM: starts one, whose first code is another's; ends likewise.
 * inject late|scattered PID ...: says "written" when the code is there, and goes on when its input ends;
 * scattered, it has written in many other places by then. Says "done" when all is done.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>
#include "call-32.h"

#define REQUIRE(what)                                \
	do {                                         \
		if (!(what)) {                       \
			perror(#what);               \
			_exit(1);                    \
		}                                    \
	} while (0)

struct victim {
	pid_t pid;
	unsigned long tick, pointer, space, stack, thread, maker;
};

struct code {
	unsigned char bytes[128];
	size_t size;
};

/* clone(CLONE_VM | FS | FILES | SIGHAND | THREAD | SYSVSEM | PARENT_SETTID); the thread then waits for ever. */
static struct code code_with(unsigned long stack, unsigned long thread, const unsigned char end[2])
{
	static const unsigned char TEMPLATE[] = {
		0x53, 0x55,					/* push %rbx; push %rbp */
		0xbf, 0x00, 0x0f, 0x15, 0x00,			/* mov $0x150f00, %edi */
		0x48, 0xbe, 0, 0, 0, 0, 0, 0, 0, 0,		/* mov $stack, %rsi */
		0x48, 0xba, 0, 0, 0, 0, 0, 0, 0, 0,		/* mov $thread, %rdx */
		0x4d, 0x31, 0xd2, 0x4d, 0x31, 0xc0,		/* xor %r10, %r10; xor %r8, %r8 */
		0xb8, 0x38, 0x00, 0x00, 0x00, 0x0f, 0x05,	/* mov $56, %eax; syscall */
		0x85, 0xc0, 0x74, 0x04,				/* test %eax, %eax; jz 1f */
		0x5d, 0x5b, 0x90, 0x90,				/* pop %rbp; pop %rbx; END */
		0xb8, 0x22, 0x00, 0x00, 0x00, 0x0f, 0x05,	/* 1: mov $34, %eax; syscall */
		0xeb, 0xf7,					/* jmp 1b */
	};
	struct code code = { .size = sizeof(TEMPLATE) };

	memcpy(code.bytes, TEMPLATE, sizeof(TEMPLATE));
	memcpy(code.bytes + 9, &stack, sizeof(stack));
	memcpy(code.bytes + 19, &thread, sizeof(thread));
	memcpy(code.bytes + 46, end, 2);
	return code;
}

static const unsigned char RETURN[2] = { 0xc3, 0x90 };
static const unsigned char STOP[2] = { 0xcc, 0x90 };
/* The thread's own end: both wait. */
static const unsigned char WAIT[2] = { 0x90, 0x90 };

static void poke(pid_t pid, unsigned long at, const unsigned char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i += 8) {
		unsigned long word = ptrace(PTRACE_PEEKTEXT, pid, at + i, NULL);

		memcpy(&word, bytes + i, size - i < 8 ? size - i : 8);
		REQUIRE(!ptrace(PTRACE_POKETEXT, pid, at + i, word));
	}
}

static void set_registers(pid_t pid, const char *how, struct user_regs_struct *registers)
{
	struct iovec set = { registers, sizeof(*registers) };

	if (!strcmp(how, "SETREGS"))
		REQUIRE(!ptrace(PTRACE_SETREGS, pid, NULL, registers));
	else if (!strcmp(how, "SETREGSET"))
		REQUIRE(!ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &set));
	else
		REQUIRE(!ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, regs.rip), registers->rip));
}

/* Stops it, lets it go on at `place` until it stops by itself, and puts it back. */
static void drive(pid_t pid, const char *how, unsigned long place, const struct code *code)
{
	struct user_regs_struct before, moved;

	REQUIRE(!ptrace(PTRACE_ATTACH, pid, NULL, NULL));
	REQUIRE(waitpid(pid, NULL, 0) == pid);
	REQUIRE(!ptrace(PTRACE_GETREGS, pid, NULL, &before));
	if (code)
		poke(pid, place, code->bytes, code->size);
	moved = before;
	/* POKEUSER changes only where it goes on; in a call that the stop has interrupted it would be restarted. */
	moved.rsp = (before.rsp - 512) & ~15UL;
	moved.orig_rax = -1;
	moved.rip = place;
	if (!strcmp(how, "POKEUSER"))
		REQUIRE(!ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, regs.orig_rax), -1L));
	set_registers(pid, how, &moved);
	REQUIRE(!ptrace(PTRACE_CONT, pid, NULL, NULL));
	REQUIRE(waitpid(pid, NULL, 0) == pid);
	/* The code stays: the new thread is there. */
	REQUIRE(!ptrace(PTRACE_SETREGS, pid, NULL, &before));
	REQUIRE(!ptrace(PTRACE_DETACH, pid, NULL, NULL));
}

/* More pieces than a handful: some trackers look at a few only. */
static void transfer_code(const struct victim *victim, struct code *code)
{
	struct iovec own[16], other[16];
	unsigned long space = victim->space;
	int count = 0;

	for (size_t i = 0; i < code->size; i += 5, count++) {
		size_t size = code->size - i < 5 ? code->size - i : 5;

		own[count] = (struct iovec){ code->bytes + i, size };
		other[count] = (struct iovec){ (void *)(space + i), size };
	}
	REQUIRE(process_vm_writev(victim->pid, own, count, other, count, 0) == (ssize_t)code->size);
}

static void transfer_word(const struct victim *victim, unsigned long word, unsigned long place)
{
	struct iovec own = { &word, sizeof(word) }, other = { (void *)place, sizeof(word) };

	REQUIRE(process_vm_writev(victim->pid, &own, 1, &other, 1, 0) == sizeof(word));
}

/* The code first, then what makes it run, as injectors do. */
static void transfer(const struct victim *victim, struct code *code)
{
	transfer_code(victim, code);
	transfer_word(victim, victim->space, victim->pointer);
}

/* Both as a 32-bit program does; what they write to lies below 4 GiB, too. */
static void transfer_32(const struct victim *victim, const struct code *code)
{
	struct iovec_32 *vectors = low_page();
	unsigned char *bytes = (unsigned char *)vectors + 1024;

	memcpy(bytes, code->bytes, code->size);
	memcpy(bytes + 512, &victim->space, sizeof(victim->space));
	vectors[0] = (struct iovec_32){ (uintptr_t)bytes, code->size };
	vectors[1] = (struct iovec_32){ (uintptr_t)bytes + 512, sizeof(victim->space) };
	vectors[2] = (struct iovec_32){ victim->space, code->size };
	vectors[3] = (struct iovec_32){ victim->pointer, sizeof(victim->space) };
	for (int i = 0; i < 2; i++)
		REQUIRE(call_32(CALL_32_VM_WRITEV, victim->pid, (uintptr_t)(vectors + i), 1,
				(uintptr_t)(vectors + 2 + i), 1) > 0);
}

static void poke_32(const struct victim *victim, const struct code *code)
{
	uint32_t words[sizeof(code->bytes) / 4];

	low_page();
	memcpy(words, code->bytes, sizeof(words));
	REQUIRE(!ptrace(PTRACE_ATTACH, victim->pid, NULL, NULL));
	REQUIRE(waitpid(victim->pid, NULL, 0) == victim->pid);
	for (size_t i = 0; i < sizeof(words) / 4; i++)
		REQUIRE(!call_32(CALL_32_PTRACE, PTRACE_POKETEXT, victim->pid, victim->space + 4 * i, words[i], 0));
	REQUIRE(!call_32(CALL_32_PTRACE, PTRACE_POKETEXT, victim->pid, victim->pointer, victim->space, 0));
	REQUIRE(!call_32(CALL_32_PTRACE, PTRACE_POKETEXT, victim->pid, victim->pointer + 4, 0, 0));
	REQUIRE(!ptrace(PTRACE_DETACH, victim->pid, NULL, NULL));
}

static int open_memory(pid_t pid)
{
	char path[64];
	int memory;

	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	memory = open(path, O_RDWR);
	REQUIRE(memory >= 0);
	return memory;
}

static void write_memory(pid_t pid, const char *how, unsigned long at, struct code *code)
{
	struct iovec vectors[2] = { { code->bytes, 20 }, { code->bytes + 20, code->size - 20 } };
	ssize_t size = code->size;
	int memory = open_memory(pid);

	if (!strcmp(how, "pwrite"))
		REQUIRE(pwrite(memory, code->bytes, size, at) == size);
	else if (!strcmp(how, "pwritev"))
		REQUIRE(pwritev(memory, vectors, 2, at) == size);
	else if (!strcmp(how, "pwritev2"))
		REQUIRE(pwritev2(memory, vectors, 2, at, 0) == size);
	else
		REQUIRE(lseek(memory, at, SEEK_SET) == (off_t)at);
	if (!strcmp(how, "write"))
		REQUIRE(write(memory, code->bytes, size) == size);
	if (!strcmp(how, "writev"))
		REQUIRE(writev(memory, vectors, 2) == size);
	if (!strcmp(how, "pwritev2-here"))
		REQUIRE(pwritev2(memory, vectors, 2, -1, 0) == size);
	close(memory);
}

static void write_pointer(const struct victim *victim)
{
	int memory = open_memory(victim->pid);

	REQUIRE(pwrite(memory, &victim->space, sizeof(victim->space), victim->pointer) == sizeof(victim->space));
	close(memory);
}

static void wait_for_input(void)
{
	char byte;

	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
}

static void transfer_late(const struct victim *victim, struct code *code, int others)
{
	transfer_code(victim, code);
	for (int i = 0; i < others; i++)
		transfer_word(victim, 0, victim->stack + 64 * i);
	printf("written\n");
	fflush(stdout);
	wait_for_input();
	transfer_word(victim, victim->space, victim->pointer);
}

static void inject(const char *mode, const struct victim *victim)
{
	struct code code = code_with(victim->stack + 60000, victim->thread, RETURN);

	if (!strcmp(mode, "ptrace")) {
		code = code_with(victim->stack + 60000, victim->thread, STOP);
		drive(victim->pid, "SETREGS", victim->tick, &code);
	} else if (!strncmp(mode, "drive-", 6)) {
		drive(victim->pid, mode + 6, victim->maker, NULL);
	} else if (!strcmp(mode, "transfer-32")) {
		transfer_32(victim, &code);
	} else if (!strcmp(mode, "poke-32")) {
		poke_32(victim, &code);
	} else if (!strcmp(mode, "late")) {
		transfer_late(victim, &code, 0);
	} else if (!strcmp(mode, "scattered")) {
		transfer_late(victim, &code, 64);
	} else if (!strcmp(mode, "transfer")) {
		transfer(victim, &code);
	} else {
		/* Some kernels let only a tracer write where the process itself may not. */
		write_memory(victim->pid, mode, victim->space, &code);
		write_pointer(victim);
	}
}

static void say_done(void)
{
	printf("done\n");
	fflush(stdout);
}

static int hollow(const char *mode, char *file)
{
	struct user_regs_struct registers;
	struct code code;
	pid_t child = fork();

	if (child == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		execl(file, file, NULL);
		_exit(127);
	}
	REQUIRE(waitpid(child, NULL, 0) == child);
	REQUIRE(!ptrace(PTRACE_GETREGS, child, NULL, &registers));
	code = code_with(registers.rsp - 1024, registers.rsp - 64, WAIT);
	if (!strcmp(mode, "hollow"))
		poke(child, registers.rip, code.bytes, code.size);
	else
		write_memory(child, "pwrite", registers.rip, &code);
	REQUIRE(!ptrace(PTRACE_DETACH, child, NULL, NULL));
	printf("hollowed %d\n", child);
	say_done();
	wait_for_input();
	return kill(child, SIGKILL);
}

static void read_victim(FILE *from, struct victim *victim)
{
	REQUIRE(fscanf(from, "victim %d %lx %lx %lx %lx %lx %lx", &victim->pid, &victim->tick, &victim->pointer,
		       &victim->space, &victim->stack, &victim->thread, &victim->maker) == 7);
}

static int spawn(const char *mode, char *file)
{
	struct victim victim;
	int to[2], from[2];
	char word[16];
	FILE *said;

	REQUIRE(!pipe2(to, O_CLOEXEC) && !pipe2(from, O_CLOEXEC));
	if (fork() == 0) {
		dup2(to[0], STDIN_FILENO);
		dup2(from[1], STDOUT_FILENO);
		execl(file, file, NULL);
		_exit(127);
	}
	said = fdopen(from[0], "r");
	read_victim(said, &victim);
	inject(mode, &victim);
	REQUIRE(fscanf(said, "%15s", word) == 1 && !strcmp(word, "thread"));
	say_done();
	wait_for_input();
	return 0;
}

int main(int count, char **words)
{
	struct victim victim;

	if (count == 3 && !strncmp(words[1], "hollow", 6))
		return hollow(words[1], words[2]);
	if (count == 4 && !strcmp(words[2], "spawn"))
		return spawn(words[1], words[3]);
	if (count != 9)
		return 2;
	victim.pid = atoi(words[2]);
	victim.tick = strtoul(words[3], NULL, 16);
	victim.pointer = strtoul(words[4], NULL, 16);
	victim.space = strtoul(words[5], NULL, 16);
	victim.stack = strtoul(words[6], NULL, 16);
	victim.thread = strtoul(words[7], NULL, 16);
	victim.maker = strtoul(words[8], NULL, 16);
	inject(words[1], &victim);
	say_done();
	return 0;
}
