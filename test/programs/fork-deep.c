/* fork-deep COUNT: forks a child that forks a child..., so many; each waits for its own, and none executes anything. */
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int count, char **words)
{
	int left = count < 2 ? 0 : atoi(words[1]);

	while (left-- > 0) {
		pid_t child = fork();

		if (child != 0)
			return child < 0 || waitpid(child, NULL, 0) < 0;
	}
	return 0;
}
