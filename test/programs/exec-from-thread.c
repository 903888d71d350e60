/* exec-from-thread FILE ARGUMENT...: a thread that is not the leader executes FILE; the leader vanishes. */
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

static char **words;

static void *execute(void *nothing)
{
	(void)nothing;
	execv(words[1], words + 2);
	perror("execv");
	_exit(127);
}

int main(int count, char **arguments)
{
	pthread_t second;

	words = arguments;
	if (count < 3 || pthread_create(&second, NULL, execute, NULL))
		return 1;
	for (;;)
		pause();
}
