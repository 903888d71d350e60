/* nest FILE ARGUMENT...: executes FILE as number 1 of a pid namespace of its own. Says "nested PID", as it is outside. */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int count, char **words)
{
	pid_t child = syscall(SYS_clone, CLONE_NEWPID | CLONE_NEWNS | SIGCHLD, NULL, NULL, NULL, NULL);

	if (count < 2 || child < 0)
		return 1;
	if (child == 0) {
		if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) || mount("proc", "/proc", "proc", 0, NULL))
			return 1;
		execv(words[1], words + 1);
		return 127;
	}
	printf("nested %d\n", child);
	fflush(stdout);
	return waitpid(child, NULL, 0) < 0;
}
