/* insert-module FILE NAME: has the kernel load the module in FILE, and takes it out again. Says "errno N". */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int count, char **words)
{
	int file = count == 3 ? open(words[1], O_RDONLY | O_CLOEXEC) : -1;
	int error = syscall(SYS_finit_module, file, "", 0) ? errno : 0;

	printf("errno %d\n", error);
	return error ? 0 : syscall(SYS_delete_module, words[2], O_NONBLOCK) != 0;
}
