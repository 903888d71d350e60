/* Leaves a child of its own unburied, says "zombie PID", and stays until its input ends. */
#define _GNU_SOURCE
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
	siginfo_t end;
	pid_t child = fork();
	char byte;

	if (child == 0)
		_exit(0);
	if (child < 0 || waitid(P_PID, child, &end, WEXITED | WNOWAIT))
		return 1;
	dprintf(STDOUT_FILENO, "zombie %d\n", child);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	return 0;
}
