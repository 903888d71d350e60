/*
 * All links of BPF programs that the kernel has now: "link 56 process_fork", one a line, with the program's name.
 * With ids as arguments: tries to take these programs away, and says what the kernel says: "detach 56 95".
 */
#include <err.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The object's descriptor; negative where it is gone by now. */
static int open_by_id(int command, unsigned int id)
{
	union bpf_attr attributes;

	memset(&attributes, 0, sizeof(attributes));
	/* The same place as prog_id and link_id. */
	attributes.start_id = id;
	return syscall(SYS_bpf, command, &attributes, sizeof(attributes));
}

static int get_info(int fd, void *info, unsigned int size)
{
	union bpf_attr attributes;

	memset(&attributes, 0, sizeof(attributes));
	memset(info, 0, size);
	attributes.info.bpf_fd = fd;
	attributes.info.info_len = size;
	attributes.info.info = (unsigned long)info;
	return syscall(SYS_bpf, BPF_OBJ_GET_INFO_BY_FD, &attributes, sizeof(attributes));
}

static void tell(unsigned int id)
{
	struct bpf_link_info link;
	struct bpf_prog_info program;
	int link_fd = open_by_id(BPF_LINK_GET_FD_BY_ID, id);
	int program_fd;

	if (link_fd < 0)
		return;
	if (!get_info(link_fd, &link, sizeof(link))) {
		program_fd = open_by_id(BPF_PROG_GET_FD_BY_ID, link.prog_id);
		if (program_fd >= 0 && !get_info(program_fd, &program, sizeof(program)))
			printf("link %u %s\n", id, program.name);
		close(program_fd);
	}
	close(link_fd);
}

static void detach(unsigned int id)
{
	union bpf_attr attributes;
	int fd = open_by_id(BPF_LINK_GET_FD_BY_ID, id);

	if (fd < 0)
		err(1, "link %u", id);
	memset(&attributes, 0, sizeof(attributes));
	attributes.link_detach.link_fd = fd;
	printf("detach %u %d\n", id, syscall(SYS_bpf, BPF_LINK_DETACH, &attributes, sizeof(attributes)) ? errno : 0);
	close(fd);
}

int main(int count, char **arguments)
{
	union bpf_attr attributes;
	int i;

	for (i = 1; i < count; i++)
		detach(atoi(arguments[i]));
	if (count > 1)
		return 0;
	memset(&attributes, 0, sizeof(attributes));
	while (!syscall(SYS_bpf, BPF_LINK_GET_NEXT_ID, &attributes, sizeof(attributes))) {
		attributes.start_id = attributes.next_id;
		tell(attributes.next_id);
	}
	if (errno != ENOENT)
		err(1, "links");
	return 0;
}
