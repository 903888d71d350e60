/*
 * answered HOW PID PIPE FILE: makes system calls that never run, because something else answers them as if they
 * had: HOW is
 *   refuse   a filter of seccomp's answers EPERM
 *   succeed  it answers 0
 *   notify   its supervisor answers what a call that ran would have
 *   trap     it sends SIGSYS, and the result is the number of the call
 *   emulate  a tracer answers likewise (PTRACE_SYSEMU); it lets go in the last of the calls
 * The calls would reach into the process PID, create PIPE.new, open PIPE again, which it has opened once before,
 * and /proc/PID/mem, likewise, and run code from FILE, of which it has a mapping to read. Says "actor PID",
 * "answered N" when so many calls were, and "errno N" where that cannot be had.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT(of) (sizeof(of) / sizeof(*(of)))

struct answer {
	long call;
	long result;
};

static struct answer answers[] = {
	{ SYS_ptrace, 0 },
	{ SYS_process_vm_readv, 8 },
	{ SYS_process_vm_writev, 8 },
	{ SYS_pwrite64, 16 },
	{ SYS_pidfd_open, 0 },
	{ SYS_pidfd_getfd, 0 },
	{ SYS_openat, 0 },
	{ SYS_open_by_handle_at, 0 },
	{ SYS_mknodat, 0 },
	{ SYS_mmap, 0 },
	{ SYS_mprotect, 0 },
};

static struct answer *answer_to(long call)
{
	for (size_t i = 0; i < COUNT(answers); i++)
		if (answers[i].call == call)
			return &answers[i];
	return NULL;
}

static pid_t target;
static const char *pipe_path;
static int pipe_opened, memory_opened;
static void *mapped;

/* Each as it would succeed; what there is of it before is true. */
static void prepare(const char *file)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/mem", target);
	pipe_opened = open(pipe_path, O_RDWR);
	memory_opened = open(path, O_RDWR);
	mapped = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, open(file, O_RDONLY), 0);
	answer_to(SYS_openat)->result = pipe_opened;
	answer_to(SYS_open_by_handle_at)->result = pipe_opened;
	answer_to(SYS_mmap)->result = (long)mapped;
}

static int refuses, answered;

static void call(long number, long first, long second, long third, long fourth, long fifth, long sixth)
{
	long result = syscall(number, first, second, third, fourth, fifth, sixth);

	answered += refuses ? result < 0 && errno == EPERM : result >= 0;
}

static void make_calls(void)
{
	static char made[4096], bytes[16];
	static struct file_handle handle = { .handle_bytes = 0 };
	struct iovec part = { bytes, 8 };

	snprintf(made, sizeof(made), "%s.new", pipe_path);
	call(SYS_process_vm_readv, target, (long)&part, 1, (long)&part, 1, 0);
	call(SYS_process_vm_writev, target, (long)&part, 1, (long)&part, 1, 0);
	call(SYS_pidfd_open, target, 0, 0, 0, 0, 0);
	call(SYS_pidfd_getfd, memory_opened, 1, 0, 0, 0, 0);
	call(SYS_pwrite64, memory_opened, (long)bytes, sizeof(bytes), (long)bytes, 0, 0);
	call(SYS_mknodat, AT_FDCWD, (long)made, S_IFIFO | 0600, 0, 0, 0);
	call(SYS_openat, AT_FDCWD, (long)pipe_path, O_RDWR, 0, 0, 0);
	call(SYS_open_by_handle_at, AT_FDCWD, (long)&handle, O_RDWR, 0, 0, 0);
	answer_to(SYS_openat)->result = memory_opened;
	call(SYS_openat, AT_FDCWD, (long)"/proc/1/mem", O_RDWR, 0, 0, 0);
	call(SYS_mmap, 0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, pipe_opened, 0);
	call(SYS_mprotect, (long)mapped, 4096, PROT_READ | PROT_EXEC, 0, 0, 0);
	call(SYS_ptrace, PTRACE_POKEDATA, target, (long)bytes, 0, 0, 0);
	call(SYS_ptrace, PTRACE_ATTACH, target, 0, 0, 0, 0);
	call(SYS_ptrace, PTRACE_SEIZE, target, 0, 0, 0, 0);
	printf("answered %d\n", answered);
	fflush(stdout);
}

static void fail(const char *what)
{
	printf("errno %d\n", errno);
	perror(what);
	exit(0);
}

static int filter(unsigned int action, unsigned int flags)
{
	static struct sock_filter code[2 * COUNT(answers) + 2];
	struct sock_fprog program = { 0, code };
	int listener;

	code[program.len++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < COUNT(answers); i++) {
		code[program.len++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, answers[i].call, 0, 1);
		code[program.len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action);
	}
	code[program.len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	listener = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
	if (listener < 0)
		fail("seccomp");
	return listener;
}

static int listener = -1;

static void *supervise(void *nothing)
{
	struct seccomp_notif asked;

	while (__atomic_load_n(&listener, __ATOMIC_SEQ_CST) < 0)
		usleep(1000);
	for (;;) {
		struct seccomp_notif_resp answer = {};

		memset(&asked, 0, sizeof(asked));
		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &asked))
			return nothing;
		answer.id = asked.id;
		answer.val = answer_to(asked.data.nr)->result;
		ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
	}
}

static void notify(void)
{
	pthread_t supervisor;

	pthread_create(&supervisor, NULL, supervise, NULL);
	__atomic_store_n(&listener, filter(SECCOMP_RET_USER_NOTIF, SECCOMP_FILTER_FLAG_NEW_LISTENER), __ATOMIC_SEQ_CST);
	make_calls();
}

static void say_actor(void)
{
	printf("actor %d\n", getpid());
	fflush(stdout);
}

#if defined(__x86_64__)
static int emulate(void)
{
	struct user_regs_struct registers;
	int status, lets_go = 0;
	pid_t actor = fork();

	if (actor == 0) {
		say_actor();
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		make_calls();
		_exit(0);
	}
	waitpid(actor, &status, 0);
	while (!lets_go && !ptrace(PTRACE_SYSEMU, actor, NULL, NULL) && waitpid(actor, &status, 0) == actor &&
	       WIFSTOPPED(status)) {
		struct answer *answer;

		ptrace(PTRACE_GETREGS, actor, NULL, &registers);
		answer = answer_to(registers.orig_rax);
		if (!answer)
			break;
		registers.rax = answer->result;
		if (answer->call == SYS_openat && registers.rsi != (unsigned long)pipe_path)
			registers.rax = memory_opened;
		ptrace(PTRACE_SETREGS, actor, NULL, &registers);
		lets_go = answer->call == SYS_ptrace && registers.rdi == PTRACE_SEIZE &&
			  !ptrace(PTRACE_DETACH, actor, NULL, NULL);
	}
	if (!lets_go)
		kill(actor, SIGKILL);
	waitpid(actor, &status, 0);
	return 0;
}
#else
static int emulate(void)
{
	puts("errno 38");
	return 0;
}
#endif

static void go_on(int signal)
{
	(void)signal;
}

int main(int count, char **words)
{
	if (count != 5)
		return 2;
	target = atoi(words[2]);
	pipe_path = words[3];
	prepare(words[4]);
	if (!strcmp(words[1], "emulate"))
		return emulate();
	say_actor();
	refuses = !strcmp(words[1], "refuse");
	signal(SIGSYS, go_on);
	if (!strcmp(words[1], "notify")) {
		notify();
		return 0;
	}
	filter(!strcmp(words[1], "trap")   ? SECCOMP_RET_TRAP :
	       refuses			   ? SECCOMP_RET_ERRNO | EPERM :
					     SECCOMP_RET_ERRNO,
	       0);
	make_calls();
	return 0;
}
