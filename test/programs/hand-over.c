/*
 * hand-over: as hold, but of its threads each lives for some milliseconds only and starts the next one,
 * the main one too. Ends a minute later in any case.
 */
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { LIFE_MS = 5, LONGEST_SECONDS = 60 };

static void *live(void *next)
{
	struct pollfd input = {.fd = STDIN_FILENO};
	pthread_t thread;

	(void)next;
	if (poll(&input, 1, LIFE_MS) > 0)
		exit(0);
	if (pthread_create(&thread, NULL, live, NULL))
		exit(1);
	pthread_detach(thread);
	return NULL;
}

int main(void)
{
	pthread_t thread;

	alarm(LONGEST_SECONDS);
	if (pthread_create(&thread, NULL, live, NULL))
		return 1;
	pthread_detach(thread);
	printf("ready %d\n", getpid());
	fflush(stdout);
	pthread_exit(NULL);
}
