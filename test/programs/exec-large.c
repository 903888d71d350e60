/* exec-large COUNT BYTES FILE: executes FILE with COUNT arguments of BYTES bytes each, as far as the kernel allows. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

int main(int count, char **words)
{
	/* The limit is a quarter of the stack's, and three quarters of 8 MiB (fs/exec.c, bprm_stack_limits). */
	struct rlimit stack = {64 << 20, RLIM_INFINITY};
	int arguments = atoi(words[1]), bytes = atoi(words[2]);
	char **vector = calloc(arguments + 2, sizeof(*vector)), *none[] = {NULL};

	if (count < 4 || setrlimit(RLIMIT_STACK, &stack))
		return 1;
	vector[0] = words[3];
	for (int i = 1; i <= arguments; i++) {
		vector[i] = calloc(bytes + 1, 1);
		memset(vector[i], 'a' + i % 26, bytes);
	}
	execve(words[3], vector, none);
	perror("execve");
	return 127;
}
