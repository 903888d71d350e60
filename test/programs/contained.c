/*
 * contained ROOT UID FILE ARGUMENT...: executes FILE, as a container would, in namespaces of its own
 * and with ROOT as its root. With a UID its user namespace is its own too: UID is who is 0 there.
 * With 0 it stays in ours. Says "contained PID", the PID in our namespace.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define REQUIRE(what)                                \
	do {                                         \
		if (!(what)) {                       \
			perror(#what);               \
			_exit(1);                    \
		}                                    \
	} while (0)

static void be_root_of(pid_t child, const char *file, uid_t id)
{
	char path[64], map[64];
	int length = snprintf(map, sizeof(map), "0 %u 1\n", id);
	int handle;

	snprintf(path, sizeof(path), "/proc/%d/%s", child, file);
	handle = open(path, O_WRONLY);
	REQUIRE(write(handle, map, length) == length);
	close(handle);
}

static void move_into(const char *root)
{
	REQUIRE(!mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	REQUIRE(!mount(root, root, NULL, MS_BIND | MS_REC, NULL));
	REQUIRE(!chdir(root));
	REQUIRE(!syscall(SYS_pivot_root, ".", "."));
	REQUIRE(!umount2(".", MNT_DETACH));
	REQUIRE(!chdir("/"));
}

int main(int count, char **words)
{
	int others = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWCGROUP;
	int created[2], mapped[2];
	char byte = 0;
	pid_t child;
	uid_t uid;

	REQUIRE(count >= 5 && !pipe2(created, O_CLOEXEC) && !pipe2(mapped, O_CLOEXEC));
	uid = atoi(words[2]);
	child = syscall(SYS_clone, (uid ? CLONE_NEWUSER : 0) | others | SIGCHLD, NULL, NULL, NULL, NULL);
	REQUIRE(child >= 0);
	if (child == 0) {
		REQUIRE(read(mapped[0], &byte, 1) == 1);
		if (uid)
			REQUIRE(!setresgid(0, 0, 0) && !setresuid(0, 0, 0));
		move_into(words[1]);
		execv(words[3], words + 4);
		perror("execv");
		_exit(127);
	}
	if (uid) {
		be_root_of(child, "uid_map", uid);
		be_root_of(child, "gid_map", uid);
	}
	dprintf(STDOUT_FILENO, "contained %d\n", child);
	REQUIRE(write(mapped[1], &byte, 1) == 1);
	return waitpid(child, NULL, 0) < 0;
}
