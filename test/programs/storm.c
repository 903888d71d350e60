/*
 * storm WORKERS EXITS THREADS EXECS PROGRAM [ARGUMENT...]
 *
 * Each worker, a process, makes its share of children that end at once, of threads that end at
 * once, and of children that run PROGRAM; the three kinds take turns. Then one line for each:
 *
 *   KIND PID BEFORE AFTER PARENT
 *
 * KIND is worker, exit, thread or exec; BEFORE and AFTER are CLOCK_REALTIME in ns, before it was
 * made and after its end was seen.
 */
#define _GNU_SOURCE
#include <err.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum kind { WORKER, EXIT, THREAD, EXEC, KINDS };

static const char *const kind_names[KINDS] = { "worker", "exit", "thread", "exec" };

struct row {
	enum kind kind;
	pid_t pid;
	pid_t parent;
	long long before_ns;
	long long after_ns;
};

static char **program;

static long long now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static pid_t reap(pid_t pid)
{
	int status;

	if (pid < 0)
		err(1, "vfork");
	if (waitpid(pid, &status, 0) != pid)
		err(1, "waitpid");
	if (status)
		errx(1, "%s: child %d ended with status %#x", program[0], pid, status);
	return pid;
}

static pid_t make_exit(void)
{
	pid_t pid = vfork();

	if (pid == 0)
		_exit(0);
	return reap(pid);
}

static pid_t make_exec(void)
{
	pid_t pid = vfork();

	if (pid == 0) {
		execve(program[0], program, environ);
		_exit(127);
	}
	return reap(pid);
}

static void *end_at_once(void *tid)
{
	*(pid_t *)tid = gettid();
	return NULL;
}

static pid_t make_thread(void)
{
	pthread_t thread;
	pid_t tid;

	if (pthread_create(&thread, NULL, end_at_once, &tid) || pthread_join(thread, NULL))
		errx(1, "pthread_create");
	return tid;
}

static void make(struct row *row, enum kind kind)
{
	static pid_t (*const makers[KINDS])(void) = { NULL, make_exit, make_thread, make_exec };

	row->kind = kind;
	row->parent = getpid();
	row->before_ns = now_ns();
	row->pid = makers[kind]();
	row->after_ns = now_ns();
}

/* Whichever kind is furthest behind its goal is next. */
static enum kind next_kind(const long *done, const long *goal)
{
	enum kind next = EXIT;

	for (enum kind kind = THREAD; kind < KINDS; kind++)
		if (done[kind] * goal[next] < done[next] * goal[kind] || done[next] == goal[next])
			next = kind;
	return next;
}

static void work(struct row *rows, const long *goal)
{
	long done[KINDS] = { 0 };
	long total = goal[EXIT] + goal[THREAD] + goal[EXEC];

	for (long i = 0; i < total; i++) {
		enum kind kind = next_kind(done, goal);

		make(&rows[i], kind);
		done[kind]++;
	}
}

static void start_worker(struct row *row, struct row *rows, const long *goal)
{
	pid_t pid;

	*row = (struct row){ .kind = WORKER, .parent = getpid(), .before_ns = now_ns() };
	pid = fork();
	if (pid == 0) {
		work(rows, goal);
		_exit(0);
	}
	row->pid = pid;
}

static long share(long total, long workers, long worker)
{
	return total / workers + (worker < total % workers);
}

static struct row *memory_for(long count)
{
	void *rows = mmap(NULL, count * sizeof(struct row), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (rows == MAP_FAILED)
		err(1, "mmap");
	return rows;
}

int main(int argc, char **argv)
{
	if (argc < 6 || atol(argv[1]) < 1)
		errx(2, "usage: storm WORKERS EXITS THREADS EXECS PROGRAM [ARGUMENT...]");
	long workers = atol(argv[1]);
	long total[KINDS] = { 0, atol(argv[2]), atol(argv[3]), atol(argv[4]) };
	long count = workers + total[EXIT] + total[THREAD] + total[EXEC];
	struct row *rows = memory_for(count);
	struct row *next = rows + workers;

	program = argv + 5;
	for (long worker = 0; worker < workers; worker++) {
		long goal[KINDS] = { 0 };

		for (enum kind kind = EXIT; kind < KINDS; kind++)
			goal[kind] = share(total[kind], workers, worker);
		start_worker(&rows[worker], next, goal);
		next += goal[EXIT] + goal[THREAD] + goal[EXEC];
	}
	for (long worker = 0; worker < workers; worker++) {
		reap(rows[worker].pid);
		rows[worker].after_ns = now_ns();
	}
	for (long i = 0; i < count; i++)
		printf("%s %d %lld %lld %d\n", kind_names[rows[i].kind], rows[i].pid, rows[i].before_ns,
		       rows[i].after_ns, rows[i].parent);
	return 0;
}
