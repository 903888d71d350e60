/*
 * orphan FILE ARGUMENT...: forks a parent, which forks a child and ends; when the child has a new
 * parent it executes FILE. Says "parent PID" and "child PID".
 */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static void become_orphan(pid_t parent, char **words)
{
	while (getppid() == parent)
		usleep(1000);
	dprintf(STDOUT_FILENO, "child %d\n", getpid());
	execv(words[1], words + 2);
	perror("execv");
	_exit(127);
}

int main(int count, char **words)
{
	pid_t parent;

	if (count < 3)
		return 1;
	parent = fork();
	if (parent == 0) {
		parent = getpid();
		if (fork() == 0)
			become_orphan(parent, words);
		_exit(0);
	}
	dprintf(STDOUT_FILENO, "parent %d\n", parent);
	return waitpid(parent, NULL, 0) < 0;
}
