/*
 * end-by-threads LEADER LAST [group]: the leader ends with status LEADER, and the process goes on in
 * a second thread, which ends with status LAST; with "group" it ends the whole process so.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static pthread_t leader;
static int status, ends_group;

static void *outlive(void *nothing)
{
	(void)nothing;
	pthread_join(leader, NULL);
	if (ends_group)
		syscall(SYS_exit_group, status);
	syscall(SYS_exit, status);
	return NULL;
}

int main(int count, char **words)
{
	pthread_t second;

	if (count < 3)
		return 1;
	leader = pthread_self();
	status = atoi(words[2]);
	ends_group = count > 3;
	if (pthread_create(&second, NULL, outlive, NULL))
		return 1;
	syscall(SYS_exit, atoi(words[1]));
}
