/*
 * act-often COUNT FOLDER: so often creates a named pipe in FOLDER, opens it, removes it, and opens the memory of a
 * child. Says "actor PID" and "child PID".
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void open_and_close(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	if (fd < 0 || close(fd))
		err(1, "%s", path);
}

int main(int count, char **words)
{
	char memory[64];
	pid_t child;

	if (count != 3 || chdir(words[2]))
		return 2;
	child = fork();
	if (child == 0) {
		pause();
		_exit(0);
	}
	snprintf(memory, sizeof(memory), "/proc/%d/mem", child);
	printf("actor %d\nchild %d\n", getpid(), child);
	for (int i = 0; i < atoi(words[1]); i++) {
		if (mkfifo("pipe", 0600))
			err(1, "mkfifo");
		open_and_close("pipe", O_RDWR);
		if (unlink("pipe"))
			err(1, "unlink");
		open_and_close(memory, O_RDONLY);
	}
	kill(child, SIGKILL);
	return waitpid(child, NULL, 0) != child;
}
