/* Says "ready PID" and stays until its input ends: time to look at it. Ends with status 0. */
#include <stdio.h>
#include <unistd.h>

int main(void)
{
	char byte;

	printf("ready %d\n", getpid());
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	return 0;
}
