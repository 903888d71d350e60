/* exec-unlinked FILE ARGUMENT...: opens FILE, removes it, and executes it then. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int main(int count, char **words)
{
	int file = open(words[1], O_RDONLY | O_CLOEXEC);

	if (count < 3 || file < 0 || unlink(words[1]))
		return 1;
	fexecve(file, words + 2, environ);
	perror("fexecve");
	return 127;
}
