/*
 * bpf_figures
 *
 * What the kernel tells of BPF only through bpf(2). Answers each line of its input with one:
 *
 *   on       the kernel times every run of every program, until "off" or until we end
 *   off
 *   ring ID  the position of the producers in the ring with this map id: all bytes that it ever took
 */
#include <bpf/bpf.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void time_programs(int *timing, int is_on)
{
	if (*timing >= 0)
		close(*timing);
	*timing = is_on ? bpf_enable_stats(BPF_STATS_RUN_TIME) : -1;
	if (is_on && *timing < 0)
		err(1, "bpf_enable_stats");
	puts(is_on ? "on" : "off");
}

/* kernel/bpf/ringbuf.c: the second page begins with it. */
static void tell_position(unsigned int map_id)
{
	const long page = sysconf(_SC_PAGESIZE);
	const int fd = bpf_map_get_fd_by_id(map_id);
	const unsigned long *position;

	if (fd < 0)
		err(1, "map %u", map_id);
	position = mmap(NULL, page, PROT_READ, MAP_SHARED, fd, page);
	if (position == MAP_FAILED)
		err(1, "map %u", map_id);
	printf("%lu\n", __atomic_load_n(position, __ATOMIC_ACQUIRE));
	munmap((void *)position, page);
	close(fd);
}

int main(void)
{
	int timing = -1;
	char line[32];

	setvbuf(stdout, NULL, _IOLBF, 0);
	while (fgets(line, sizeof(line), stdin)) {
		if (!strncmp(line, "ring ", 5))
			tell_position(atol(line + 5));
		else
			time_programs(&timing, !strcmp(line, "on\n"));
	}
	return 0;
}
