/*
 * load-again LIBRARY: loads it, unloads it, takes its place, and loads it again. Says where it was
 * mapped, "first ADDRESS" and "second ADDRESS", then holds (see hold.c).
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <err.h>
#include <link.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

static void *load(const char *library, const char *word, void **handle)
{
	struct link_map *map;

	*handle = dlopen(library, RTLD_NOW);
	if (!*handle || dlinfo(*handle, RTLD_DI_LINKMAP, &map))
		errx(1, "%s", dlerror());
	printf("%s %lu\n", word, (unsigned long)map->l_addr);
	return (void *)map->l_addr;
}

int main(int count, char **words)
{
	void *handle;
	void *place;
	char byte;

	if (count != 2)
		errx(1, "usage: load-again LIBRARY");
	place = load(words[1], "first", &handle);
	if (dlclose(handle))
		errx(1, "%s", dlerror());
	if (mmap(place, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) != place)
		err(1, "its place is not free");
	load(words[1], "second", &handle);
	printf("ready %d\n", getpid());
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	return 0;
}
