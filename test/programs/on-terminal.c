/* on-terminal FILE ARGUMENT...: executes FILE with a terminal of its own, and says "terminal NAME" first. */
#define _GNU_SOURCE
#include <pty.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int count, char **words)
{
	int in = dup(STDIN_FILENO), out = dup(STDOUT_FILENO);
	char name[64];
	int terminal;
	pid_t child;

	if (count < 3)
		return 1;
	child = forkpty(&terminal, name, NULL, NULL);
	if (child == 0) {
		dprintf(out, "terminal %s\n", ttyname(STDIN_FILENO));
		dup2(in, STDIN_FILENO);
		dup2(out, STDOUT_FILENO);
		execv(words[1], words + 2);
		_exit(127);
	}
	return child < 0 || waitpid(child, NULL, 0) < 0;
}
