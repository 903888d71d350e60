/* fork-only fork|vfork|clone: makes one process that executes nothing, says "forked PID", and waits for it. */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int count, char **words)
{
	pid_t child;

	if (count < 2)
		return 1;
	/* Not in a function of its own: a vforked child must not return from where it was made. */
	if (!strcmp(words[1], "vfork"))
		child = vfork();
	else if (!strcmp(words[1], "clone"))
		child = syscall(SYS_clone, CLONE_FILES | CLONE_FS | SIGCHLD, NULL, NULL, NULL, NULL);
	else
		child = fork();
	if (child == 0)
		_exit(3);
	if (child < 0 || waitpid(child, NULL, 0) < 0)
		return 1;
	printf("forked %d\n", child);
	return 0;
}
