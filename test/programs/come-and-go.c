/* come-and-go: until its input ends, makes one process after the other that executes nothing, and says each "PID". */
#include <poll.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
	struct pollfd input = {STDIN_FILENO, POLLIN, 0};

	while (poll(&input, 1, 0) == 0) {
		pid_t child = fork();

		if (child == 0)
			_exit(0);
		if (child < 0 || waitpid(child, NULL, 0) < 0)
			return 1;
		printf("%d\n", child);
		fflush(stdout);
	}
	return 0;
}
