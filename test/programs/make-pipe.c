/* make-pipe PATH: creates a named pipe. */
#include <sys/stat.h>

int main(int count, char **words)
{
	return count == 2 ? mkfifo(words[1], 0600) != 0 : 2;
}
