/*
 * load-often COUNT LIBRARY...: each thread loads its library so often, each time at another address
 * where that can be had. Prints how often it was another one than the time before.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <err.h>
#include <link.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { THREADS_MAX = 16 };

static int times;

static void *load(void *library)
{
	void *place = NULL;
	long moved = 0;

	for (int i = 0; i < times; i++) {
		void *handle = dlopen(library, RTLD_NOW);
		struct link_map *map;

		if (!handle || dlinfo(handle, RTLD_DI_LINKMAP, &map))
			errx(1, "%s", dlerror());
		moved += place != (void *)map->l_addr;
		place = (void *)map->l_addr;
		if (dlclose(handle))
			errx(1, "%s", dlerror());
		/* Keeps the place, unless another thread is quicker, which may give it back in time for the next round. */
		mmap(place, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	}
	return (void *)moved;
}

int main(int count, char **words)
{
	pthread_t threads[THREADS_MAX];
	long moves = 0;

	times = atoi(words[1]);
	for (int i = 2; i < count && i - 2 < THREADS_MAX; i++)
		if (pthread_create(&threads[i - 2], NULL, load, words[i]))
			errx(1, "pthread_create");
	for (int i = 2; i < count && i - 2 < THREADS_MAX; i++) {
		void *moved;

		pthread_join(threads[i - 2], &moved);
		moves += (long)moved;
	}
	printf("%ld\n", moves);
	return 0;
}
