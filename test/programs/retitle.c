/*
 * retitle TITLE COPIES: calls itself TITLE, so many times, as daemons do: over its arguments and, as
 * far as need be, over its environment, which lies behind them. Then as hold.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int count, char **words)
{
	char *title = strdup(words[1]), *at = words[0], byte;
	int copies = count < 3 ? 0 : atoi(words[2]);
	char *end = words[2] + strlen(words[2]) + 1;

	memset(at, 0, end - at);
	for (; copies > 0; copies--)
		at = stpcpy(at, title);
	printf("ready %d\n", getpid());
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	return 0;
}
