/*
 * map-file FILE: maps its first two pages to be read and then lets the second one be executed, twice;
 * and maps the third one to be executed. Says "protected ADDRESS" and "mapped ADDRESS", then holds.
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

static char *map(int file, size_t length, int protection, off_t offset)
{
	char *place = mmap(NULL, length, protection, MAP_PRIVATE, file, offset);

	if (place == MAP_FAILED)
		err(1, "mmap");
	return place;
}

int main(int count, char **words)
{
	long page = sysconf(_SC_PAGESIZE);
	int file = open(words[count - 1], O_RDONLY);
	char *place, *other;
	char byte;

	if (count != 2 || file < 0)
		errx(1, "usage: map-file FILE");
	place = map(file, 2 * page, PROT_READ, 0);
	if (mprotect(place + page, page, PROT_READ | PROT_EXEC) || mprotect(place + page, page, PROT_READ) ||
	    mprotect(place + page, page, PROT_READ | PROT_EXEC))
		err(1, "mprotect");
	other = map(file, page, PROT_READ | PROT_EXEC, 2 * page);
	printf("protected %lu\nmapped %lu\nready %d\n", (unsigned long)place, (unsigned long)other, getpid());
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	return 0;
}
