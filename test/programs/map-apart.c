/*
 * map-apart FILE OTHER...: maps FILE's first page to be read, then the same of all the others, and then
 * FILE's second page, elsewhere, to be executed. Says "mapped ADDRESS" of that, then holds.
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

static void *map(const char *name, int protection, off_t offset)
{
	int file = open(name, O_RDONLY);
	void *place = mmap(NULL, sysconf(_SC_PAGESIZE), protection, MAP_PRIVATE, file, offset);

	if (place == MAP_FAILED)
		err(1, "%s", name);
	close(file);
	return place;
}

int main(int count, char **words)
{
	void *place;
	char byte;

	for (int i = 1; i < count; i++)
		map(words[i], PROT_READ, 0);
	place = map(words[1], PROT_READ | PROT_EXEC, sysconf(_SC_PAGESIZE));
	printf("mapped %lu\nready %d\n", (unsigned long)place, getpid());
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	return 0;
}
