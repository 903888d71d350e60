/*
 * map_watch OBJECT HOW: sees the mappings of the machine until its input ends; says "ready" before.
 * HOW is single or all, the programs of OBJECT whose names begin so, or perf, MMAP2 records.
 */
#include <bpf/libbpf.h>
#include <err.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { DATA_PAGES = 256 };

static void attach(const char *object_file, const char *how)
{
	struct bpf_object *object = bpf_object__open_file(object_file, NULL);
	struct bpf_program *program;

	if (!object)
		err(1, "%s", object_file);
	bpf_object__for_each_program(program, object)
		bpf_program__set_autoload(program, !strncmp(bpf_program__name(program), how, strlen(how)));
	if (bpf_object__load(object))
		err(1, "load");
	bpf_object__for_each_program(program, object)
		if (bpf_program__autoload(program) && !bpf_program__attach(program))
			err(1, "attach");
}

/* Nobody reads them: what is over is lost, and costs the same. */
static void record(void)
{
	struct perf_event_attr attributes = {
		.size = sizeof(attributes),
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_DUMMY,
		.mmap = 1,
		.mmap2 = 1,
		.sample_id_all = 1,
		.sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_TIME,
		.use_clockid = 1,
		.clockid = CLOCK_BOOTTIME,
		.watermark = 1,
		.wakeup_watermark = 1 << 18,
	};
	long page = sysconf(_SC_PAGESIZE);

	for (long cpu = 0; cpu < sysconf(_SC_NPROCESSORS_ONLN); cpu++) {
		int fd = syscall(SYS_perf_event_open, &attributes, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);

		if (fd < 0)
			err(1, "perf_event_open");
		if (mmap(NULL, (1 + DATA_PAGES) * page, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED)
			err(1, "mmap");
	}
}

int main(int count, char **words)
{
	char byte;

	if (count != 3)
		errx(2, "usage: map_watch OBJECT single|all|perf");
	if (!strcmp(words[2], "perf"))
		record();
	else
		attach(words[1], words[2]);
	puts("ready");
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	return 0;
}
