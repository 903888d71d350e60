/* hold-threads COUNT [leaderless]: as hold, in a process of COUNT threads; its first one ends at once if so told. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static pthread_t leader;
static int is_leaderless;

static void *stay(void *nothing)
{
	for (;;)
		pause();
	return nothing;
}

static void *hold(void *nothing)
{
	char byte;

	(void)nothing;
	if (is_leaderless)
		pthread_join(leader, NULL);
	printf("ready %d\n", getpid());
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	exit(0);
}

int main(int count, char **words)
{
	pthread_t thread;

	leader = pthread_self();
	is_leaderless = count > 2;
	if (count < 2)
		return 1;
	for (int i = 1 + is_leaderless; i < atoi(words[1]); i++)
		if (pthread_create(&thread, NULL, stay, NULL))
			return 1;
	if (!is_leaderless)
		hold(NULL);
	if (pthread_create(&thread, NULL, hold, NULL))
		return 1;
	pthread_exit(NULL);
}
