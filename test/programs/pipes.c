/*
 * pipes FOLDER: creates and opens named pipes below FOLDER, which it is in. Says what it does before it
 * does it, and "held" while it waits for somebody to open the other end of "wait".
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define REQUIRE(what)                                \
	do {                                         \
		if (!(what)) {                       \
			perror(#what);               \
			_exit(1);                    \
		}                                    \
	} while (0)

static const char *whole(const char *folder, const char *name)
{
	static char path[4096];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void create(const char *folder)
{
	int below;

	REQUIRE(!mkfifo("relative", 0600));
	REQUIRE(!mkfifo(whole(folder, "absolute"), 0600));
	REQUIRE(!mkdir("below", 0700));
	below = open("below", O_RDONLY | O_DIRECTORY);
	REQUIRE(!mkfifoat(below, "descriptor", 0600));
	REQUIRE(!mkfifoat(below, "../up", 0600));
	REQUIRE(!syscall(SYS_mknod, "old", S_IFIFO | 0600, 0));
	/* None of these is a new pipe. */
	REQUIRE(mkfifo("relative", 0600) && errno == EEXIST);
	REQUIRE(mkfifo("nowhere/pipe", 0600) && errno == ENOENT);
	REQUIRE(!mknod("file", S_IFREG | 0600, 0));
}

static void open_each(void)
{
	struct open_how how = { .flags = O_RDWR };
	char path[64];
	int both;

	both = open("relative", O_RDWR);
	REQUIRE(both >= 0);
	REQUIRE(open("absolute", O_RDONLY | O_NONBLOCK) >= 0);
	REQUIRE(syscall(SYS_openat2, AT_FDCWD, "old", &how, sizeof(how)) >= 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", both);
	REQUIRE(open(path, O_RDONLY) >= 0);
	REQUIRE(syscall(SYS_creat, "relative", 0600) >= 0);
	/* Nobody reads: it is refused. */
	REQUIRE(open("up", O_WRONLY | O_NONBLOCK) < 0 && errno == ENXIO);
	REQUIRE(open("up", O_PATH) >= 0);
}

static void open_nameless(void)
{
	char path[64];
	int ends[2];

	REQUIRE(!pipe(ends));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", ends[0]);
	REQUIRE(open(path, O_RDONLY) >= 0);
}

int main(int count, char **words)
{
	if (count != 2 || chdir(words[1]))
		return 2;
	create(words[1]);
	open_each();
	open_nameless();
	REQUIRE(!mkfifo("wait", 0600));
	printf("held\n");
	fflush(stdout);
	REQUIRE(open("wait", O_RDONLY) >= 0);
	return 0;
}
