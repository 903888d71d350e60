/* exec-memory NAME FILE ARGUMENT...: copies FILE into a memfd called NAME and executes that. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int count, char **words)
{
	int memory = memfd_create(words[1], MFD_CLOEXEC);
	int file = open(words[2], O_RDONLY | O_CLOEXEC);
	struct stat status;

	if (count < 4 || memory < 0 || file < 0 || fstat(file, &status))
		return 1;
	while (status.st_size > 0) {
		ssize_t copied = sendfile(memory, file, NULL, status.st_size);

		if (copied <= 0)
			return 1;
		status.st_size -= copied;
	}
	fexecve(memory, words + 3, environ);
	perror("fexecve");
	return 127;
}
