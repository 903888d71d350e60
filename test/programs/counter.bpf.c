/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * Counts processes as they start, become another program and end: all of them, and those whose
 * parent runs under a given name. Shares nothing with the sensor's programs but the hooks.
 */
#define SEC(name) __attribute__((section(name), used))
#define MEMBERS __attribute__((preserve_access_index))

typedef unsigned int u32;
typedef unsigned long long u64;

static void *(*const lookup)(void *map, const void *key) = (void *)1;
static long (*const update)(void *map, const void *key, const void *value, u64 flags) = (void *)2;

enum { ARRAY = 2, LRU_HASH = 9, NO_EXIST = 1, EEXIST = 17 };

enum { FORK, EXEC, EXIT, OF_NAME, COUNTS = 2 * OF_NAME };

struct signal_struct {
	struct {
		int counter;
	} live;
} MEMBERS;

struct task_struct {
	int pid;
	int tgid;
	u64 start_boottime;
	struct task_struct *group_leader;
	struct task_struct *real_parent;
	struct signal_struct *signal;
	char comm[16];
} MEMBERS;

struct {
	int (*type)[ARRAY];
	int (*max_entries)[COUNTS];
	u32 *key;
	u64 *value;
} counts SEC(".maps");

struct process {
	u64 pid;
	u64 start;
};

/* The last two threads of a process may leave at the same time, and both find that nobody is left. */
struct {
	int (*type)[LRU_HASH];
	int (*max_entries)[65536];
	struct process *key;
	u32 *value;
} ended SEC(".maps");

const volatile char name[16] = "";

static inline __attribute__((always_inline)) int has_name(struct task_struct *task)
{
	for (int i = 0; i < 16; i++) {
		if (task->comm[i] != name[i])
			return 0;
		if (!name[i])
			return 1;
	}
	return 1;
}

static inline __attribute__((always_inline)) void count(u32 what)
{
	u64 *value = lookup(&counts, &what);

	if (value)
		__sync_fetch_and_add(value, 1);
}

static inline __attribute__((always_inline)) int count_both(u32 what, struct task_struct *parent)
{
	count(what);
	if (has_name(parent))
		count(OF_NAME + what);
	return 0;
}

SEC("tp_btf/sched_process_fork")
int count_fork(u64 *arguments)
{
	struct task_struct *parent = (void *)arguments[0], *child = (void *)arguments[1];

	return child->pid == child->tgid ? count_both(FORK, parent) : 0;
}

SEC("tp_btf/sched_process_exec")
int count_exec(u64 *arguments)
{
	struct task_struct *task = (void *)arguments[0];

	return count_both(EXEC, task->real_parent);
}

SEC("tp_btf/sched_process_exit")
int count_exit(u64 *arguments)
{
	struct task_struct *task = (void *)arguments[0];
	struct process process = { task->tgid, task->group_leader->start_boottime };
	u32 nothing = 0;

	if (task->signal->live.counter || update(&ended, &process, &nothing, NO_EXIST) == -EEXIST)
		return 0;
	return count_both(EXIT, task->real_parent);
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
