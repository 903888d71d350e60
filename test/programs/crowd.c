/*
 * crowd COUNT TEXTS: as hold, with COUNT more processes of as many users, all of one user namespace that
 * somebody without privileges made. Each has TEXTS arguments of 128,000 bytes. They end when it does.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define REQUIRE(what)                                \
	do {                                         \
		if (!(what)) {                       \
			perror(#what);               \
			exit(1);                     \
		}                                    \
	} while (0)

enum { OWNER = 65534, FIRST_USER = 100000, TEXT_BYTES = 128000, TEXTS_MAX = 8 };

static void map_users(pid_t pid, const char *kind, int count)
{
	char path[64], line[64];
	int file, length = snprintf(line, sizeof(line), "0 %d %d\n", FIRST_USER, count + 1);

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, kind);
	file = open(path, O_WRONLY);
	REQUIRE(file >= 0 && write(file, line, length) == length);
	close(file);
}

static void become(int user)
{
	REQUIRE(!setresgid(user, user, user) && !setresuid(user, user, user));
}

/* Says so on `ready` when it has its arguments. */
static void be_member(int user, int texts, int ready)
{
	char *words[TEXTS_MAX + 3] = {"crowd", "-"}, text[TEXT_BYTES + 1], file[16];

	memset(text, 'x', TEXT_BYTES);
	text[TEXT_BYTES] = '\0';
	snprintf(file, sizeof(file), "%d", ready);
	words[1] = file;
	for (int i = 0; i < texts; i++)
		words[2 + i] = text;
	become(user);
	/* Whoever changes users loses the signal of its parent's death: exec keeps that which is set then. */
	REQUIRE(!prctl(PR_SET_PDEATHSIG, SIGKILL));
	execv("/proc/self/exe", words);
	REQUIRE(!"exec");
}

static void lead(int count, int texts, int in, int ready)
{
	char byte;

	REQUIRE(!prctl(PR_SET_PDEATHSIG, SIGKILL));
	become(OWNER);
	REQUIRE(!prctl(PR_SET_DUMPABLE, 1));
	REQUIRE(!unshare(CLONE_NEWUSER));
	REQUIRE(write(ready, "u", 1) == 1 && read(in, &byte, 1) == 1);
	become(0);
	REQUIRE(!prctl(PR_SET_PDEATHSIG, SIGKILL));
	for (int i = 1; i <= count; i++) {
		pid_t pid = fork();

		REQUIRE(pid >= 0);
		if (pid == 0)
			be_member(i, texts, ready);
	}
	while (read(in, &byte, 1) > 0)
		;
	exit(0);
}

static void stay(int ready)
{
	char name[] = "m";

	if (write(ready, name, 1) != 1)
		exit(1);
	close(ready);
	for (;;)
		pause();
}

int main(int count, char **words)
{
	int in[2], ready[2], members;
	char byte;
	pid_t leader;

	REQUIRE(count >= 3);
	if (!strcmp(words[0], "crowd"))
		stay(atoi(words[1]));
	members = atoi(words[1]);
	REQUIRE(atoi(words[2]) <= TEXTS_MAX);
	REQUIRE(!pipe(in) && !pipe(ready));
	leader = fork();
	REQUIRE(leader >= 0);
	if (leader == 0) {
		close(in[1]);
		close(ready[0]);
		lead(members, atoi(words[2]), in[0], ready[1]);
	}
	close(in[0]);
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1) {
		printf("no user namespaces here\n");
		return 0;
	}
	map_users(leader, "uid_map", members);
	map_users(leader, "gid_map", members);
	REQUIRE(write(in[1], "m", 1) == 1);
	for (int i = 0; i < members; i++)
		REQUIRE(read(ready[0], &byte, 1) == 1);
	printf("ready %d\n", getpid());
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	kill(leader, SIGKILL);
	waitpid(leader, NULL, 0);
	return 0;
}
