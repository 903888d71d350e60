/*
 * reach VERB PID [UID]: reaches into the process PID, or into that of the thread PID, as user UID.
 * reach VERB within [UID]: the same in a pid namespace of its own, upon a child that is 2 there. Says
 * "actor PID" and "target PID", as they are outside.
 * Says "errno N": what came of it.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>
#if defined(__x86_64__)
#include "call-32.h"
#endif

static int result_of(long result)
{
	return result < 0 ? errno : 0;
}

static int trace(int request, pid_t pid)
{
	int error = result_of(ptrace(request, pid, NULL, NULL));

	if (error)
		return error;
	if (request == PTRACE_SEIZE)
		ptrace(PTRACE_INTERRUPT, pid, NULL, NULL);
	waitpid(pid, NULL, __WALL);
	ptrace(PTRACE_DETACH, pid, NULL, NULL);
	return 0;
}

static int be_traced(void)
{
	pid_t child = fork();

	if (child == 0)
		_exit(result_of(ptrace(PTRACE_TRACEME, 0, NULL, NULL)));
	printf("child %d\n", child);
	waitpid(child, NULL, 0);
	return 0;
}

/* The far end of its stack, where nothing is yet. */
static unsigned long somewhere_in(pid_t pid)
{
	char path[64], line[256];
	unsigned long start = 4096;
	FILE *maps;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	maps = fopen(path, "r");
	if (!maps)
		return start;
	while (fgets(line, sizeof(line), maps))
		if (strstr(line, "[stack]"))
			sscanf(line, "%lx", &start);
	fclose(maps);
	return start;
}

static int transfer(pid_t pid, int writes)
{
	char here[64] = "";
	struct iovec own = { here, sizeof(here) }, other = { (void *)somewhere_in(pid), sizeof(here) };

	if (writes)
		return result_of(process_vm_writev(pid, &own, 1, &other, 1, 0));
	return result_of(process_vm_readv(pid, &own, 1, &other, 1, 0));
}

static int open_memory(const char *verb, pid_t pid)
{
	struct open_how how = { .flags = O_RDWR };
	char path[64];
	int folder;

	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	if (!strcmp(verb, "memory-read"))
		return result_of(open(path, O_RDONLY));
	if (!strcmp(verb, "memory-write"))
		return result_of(syscall(SYS_open, path, O_WRONLY));
	if (!strcmp(verb, "memory-creat"))
		return result_of(syscall(SYS_creat, path, 0));
	if (!strcmp(verb, "memory-openat2"))
		return result_of(syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how)));
	if (!strcmp(verb, "memory-name"))
		return result_of(open(path, O_PATH));
	if (!strcmp(verb, "memory-thread")) {
		snprintf(path, sizeof(path), "/proc/%d/task/%d/mem", pid, pid);
		return result_of(open(path, O_RDWR));
	}
	snprintf(path, sizeof(path), "/proc/%d", pid);
	folder = open(path, O_RDONLY | O_DIRECTORY);
	return result_of(openat(folder, "mem", O_RDWR));
}

/* The thread that began last. */
static pid_t last_thread_of(pid_t pid)
{
	pid_t last = pid;
	char path[64];
	struct dirent *entry;
	DIR *threads;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	threads = opendir(path);
	while (threads && (entry = readdir(threads)))
		if (atoi(entry->d_name) > last)
			last = atoi(entry->d_name);
	return last;
}

/* Each thread, and its memory again and again. */
static int reach_all(pid_t pid)
{
	int error = trace(PTRACE_ATTACH, pid);

	if (!error)
		error = trace(PTRACE_ATTACH, last_thread_of(pid));
	for (int i = 0; i < 20 && !error; i++)
		error = transfer(pid, 0);
	return error;
}

#if defined(__x86_64__)
/* Where it has data, below 4 GiB. */
static unsigned long low_in(pid_t pid)
{
	unsigned long start, found = 0;
	char path[64], line[256], rights[5];
	FILE *maps;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	maps = fopen(path, "r");
	while (maps && !found && fgets(line, sizeof(line), maps))
		if (sscanf(line, "%lx-%*x %4s", &start, rights) == 2 && rights[1] == 'w' && start >> 32 == 0)
			found = start;
	if (maps)
		fclose(maps);
	return found;
}

/* As a 32-bit program does. */
static int reach_32(const char *verb, pid_t pid)
{
	struct iovec_32 *vectors = low_page();
	int result;

	vectors[0] = (struct iovec_32){ (uintptr_t)(vectors + 2), 8 };
	vectors[1] = (struct iovec_32){ low_in(pid), 8 };
	if (!strcmp(verb, "attach-32"))
		result = call_32(CALL_32_PTRACE, PTRACE_SEIZE, pid, 0, 0, 0);
	else
		result = call_32(!strcmp(verb, "read-32") ? CALL_32_VM_READV : CALL_32_VM_WRITEV, pid, (uintptr_t)vectors, 1,
				 (uintptr_t)(vectors + 1), 1);
	return result < 0 ? -result : 0;
}
#endif

/* A descriptor of it, and through that, where it is asked for, its standard output. */
static int reach_descriptor(pid_t pid, int takes)
{
	int process = syscall(SYS_pidfd_open, pid, 0);

	if (process < 0 || !takes)
		return result_of(process);
	return result_of(syscall(SYS_pidfd_getfd, process, 1, 0));
}

static int reach(const char *verb, pid_t pid)
{
#if defined(__x86_64__)
	if (strstr(verb, "-32"))
		return reach_32(verb, pid);
#endif
	if (!strcmp(verb, "pidfd-open"))
		return reach_descriptor(pid, 0);
	if (!strcmp(verb, "pidfd-getfd"))
		return reach_descriptor(pid, 1);
	if (!strcmp(verb, "all"))
		return reach_all(pid);
	if (!strcmp(verb, "attach-thread"))
		return trace(PTRACE_ATTACH, last_thread_of(pid));
	if (!strcmp(verb, "attach"))
		return trace(PTRACE_ATTACH, pid);
	if (!strcmp(verb, "seize"))
		return trace(PTRACE_SEIZE, pid);
	if (!strcmp(verb, "traceme"))
		return be_traced();
	if (!strcmp(verb, "read"))
		return transfer(pid, 0);
	if (!strcmp(verb, "write"))
		return transfer(pid, 1);
	return open_memory(verb, pid);
}

static void be(const char *uid)
{
	if (uid && (setresgid(atoi(uid), atoi(uid), atoi(uid)) || setresuid(atoi(uid), atoi(uid), atoi(uid))))
		_exit(1);
}

static int act(const char *verb, pid_t pid, const char *uid)
{
	be(uid);
	printf("errno %d\n", reach(verb, pid));
	return fflush(stdout);
}

/* The first child of a process, as it is outside. */
static int child_of(pid_t pid)
{
	char path[64];
	FILE *list;
	int child = 0;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
	list = fopen(path, "r");
	if (!list || fscanf(list, "%d", &child) != 1)
		return 0;
	fclose(list);
	return child;
}

static int inside(const char *verb, const char *uid, int begin)
{
	char byte;
	pid_t target = fork();

	if (target == 0) {
		pause();
		_exit(0);
	}
	if (read(begin, &byte, 1) != 1 || mount("proc", "/proc", "proc", 0, NULL))
		return 1;
	act(verb, target, uid);
	kill(target, SIGKILL);
	return 0;
}

static int within(const char *verb, const char *uid)
{
	int begin[2];
	pid_t actor, target;

	if (pipe(begin))
		return 1;
	actor = syscall(SYS_clone, CLONE_NEWPID | CLONE_NEWNS | SIGCHLD, NULL, NULL, NULL, NULL);
	if (actor == 0) {
		if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
			return 1;
		return inside(verb, uid, begin[0]);
	}
	while (!(target = child_of(actor)))
		usleep(1000);
	printf("actor %d\ntarget %d\n", actor, target);
	fflush(stdout);
	return write(begin[1], "", 1) != 1 || waitpid(actor, NULL, 0) < 0;
}

int main(int count, char **words)
{
	const char *uid = count > 3 ? words[3] : NULL;

	if (count < 3)
		return 2;
	return !strcmp(words[2], "within") ? within(words[1], uid) : act(words[1], atoi(words[2]), uid);
}
