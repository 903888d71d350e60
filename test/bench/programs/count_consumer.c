/*
 * count_consumer RING_BYTES
 *
 * What the ring suite compares with: the least that a consumer in C can do, on libbpf. Makes the
 * maps, writes their ids, and counts records. It waits as the sensor does (native/linux/ring_waiter.cc):
 * asleep on an empty ring, else pausing for 5 ms so that records gather. It answers each line of its
 * input with how many there were so far and its CPU time in nanoseconds.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "shared_maps.h"

enum { PAUSE_MS = 5, IDLE_MS = 1000 };

static unsigned long long count;

static int on_record(void *context, void *data, size_t bytes)
{
	(void)context, (void)data, (void)bytes;
	count++;
	return 0;
}

static unsigned int id_of(int fd)
{
	struct bpf_map_info info = { 0 };
	__u32 length = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &length))
		err(1, "map info");
	return info.id;
}

static int make_array(const char *name, unsigned int bytes, unsigned int entries)
{
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_MMAPABLE);
	const int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, name, 4, bytes, entries, &options);

	if (fd < 0)
		err(1, "%s", name);
	return fd;
}

static unsigned long long cpu_ns(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return time.tv_sec * 1000000000ULL + time.tv_nsec;
}

static void tell(struct control *control, __u32 state)
{
	__atomic_store_n(&control->consumer, state, __ATOMIC_SEQ_CST);
}

/* Edge-triggered as the sensor's: a pause must not end because of records that are already there. */
static int watch(int ring)
{
	struct epoll_event on_ring = { .events = EPOLLIN | EPOLLET, .data.fd = ring };
	struct epoll_event on_input = { .events = EPOLLIN, .data.fd = 0 };
	const int epoll = epoll_create1(EPOLL_CLOEXEC);

	if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, ring, &on_ring) || epoll_ctl(epoll, EPOLL_CTL_ADD, 0, &on_input))
		err(1, "epoll");
	return epoll;
}

/* Whether the input ended the waiting. */
static int wait_for_records(int epoll, struct control *control, int found)
{
	struct epoll_event events[2];
	int is_asked = 0;

	tell(control, found ? CONSUMER_PAUSED : CONSUMER_ASLEEP);
	for (int i = epoll_wait(epoll, events, 2, found ? PAUSE_MS : IDLE_MS); i > 0; i--)
		is_asked |= events[i - 1].data.fd == 0;
	tell(control, CONSUMER_AWAKE);
	return is_asked;
}

int main(int argc, char **argv)
{
	const unsigned int ring_bytes = argc == 2 ? atoi(argv[1]) : 0;
	const int ring_fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "bench_ring", 0, 0, ring_bytes, NULL);
	const int counters_fd = make_array("bench_cpus", sizeof(struct cpu_counters), libbpf_num_possible_cpus());
	const int control_fd = make_array("bench_control", sizeof(struct control), 1);
	struct control *control = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, control_fd, 0);
	struct ring_buffer *ring = ring_fd < 0 ? NULL : ring_buffer__new(ring_fd, on_record, NULL, NULL);
	int epoll;
	char line[16];

	if (!ring || control == MAP_FAILED)
		err(1, "maps");
	epoll = watch(ring_fd);
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("%u %u %u\n", id_of(ring_fd), id_of(counters_fd), id_of(control_fd));
	for (;;) {
		const int found = ring_buffer__consume(ring) > 0;

		if (!wait_for_records(epoll, control, found))
			continue;
		if (!fgets(line, sizeof(line), stdin))
			return 0;
		ring_buffer__consume(ring);
		printf("%llu %llu\n", count, cpu_ns());
	}
}
