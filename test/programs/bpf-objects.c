/* All BPF programs, maps and links that the kernel has now: "prog 12", "map 34", "link 56", one a line. */
#include <err.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static void list(const char *kind, int command)
{
	union bpf_attr attributes;

	memset(&attributes, 0, sizeof(attributes));
	while (!syscall(SYS_bpf, command, &attributes, sizeof(attributes))) {
		printf("%s %u\n", kind, attributes.next_id);
		attributes.start_id = attributes.next_id;
	}
	if (errno != ENOENT)
		err(1, "%s", kind);
}

int main(void)
{
	list("prog", BPF_PROG_GET_NEXT_ID);
	list("map", BPF_MAP_GET_NEXT_ID);
	list("link", BPF_LINK_GET_NEXT_ID);
	return 0;
}
