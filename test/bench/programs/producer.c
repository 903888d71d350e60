/*
 * producer OBJECT RING COUNTERS CONTROL RING_BYTES RECORD_BYTES
 *
 * Attaches producer.bpf.c's object to the maps with these ids and says "ready". For each line of its
 * input, a number, it calls getppid() so often, each a record, and writes how many came into the ring
 * so far.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "shared_maps.h"

struct producer {
	__u32 pid;
	__u32 record_bytes;
	__u32 syscall;
	__u32 reserved;
};

/* Returns the counters'. */
static int share_maps(struct bpf_object *object, char **ids)
{
	int fds[SHARED_MAPS];

	for (int i = 0; i < SHARED_MAPS; i++) {
		struct bpf_map *map = bpf_object__find_map_by_name(object, shared_map_names[i]);

		fds[i] = bpf_map_get_fd_by_id(atoi(ids[i]));
		if (fds[i] < 0 || !map || bpf_map__reuse_fd(map, fds[i]))
			err(1, "map %s (id %s)", shared_map_names[i], ids[i]);
	}
	return fds[COUNTERS];
}

static void set_constants(struct bpf_object *object, const struct settings *settings, const struct producer *producer)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object) {
		const char *name = bpf_map__name(map);
		int error = 0;

		if (!strcmp(name, ".rodata.settings"))
			error = bpf_map__set_initial_value(map, settings, sizeof(*settings));
		else if (!strcmp(name, ".rodata.producer"))
			error = bpf_map__set_initial_value(map, producer, sizeof(*producer));
		if (error)
			errx(1, "%s has another size", name);
	}
}

/* Attempts less failures, of all CPUs. */
static unsigned long long submitted(int counters)
{
	const int cpus = libbpf_num_possible_cpus();
	unsigned long long sum = 0;

	for (int cpu = 0; cpu < cpus; cpu++) {
		struct cpu_counters counts;

		if (bpf_map_lookup_elem(counters, &cpu, &counts))
			err(1, "counters");
		sum += counts.attempts[RECORD_EXIT] - counts.failed[RECORD_EXIT];
	}
	return sum;
}

int main(int argc, char **argv)
{
	struct settings settings = { 0 };
	struct producer producer = { .pid = getpid(), .syscall = SYS_getppid };
	struct bpf_object *object;
	char line[16];
	int counters;

	if (argc != 7)
		errx(2, "usage: producer OBJECT RING COUNTERS CONTROL RING_BYTES RECORD_BYTES");
	settings.ring_bytes = atoll(argv[5]);
	producer.record_bytes = atoi(argv[6]);
	object = bpf_object__open_file(argv[1], NULL);
	if (!object)
		err(1, "%s", argv[1]);
	counters = share_maps(object, argv + 2);
	set_constants(object, &settings, &producer);
	if (bpf_object__load(object))
		err(1, "load");
	if (!bpf_program__attach(bpf_object__find_program_by_name(object, "producer_run")))
		err(1, "attach");

	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("ready");
	while (fgets(line, sizeof(line), stdin)) {
		for (long count = atol(line); count > 0; count--)
			syscall(SYS_getppid);
		printf("%llu\n", submitted(counters));
	}
	return 0;
}
