/*
 * usage PROGRAM [ARGUMENT...]
 *
 * Runs a program, then writes "usage USER SYSTEM": the CPU time that it and all that it waited for
 * have used, in microseconds.
 */
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
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
	pid_t pid;

	if (argc < 2)
		errx(2, "usage: usage PROGRAM [ARGUMENT...]");
	pid = fork();
	if (pid < 0)
		err(1, "fork");
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execv(argv[1], argv + 1);
		err(127, "%s", argv[1]);
	}
	if (waitpid(pid, &status, 0) != pid || getrusage(RUSAGE_CHILDREN, &usage))
		err(1, "wait");
	printf("usage %lld %lld\n", microseconds(usage.ru_utime), microseconds(usage.ru_stime));
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
