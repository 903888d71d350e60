/* The first thread ends; the process goes on in the second, and ends with it. */
#include <pthread.h>
#include <unistd.h>

static pthread_t leader;

static void *outlive(void *nothing)
{
	(void)nothing;
	pthread_join(leader, NULL);
	_exit(7);
}

int main(void)
{
	pthread_t second;

	leader = pthread_self();
	if (pthread_create(&second, NULL, outlive, NULL))
		return 1;
	pthread_exit(NULL);
}
