/*
 * write-to-many COUNT stay|pass: makes children and writes into each of them. Those that stay are there
 * until its input ends; one that passes is gone before the next one comes. Says "ready" when all are written to.
 */
#define _GNU_SOURCE
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static char space[64];

static pid_t write_to_child(void)
{
	char bytes[16] = "written";
	struct iovec own = { bytes, sizeof(bytes) }, other = { space, sizeof(bytes) };
	pid_t child = fork();

	if (child < 0)
		err(1, "fork");
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pause();
		_exit(0);
	}
	if (process_vm_writev(child, &own, 1, &other, 1, 0) != sizeof(bytes))
		err(1, "process_vm_writev");
	return child;
}

static void end(pid_t child)
{
	if (kill(child, SIGKILL) || waitpid(child, NULL, 0) != child)
		err(1, "kill");
}

int main(int count, char **words)
{
	int children = count == 3 ? atoi(words[1]) : 0;
	pid_t *made = calloc(children + 1, sizeof(*made));
	char byte;

	for (int i = 0; i < children; i++) {
		made[i] = write_to_child();
		if (!strcmp(words[2], "pass"))
			end(made[i]);
	}
	printf("ready\n");
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	for (int i = 0; i < children && !strcmp(words[2], "stay"); i++)
		end(made[i]);
	return 0;
}
