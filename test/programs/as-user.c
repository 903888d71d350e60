/* as-user UID GID FILE ARGUMENT...: executes FILE as that user, who need not be able to reach it by name. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int count, char **words)
{
	int file = open(words[3], O_PATH);
	uid_t uid = atoi(words[1]);
	gid_t gid = atoi(words[2]);

	if (count < 5 || file < 0 || setgroups(0, NULL) || setresgid(gid, gid, gid) || setresuid(uid, uid, uid))
		return 1;
	fexecve(file, words + 4, environ);
	perror("fexecve");
	return 127;
}
