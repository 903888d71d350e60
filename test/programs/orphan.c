/*
 * orphan FILE ARGUMENT...: forks a parent, which forks a child and ends; when the child has a new
 * parent it executes FILE. Says "parent PID" and "child PID", and stays until its input ends.
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
	char byte;

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
	if (waitpid(parent, NULL, 0) < 0)
		return 1;
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	return 0;
}
