/*
 * exec-bytes FILE ARGUMENT... -- VARIABLE...: executes FILE with exactly these bytes.
 * Everything but the separator is written in hexadecimal, since a program in JavaScript can pass text only.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *bytes_of(const char *hex)
{
	size_t length = strlen(hex) / 2;
	char *bytes = calloc(length + 1, 1);

	for (size_t i = 0; i < length; i++)
		sscanf(hex + 2 * i, "%2hhx", (unsigned char *)&bytes[i]);
	return bytes;
}

int main(int count, char **words)
{
	char *arguments[count], *variables[count];
	int argument = 0, variable = 0, i = 2;

	for (; i < count && strcmp(words[i], "--"); i++)
		arguments[argument++] = bytes_of(words[i]);
	for (i++; i < count; i++)
		variables[variable++] = bytes_of(words[i]);
	arguments[argument] = variables[variable] = NULL;
	execve(bytes_of(words[1]), arguments, variables);
	perror("execve");
	return 127;
}
