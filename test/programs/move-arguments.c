/*
 * move-arguments anonymous BYTES, move-arguments page FOLDER, move-arguments lock FOLDER: as hold, but its
 * arguments lie elsewhere from now on (prctl, PR_SET_MM): in BYTES of memory that begin with "begin" and are
 * otherwise 0; in a file whose server never answers a read; or where they were, while its memory is locked
 * for as long as that server does not answer a write. Ends, and the server with it, when its input does; the
 * server after half a minute in any case.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/fuse.h>
#include <linux/prctl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define REQUIRE(what)                                \
	do {                                         \
		if (!(what)) {                       \
			perror(#what);               \
			exit(1);                     \
		}                                    \
	} while (0)

enum { FILE_NODE = 2, FILE_BYTES = 4096, FOREVER = 3600, LONGEST_SECONDS = 30, REQUEST_BYTES = 1 << 17 };

static void answer(int fuse, __u64 unique, int error, const void *body, size_t bytes)
{
	char reply[sizeof(struct fuse_out_header) + FILE_BYTES];
	struct fuse_out_header head = {.len = sizeof(head) + bytes, .error = -error, .unique = unique};

	memcpy(reply, &head, sizeof(head));
	memcpy(reply + sizeof(head), body, bytes);
	if (write(fuse, reply, head.len) < 0)
		perror("answer");
}

static struct fuse_attr attributes_of(__u64 node)
{
	struct fuse_attr attributes = {.ino = node, .nlink = 1, .blksize = 4096};

	attributes.mode = node == FILE_NODE ? S_IFREG | 0666 : S_IFDIR | 0755;
	attributes.size = node == FILE_NODE ? FILE_BYTES : 0;
	return attributes;
}

/* A file system with one file. Every second descriptor of it bypasses the page cache. */
static void serve(int fuse, int reads_are_answered)
{
	static char request[REQUEST_BYTES];
	static char zeros[FILE_BYTES];
	struct fuse_in_header *in = (void *)request;
	int opened = 0;

	while (read(fuse, request, sizeof(request)) > 0) {
		struct fuse_init_in *asked = (void *)(in + 1);
		struct fuse_init_out init = {.major = 7, .minor = 31, .max_readahead = asked->max_readahead, .max_write = 65536};
		struct fuse_entry_out entry = {.nodeid = FILE_NODE, .entry_valid = FOREVER, .attr_valid = FOREVER};
		struct fuse_attr_out attributes = {.attr_valid = FOREVER, .attr = attributes_of(in->nodeid)};
		struct fuse_open_out open = {.fh = 1};

		switch (in->opcode) {
		case FUSE_INIT:
			answer(fuse, in->unique, 0, &init, sizeof(init));
			break;
		case FUSE_LOOKUP:
			entry.attr = attributes_of(FILE_NODE);
			answer(fuse, in->unique, 0, &entry, sizeof(entry));
			break;
		case FUSE_GETATTR:
		case FUSE_SETATTR:
			answer(fuse, in->unique, 0, &attributes, sizeof(attributes));
			break;
		case FUSE_OPEN:
			open.open_flags = opened++ % 2 ? FOPEN_DIRECT_IO : FOPEN_KEEP_CACHE;
			answer(fuse, in->unique, 0, &open, sizeof(open));
			break;
		case FUSE_READ:
			if (reads_are_answered)
				answer(fuse, in->unique, 0, zeros, sizeof(zeros));
			break;
		case FUSE_WRITE:
		case FUSE_FORGET:
		case FUSE_BATCH_FORGET:
		case FUSE_INTERRUPT:
			break;
		case FUSE_RELEASE:
		case FUSE_FLUSH:
			answer(fuse, in->unique, 0, NULL, 0);
			break;
		default:
			answer(fuse, in->unique, 38 /* ENOSYS */, NULL, 0);
		}
	}
	exit(0);
}

static pid_t start_server(const char *folder, int reads_are_answered)
{
	int fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	char options[80];
	pid_t server;

	if (fuse < 0) {
		printf("no FUSE here\n");
		exit(0);
	}
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0", fuse);
	REQUIRE(!mount("kernelwire-test", folder, "fuse", MS_NOSUID | MS_NODEV, options));
	server = fork();
	REQUIRE(server >= 0);
	if (server == 0) {
		/*
		 * While its memory is locked not even SIGKILL ends the other process, and whatever reads its
		 * command line, such as ps, waits too: so nobody does for longer than that.
		 */
		alarm(LONGEST_SECONDS);
		serve(fuse, reads_are_answered);
	}
	close(fuse);
	return server;
}

static int open_file(const char *folder, int flags)
{
	char path[4096];
	int file;

	snprintf(path, sizeof(path), "%s/file", folder);
	file = open(path, flags);
	REQUIRE(file >= 0);
	return file;
}

/* The other fields stay as they are: proc(5), /proc/PID/stat. */
static void move_to(char *start, size_t bytes)
{
	struct prctl_mm_map map = {.exe_fd = -1};
	unsigned long field[53] = {0};
	char text[4096];
	FILE *stat = fopen("/proc/self/stat", "r");
	char *word;
	int i = 3;

	REQUIRE(stat && fgets(text, sizeof(text), stat));
	fclose(stat);
	for (word = strtok(strrchr(text, ')') + 1, " "); word && i < 53; word = strtok(NULL, " "), i++)
		field[i] = strtoul(word, NULL, 10);
	map.start_code = field[26];
	map.end_code = field[27];
	map.start_stack = field[28];
	map.start_data = field[45];
	map.end_data = field[46];
	map.start_brk = field[47];
	map.brk = (unsigned long)sbrk(0);
	map.arg_start = (unsigned long)start;
	map.arg_end = map.arg_start + bytes;
	map.env_start = field[50];
	map.env_end = field[51];
	REQUIRE(!prctl(PR_SET_MM, PR_SET_MM_MAP, &map, sizeof(map), 0));
}

/* Before a file is mapped past the cache, what is dirty in that is written, under the lock (fs/fuse/file.c, fuse_file_mmap). */
static void *map_past_cache(void *file)
{
	mmap(NULL, FILE_BYTES, PROT_READ, MAP_PRIVATE, *(int *)file, 0);
	return NULL;
}

static void lock_memory(const char *folder)
{
	static int past_cache;
	int file = open_file(folder, O_RDWR);
	volatile char *memory = mmap(NULL, FILE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	pthread_t thread;

	REQUIRE(memory != MAP_FAILED);
	past_cache = open_file(folder, O_RDWR);
	memory[0] = 1;
	REQUIRE(!pthread_create(&thread, NULL, map_past_cache, &past_cache));
	/* Until that thread waits there is nothing else to see of it. */
	usleep(500000);
}

int main(int count, char **words)
{
	pid_t server = 0;
	char ready[32], byte;
	size_t bytes;
	char *start;
	int length;

	REQUIRE(count == 3);
	if (!strcmp(words[1], "anonymous")) {
		bytes = strtoul(words[2], NULL, 10);
		start = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		REQUIRE(start != MAP_FAILED);
		strcpy(start, "begin");
		move_to(start, bytes);
	} else {
		server = start_server(words[2], !strcmp(words[1], "lock"));
		if (!strcmp(words[1], "page")) {
			start = mmap(NULL, FILE_BYTES, PROT_READ, MAP_PRIVATE, open_file(words[2], O_RDONLY), 0);
			REQUIRE(start != MAP_FAILED);
			move_to(start, FILE_BYTES);
		}
	}
	length = snprintf(ready, sizeof(ready), "ready %d\n", getpid());
	if (server && !strcmp(words[1], "lock"))
		lock_memory(words[2]);
	REQUIRE(write(STDOUT_FILENO, ready, length) == length);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	if (server) {
		kill(server, SIGKILL);
		waitpid(server, NULL, 0);
		umount2(words[2], MNT_DETACH);
	}
	return 0;
}
