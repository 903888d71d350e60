/* fork-exec MILLISECONDS FILE ARGUMENT...: forks; the child says "forked PID", waits, and executes FILE. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int count, char **words)
{
	int status;

	if (count < 4)
		return 1;
	if (fork() == 0) {
		dprintf(STDOUT_FILENO, "forked %d\n", getpid());
		usleep(atoi(words[1]) * 1000);
		execv(words[2], words + 3);
		perror("execv");
		_exit(127);
	}
	wait(&status);
	return WEXITSTATUS(status);
}
