/*
 * usage FILE PROGRAM [ARGUMENT...]
 *
 * Runs a program, and writes to FILE how much CPU time it and all that it waited for have used:
 * user and system, in microseconds.
 */
#include <err.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static long long microseconds(struct timeval time)
{
	return time.tv_sec * 1000000LL + time.tv_usec;
}

int main(int argc, char **argv)
{
	struct rusage usage;
	int status;
	FILE *file;
	pid_t pid;

	if (argc < 3)
		errx(2, "usage: usage FILE PROGRAM [ARGUMENT...]");
	pid = fork();
	if (pid < 0)
		err(1, "fork");
	if (pid == 0) {
		execv(argv[2], argv + 2);
		err(127, "%s", argv[2]);
	}
	if (waitpid(pid, &status, 0) != pid || getrusage(RUSAGE_CHILDREN, &usage))
		err(1, "wait");
	file = fopen(argv[1], "w");
	if (!file || fprintf(file, "%lld %lld\n", microseconds(usage.ru_utime), microseconds(usage.ru_stime)) < 0 ||
	    fclose(file))
		err(1, "%s", argv[1]);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
