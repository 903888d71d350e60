/* uring-open FILE: opens FILE to read and write through io_uring, without a library. Says "errno N". */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static char *map(int ring, size_t size, off_t what)
{
	return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring, what);
}

static int fail(void)
{
	printf("errno %d\n", errno);
	return 0;
}

int main(int count, char **words)
{
	struct io_uring_params params = {};
	int ring = syscall(SYS_io_uring_setup, 4, &params);
	struct io_uring_sqe *entries;
	struct io_uring_cqe *done;
	char *submission, *completion;
	unsigned int *array;

	if (count != 2 || ring < 0)
		return fail();
	submission = map(ring, params.sq_off.array + params.sq_entries * sizeof(*array), IORING_OFF_SQ_RING);
	completion = map(ring, params.cq_off.cqes + params.cq_entries * sizeof(*done), IORING_OFF_CQ_RING);
	entries = (void *)map(ring, params.sq_entries * sizeof(*entries), IORING_OFF_SQES);
	if (submission == MAP_FAILED || completion == MAP_FAILED || (void *)entries == MAP_FAILED)
		return fail();
	entries[0] = (struct io_uring_sqe){ .opcode = IORING_OP_OPENAT,
					    .fd = AT_FDCWD,
					    .addr = (unsigned long)words[1],
					    .open_flags = O_RDWR };
	array = (void *)(submission + params.sq_off.array);
	array[0] = 0;
	__atomic_store_n((unsigned int *)(submission + params.sq_off.tail), 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) < 0)
		return fail();
	done = (void *)(completion + params.cq_off.cqes);
	printf("errno %d\n", done->res < 0 ? -done->res : 0);
	return 0;
}
