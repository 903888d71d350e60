/* kill-by-threads NUMBER: a process of four threads; one of them sends the process that signal. */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

static void *stay(void *nothing)
{
	for (;;)
		pause();
	return nothing;
}

int main(int count, char **words)
{
	struct rlimit no_core = {0, 0};
	pthread_t thread;

	if (count < 2 || setrlimit(RLIMIT_CORE, &no_core))
		return 1;
	for (int i = 0; i < 3; i++)
		if (pthread_create(&thread, NULL, stay, NULL))
			return 1;
	kill(getpid(), atoi(words[1]));
	stay(NULL);
}
