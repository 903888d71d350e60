/*
 * counter OBJECT NAME
 *
 * Loads counter.bpf.c's object, says "ready", and answers each line with seven numbers:
 * forks, execs, exits; those of children of processes called NAME; runs that the kernel skipped.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <err.h>
#include <stdio.h>
#include <string.h>

enum { COUNTS = 6 };

static const struct bpf_object *load(const char *path, const char *name)
{
	struct bpf_object *object = bpf_object__open_file(path, NULL);
	struct bpf_program *program;
	struct bpf_map *map;

	if (!object)
		err(1, "%s", path);
	bpf_object__for_each_map(map, object) {
		char own[16] = "";

		if (!strstr(bpf_map__name(map), ".rodata"))
			continue;
		strncpy(own, name, sizeof(own) - 1);
		if (bpf_map__set_initial_value(map, own, sizeof(own)))
			errx(1, "the name has another place");
	}
	if (bpf_object__load(object))
		err(1, "load");
	bpf_object__for_each_program(program, object)
		if (!bpf_program__attach(program))
			err(1, "attach %s", bpf_program__name(program));
	return object;
}

static unsigned long long missed_runs(const struct bpf_object *object)
{
	unsigned long long missed = 0;
	struct bpf_program *program;

	bpf_object__for_each_program(program, object) {
		struct bpf_prog_info info = { 0 };
		__u32 length = sizeof(info);

		if (bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &length))
			err(1, "info");
		missed += info.recursion_misses;
	}
	return missed;
}

static void answer(const struct bpf_object *object)
{
	const int counts = bpf_object__find_map_fd_by_name(object, "counts");

	for (__u32 what = 0; what < COUNTS; what++) {
		__u64 count;

		if (bpf_map_lookup_elem(counts, &what, &count))
			err(1, "counts");
		printf("%llu ", (unsigned long long)count);
	}
	printf("%llu\n", missed_runs(object));
}

int main(int argc, char **argv)
{
	const struct bpf_object *object;
	char line[16];

	if (argc != 3)
		errx(2, "usage: counter OBJECT NAME");
	setvbuf(stdout, NULL, _IOLBF, 0);
	object = load(argv[1], argv[2]);
	puts("ready");
	while (fgets(line, sizeof(line), stdin))
		answer(object);
	return 0;
}
