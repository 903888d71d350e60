// SPDX-License-Identifier: MIT
// swap A B PATH ROUNDS: in each round PATH.N is a copy of A and is executed, and then it is written as B, at once and to
// the same length; the first half of the rounds in place, the others as a new file with the same time. Both are
// programs that end at once. Begins each round with a tick of the kernel's clock, so that all of it has one time.
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char first[1 << 20], second[1 << 20];

static size_t content(const char *path, char *bytes)
{
	int fd = open(path, O_RDONLY);
	ssize_t size = read(fd, bytes, sizeof(first));

	close(fd);
	return size < 0 ? 0 : (size_t)size;
}

static void put(const char *path, const char *bytes, size_t size)
{
	const struct timespec times[2] = { { 1600000000, 5 }, { 1600000000, 5 } };
	int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0755);

	if (fd < 0 || pwrite(fd, bytes, size, 0) != (ssize_t)size || futimens(fd, times))
		exit(2);
	close(fd);
}

int main(int count, char **arguments)
{
	size_t size = content(arguments[1], first);
	int rounds = atoi(arguments[4]);

	if (count != 5 || size == 0 || content(arguments[2], second) != size)
		return 1;
	for (int i = 0; i < rounds; i++) {
		struct timespec begin, now;
		char path[256];
		char *run[] = { path, NULL }, *none[] = { NULL };
		pid_t pid;

		snprintf(path, sizeof(path), "%s.%d", arguments[3], i);
		clock_gettime(CLOCK_REALTIME_COARSE, &begin);
		do
			clock_gettime(CLOCK_REALTIME_COARSE, &now);
		while (now.tv_nsec == begin.tv_nsec);
		put(path, first, size);
		if (posix_spawn(&pid, path, NULL, NULL, run, none) || waitpid(pid, NULL, 0) < 0)
			return 3;
		if (i >= rounds / 2)
			unlink(path);
		put(path, second, size);
	}
	return 0;
}
