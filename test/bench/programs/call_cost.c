/*
 * call_cost KIND COUNT: nanoseconds of CPU for each of so many calls, the best of nine times. KIND is
 * call (getppid), or what is mapped and unmapped: anonymous, file or code.
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { TIMES = 9 };

static double cpu_ns(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return time.tv_sec * 1e9 + time.tv_nsec;
}

static void map(int protection, int flags, int file)
{
	void *place = mmap(NULL, 4096, protection, MAP_PRIVATE | flags, file, 0);

	if (place == MAP_FAILED || munmap(place, 4096))
		err(1, "mmap");
}

static void once(const char *kind, int file)
{
	if (!strcmp(kind, "call"))
		syscall(SYS_getppid);
	else if (!strcmp(kind, "anonymous"))
		map(PROT_READ | PROT_WRITE, MAP_ANONYMOUS, -1);
	else
		map(strcmp(kind, "code") ? PROT_READ : PROT_READ | PROT_EXEC, 0, file);
}

int main(int words_count, char **words)
{
	int file = open(words[0], O_RDONLY);
	double best = 0;

	if (words_count != 3 || file < 0)
		errx(2, "usage: call_cost call|anonymous|file|code COUNT");
	for (int time = 0; time < TIMES; time++) {
		int count = atoi(words[2]);
		double before = cpu_ns(), each;

		for (int i = 0; i < count; i++)
			once(words[1], file);
		each = (cpu_ns() - before) / count;
		if (time == 0 || each < best)
			best = each;
	}
	printf("%.1f\n", best);
	return 0;
}
