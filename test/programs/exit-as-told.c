/* exit-as-told exit STATUS | signal NUMBER: ends by itself with that status, or by that signal; else with status 0. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

int main(int count, char **words)
{
	struct rlimit no_core = {0, 0};

	if (count >= 3 && !strcmp(words[1], "exit"))
		_exit(atoi(words[2]));
	if (count >= 3 && !strcmp(words[1], "signal")) {
		setrlimit(RLIMIT_CORE, &no_core);
		raise(atoi(words[2]));
	}
	return 0;
}
