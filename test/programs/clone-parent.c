/*
 * clone-parent FILE ARGUMENT...: forks a creator, which makes a process that is not its child but
 * ours, and which executes FILE. Says "creator PID" and "sibling PID".
 */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void create(char **words)
{
	pid_t sibling = syscall(SYS_clone, CLONE_PARENT | SIGCHLD, NULL, NULL, NULL, NULL);

	if (sibling == 0) {
		execv(words[1], words + 2);
		perror("execv");
		_exit(127);
	}
	dprintf(STDOUT_FILENO, "creator %d\nsibling %d\n", getpid(), sibling);
	_exit(sibling < 0);
}

int main(int count, char **words)
{
	if (count < 3)
		return 1;
	if (fork() == 0)
		create(words);
	while (wait(NULL) > 0)
		;
	return 0;
}
