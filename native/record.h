/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * The raw record: what crosses from the kernel to JavaScript, byte for byte.
 *
 * Included by the BPF programs and by C++; lib/decode/linux/layout.ts holds the same
 * offsets and a test compares the two. Host byte order (every supported machine is
 * little-endian), naturally aligned, no implicit padding. Strings follow the fixed
 * part back to back, in the order in which their lengths stand there, unterminated.
 *
 * Whoever includes this defines __u8, __u16, __u32, __s32 and __u64 before.
 */
#ifndef KERNELWIRE_RECORD_H
#define KERNELWIRE_RECORD_H

#ifdef __cplusplus
#define RECORD_LAYOUT(type, size) static_assert(sizeof(struct type) == (size), #type)
#else
#define RECORD_LAYOUT(type, size) _Static_assert(sizeof(struct type) == (size), #type)
#endif

enum record_type {
	RECORD_FORK = 1,	/* fork_record */
	RECORD_EXEC = 2,	/* image_record */
	RECORD_EXIT = 3,	/* exit_record */
	RECORD_ARGUMENTS = 4,	/* bulk_record: arguments that the image_record has no room for */
	RECORD_ENVIRONMENT = 5,	/* bulk_record */
	RECORD_SNAPSHOT = 6,	/* image_record: a row of the task iterator, never in the ring */
	RECORD_MODULE = 7,	/* module_record */
	RECORD_ACCESS = 8,	/* access_record */
	RECORD_THREAD = 9,	/* thread_record */
	RECORD_PIPE = 10,	/* pipe_record */
	RECORD_TYPES = 16,	/* size of the tables below */
};

enum record_flags {
	RECORD_FOREIGN_USER = 1 << 0,	 /* its user namespace is not the initial one */
	RECORD_KERNEL_THREAD = 1 << 1,	 /* no memory, no file of its own */
	RECORD_DETAILS = 1 << 2,	 /* process_details stand between the fixed part and the strings */
	RECORD_DELETED = 1 << 3,	 /* the path's last name is gone from its directory */
	RECORD_ARGUMENTS_BAD = 1 << 4,	 /* the argument block could not be read: it faulted or had no space */
	RECORD_ENVIRONMENT_BAD = 1 << 5, /* likewise the environment block */
	RECORD_ZOMBIE = 1 << 6,		 /* snapshot: its last thread has ended already */
	RECORD_COARSE_START = 1 << 7,	 /* snapshot from /proc: start in 10 ms ticks, exec_id unknown */
	RECORD_KERNEL_MODULE = 1 << 1,	 /* module: one of the kernel's; the path is its name */
	RECORD_DENIED = 1 << 0,		 /* access: it was tried */
	RECORD_NEW = 1 << 0,		 /* pipe: created, else opened */
};

struct record_header {
	__u8 type;		/* enum record_type */
	__u8 flags;		/* enum record_flags */
	__u16 cpu;
	__u32 lost;		/* records that this CPU could not write so far: a change marks a gap */
	__u64 boot_ns;		/* bpf_ktime_get_boot_ns() */
	__u32 pid;		/* tgid in the initial pid namespace */
	__u32 exec_id;		/* task->self_exec_id: which image of the process */
	__u64 start_boot_ns;	/* the group leader's start_boottime */
};
RECORD_LAYOUT(record_header, 32);

/* The real parent: its exec_id may have moved on since the child was forked. */
struct parent_identity {
	__u32 pid;
	__u32 exec_id;
	__u64 start_boot_ns;
};
RECORD_LAYOUT(parent_identity, 16);

/* Where the walk from a name up to a root ended, and so what its path begins with. */
enum path_place {
	PATH_UNKNOWN = 0,	/* nobody walked: /proc gave the path */
	PATH_OWN = 1,		/* the root of the process's own mount namespace */
	PATH_ELSEWHERE = 2,	/* that of another one, of which the number is given */
	PATH_DETACHED = 3,	/* the root of a mount that is in no namespace, or of a part of one */
	PATH_NO_DIRECTORY = 4,	/* a file that is in no directory, such as a memfd */
	PATH_UNENDED = 5,	/* nowhere: there are more names than are looked at */
};

/* The very file that code comes from: what is needed to open it again, and to tell that it has not changed. */
struct file_identity {
	__u64 inode;
	__u64 size;
	__u64 mtime_ns;		/* since 1970, as the next one */
	__u64 ctime_ns;
	__u32 generation;	/* tells two files apart that had the same inode number, one after the other */
	__u32 device;		/* of the superblock, as mountinfo has it: major << 20 | minor; not always stat's */
	__u32 magic;		/* the kind of file system: statfs(2), f_type */
	__u32 mount_namespace;	/* in which its path holds; 0: in none, or it is not known */
};
RECORD_LAYOUT(file_identity, 48);

/* What only `extended` asks for. */
struct process_details {
	__u32 gid;
	__u32 effective_uid;
	__u32 login_uid;	/* ~0 when unset */
	__u32 audit_session;	/* ~0 when unset */
	__u64 effective_capabilities;
	__u32 mount_namespace;
	__u32 pid_namespace;
	__u32 net_namespace;
	__u32 user_namespace;
	__u32 uts_namespace;
	__u32 ipc_namespace;
	__u32 cgroup_namespace;
	__u32 namespace_pid;	/* its pid in its own pid namespace, 0 where that is the initial one */
	__u16 directory_length;	/* bytes of the current directory, which follows the path */
	__u16 cgroup_length;	/* bytes of the cgroup's path, which follows the directory */
	__u32 directory_bytes;	/* the whole path; more than directory_length: its start is cut */
	__u32 cgroup_bytes;	/* likewise */
	__u32 directory_namespace; /* the mount namespace in which the directory's path holds; 0: none */
	__u8 directory_place;	/* enum path_place */
	__u8 cgroup_place;	/* PATH_OWN: the root of the hierarchy; PATH_UNENDED */
	__u8 reserved[6];
	char tty[16];		/* tty_struct.name, NUL-padded */
};
RECORD_LAYOUT(process_details, 96);

/* The child has its creator's image; with CLONE_PARENT the creator is not the parent. */
struct fork_record {
	struct record_header header;
	struct parent_identity parent;
	__u32 creator_pid;
	__u32 uid;
	__u32 resident_pages;	/* 0: not known yet */
	__u32 reserved;
};
RECORD_LAYOUT(fork_record, 64);

/* An image: what exec made, or what the snapshot found. */
struct image_record {
	struct record_header header;
	struct parent_identity parent;
	__u64 base_address;	/* 0: unknown */
	__u32 uid;
	__u32 threads;
	__u32 resident_pages;		/* 0: not known yet */
	__u32 arguments_bytes;		/* the whole argument block */
	__u32 environment_bytes;	/* the whole environment block */
	__u32 path_bytes;		/* the whole path; more than path_length: its start is cut */
	__u16 path_length;
	__u16 arguments_length;		/* of them here; the rest came before, as RECORD_ARGUMENTS */
	__u8 path_place;		/* enum path_place; its namespace is the file's */
	__u8 reserved[3];
	struct file_identity file;	/* inode 0: there is none, or it is not known */
};
RECORD_LAYOUT(image_record, 136);

/*
 * Ahead of an image_record in what the task iterator writes. A process whose main thread has left has
 * a row of each other thread. Nothing behind task_snapshot.cc sees this.
 */
struct snapshot_row {
	__u32 length;		/* bytes of the image_record and its strings */
	__u32 is_locked;	/* its memory could not be looked at just then */
	__u32 process;		/* its number in the reader's pid namespace */
	__u32 thread;		/* likewise of the thread that the row was made from */
	__u32 reader;		/* the reader's own number in the initial pid namespace */
	__u32 level;		/* of the reader's pid namespace; 0: that is the initial one */
	__u64 arguments_start;	/* 0: it has no memory */
	__u64 payer;		/* at whose expense its arguments are read: the same number for the same one */
};
RECORD_LAYOUT(snapshot_row, 40);

struct exit_record {
	struct record_header header;
	__s32 exit_code;	/* as wait(2) encodes it: status << 8 | signal */
	__u32 parent_pid;
};
RECORD_LAYOUT(exit_record, 40);

/* A file that was mapped to run code from it, or a module of the kernel. The path follows. */
struct module_record {
	struct record_header header;
	__u64 base_address;	/* 0: unknown */
	__u64 memory_size;	/* 0: unknown */
	struct file_identity file;	/* inode 0: there is none */
	__u32 path_bytes;	/* the whole path; more than path_length: its start is cut */
	__u16 path_length;
	__u8 path_place;	/* enum path_place; its namespace is the file's */
	__u8 reserved;
};
RECORD_LAYOUT(module_record, 104);

enum access_kind {
	ACCESS_ATTACH = 1,	/* ptrace: attach, seize, traceme */
	ACCESS_READ = 2,	/* process_vm_readv */
	ACCESS_WRITE = 3,	/* process_vm_writev */
	ACCESS_MEMORY_FILE = 4,	/* /proc/PID/mem was opened; modes say how */
	ACCESS_DETACH = 5,	/* ptrace: what attach began is over */
	ACCESS_CHANGE = 6,	/* memory or registers were changed; modes say through what */
	ACCESS_PIDFD = 7,	/* pidfd_open */
	ACCESS_GETFD = 8,	/* pidfd_getfd */
};

enum access_modes {
	ACCESS_MODE_READ = 1 << 0,	/* FMODE_READ */
	ACCESS_MODE_WRITE = 1 << 1,	/* FMODE_WRITE */
	ACCESS_MODE_TRACE = 1 << 2,	/* ptrace */
};

/* What a process did to another one. The header says who did it. */
struct access_record {
	struct record_header header;
	struct parent_identity target;	/* pid 0: it is not known which; start 0: only its number is known */
	__u32 given;			/* the number by which it was named, in the pid namespace of who did it */
	__u8 kind;			/* enum access_kind */
	__u8 modes;			/* enum access_modes */
	__u16 reserved;
};
RECORD_LAYOUT(access_record, 56);

enum thread_reasons {
	THREAD_DRIVEN = 1 << 0,	/* whoever created it was moved there by its tracer, and not put back */
	THREAD_WRITTEN = 1 << 1, /* it was created by code that another process wrote */
};

/* A thread that began because of another process. The header says of which. */
struct thread_record {
	struct record_header header;
	struct parent_identity target;
	__u32 thread;			/* in the initial pid namespace */
	__u32 reasons;			/* enum thread_reasons */
};
RECORD_LAYOUT(thread_record, 56);

/* A named pipe. The path follows; then, where the kernel does not say which it is, a name to go on from there with. */
struct pipe_record {
	struct record_header header;
	__u32 path_bytes;	/* the whole path; more than path_length: its start is cut */
	__u16 path_length;
	__u16 name_length;	/* as the process wrote it */
	__u32 mount_namespace;	/* in which the path holds; 0: none */
	__u8 path_place;	/* enum path_place */
	__u8 reserved[3];
};
RECORD_LAYOUT(pipe_record, 48);

/* A piece of a block; pieces come in order and before the image_record they belong to. */
struct bulk_record {
	struct record_header header;
	__u32 offset;
	__u32 total;
	__u32 length;
	__u32 reserved;
};
RECORD_LAYOUT(bulk_record, 48);

enum record_limits {
	PATH_LIMIT = 4096,		/* bytes of a path in a record, also of a cgroup's */
	ARGUMENTS_INLINE = 4096,	/* bytes of arguments in an image_record... */
	ARGUMENTS_UNDER_PRESSURE = 512, /* ...and while the ring is more than half full */
	SNAPSHOT_ARGUMENTS = 2048,	/* of a process of which not all are read */
	/* A block of arguments or of the environment: the kernel's own limit is 6 MiB (fs/exec.c). */
	BULK_PIECE = 16 << 10,
	BULK_LARGE_PIECE = 256 << 10,	/* in rings of at least BULK_LARGE_RING */
	BULK_LARGE_RING = 4 << 20,
	BULK_PIECES = 24 + 15 + 1,	/* large ones, small ones, a last one; the verifier follows each */
};

/* What each CPU counted since the start; one map element per possible CPU, written by the programs only. */
struct cpu_counters {
	__u64 attempts[RECORD_TYPES];	/* raised before the reserve */
	__u64 failed[RECORD_TYPES];	/* no space in the ring */
	__u64 refused[RECORD_TYPES];	/* bulk, while it held its half of the ring */
	__u64 forgotten[RECORD_TYPES];	/* no memory for what they would have been made of */
	__u64 failed_bytes;
	__u64 refused_bytes;
	__u64 lost;			/* failed + refused + forgotten, all types: record_header.lost is its low half */
	__u64 reserved[5];
};
RECORD_LAYOUT(cpu_counters, 576);

/*
 * What the programs remember for each other lies in maps of fixed size: native/linux/bpf/memory.h.
 * Keys are the numbers of threads or processes in the initial pid namespace, so that what one has
 * left behind is found by the next one with its number.
 */
enum memory_entries {
	WRITES_MAX = 4096,
	MOVES_MAX = 4096,
	BEGUN_MAX = 8192,	/* where threads have no storage of their own */
	SPANS_MAX = 8192,
};

/* At whose expense an entry is kept: a number that is made of the user. Every value begins with it. */
enum { SHARERS = 1024 };

/* How many entries of a memory there are. */
struct holdings {
	__u64 all;
	__u64 shares[SHARERS];
};
RECORD_LAYOUT(holdings, 8 + 8 * SHARERS);

/* Where the files lie that a process maps: of the map whose key is the process. */
enum { PROCESS_SPANS = 8 };

struct module_span {
	__u64 inode;		/* 0: there is none */
	__u32 device;
	__u32 generation;
	__u64 start;
	__u64 end;
	__u64 told;		/* there is a record of it */
};
RECORD_LAYOUT(module_span, 40);

struct module_spans {
	__u64 sharer;
	struct parent_identity process;
	struct module_span spans[PROCESS_SPANS];
	__u32 next;		/* the one to go when there are too many */
	__u32 is_incomplete;	/* one that had not been told has gone */
};
RECORD_LAYOUT(module_spans, 352);

/* What another process wrote into an image: of the map whose key is the process. */
enum { WRITTEN_RANGES = 16 };

struct written_range {
	__u64 start;
	__u64 end;	/* 0: there is none */
};

struct written {
	__u64 sharer;
	struct parent_identity target;
	struct parent_identity writer;
	struct written_range ranges[WRITTEN_RANGES];
	__u64 told_ns;
	__u32 next;		/* the one to go when there are too many */
	__u32 is_incomplete;	/* one has gone */
};
RECORD_LAYOUT(written, 312);

/* A thread that its tracer moved elsewhere: of the map whose key is the thread. */
struct moved {
	__u64 sharer;
	__u64 start_boot_ns;	/* of the thread */
	struct parent_identity mover;
	__u64 home;	/* where it was */
	__u64 boot_ns;
};
RECORD_LAYOUT(moved, 48);

/* A call of a thread that has begun and not returned: bpf/begun.h. */
struct begun {
	__u64 sharer;		/* as the next one only of the map whose key is the thread */
	__u64 start_boot_ns;	/* of the thread */
	__u64 place;		/* ptrace that sets registers: where the tracee was */
	__u64 mount;		/* a pipe that is being created, on which mount */
	__u64 dentry;
	__u32 number;		/* as the kernel has it */
	__u32 call;		/* the same on every entry: bpf/syscall.h, CALL_… */
	__u32 entry;		/* enum entry */
	__u32 pending;		/* enum pending */
};
RECORD_LAYOUT(begun, 56);

/* What the consumer writes and the programs read. */
enum consumer_state {
	CONSUMER_AWAKE = 0,	/* it will look at the ring by itself: wake nobody */
	CONSUMER_ASLEEP = 1,	/* wake it at the next record */
	CONSUMER_PAUSED = 2,	/* it looks again in a moment: wake it only when the ring is a quarter full */
};

struct control {
	__u32 consumer;		/* enum consumer_state */
	__u32 asks;		/* enum asks: may change while programs run */
	__u32 reserved[14];
};
RECORD_LAYOUT(control, 64);

/* What the events that are asked for need of programs that they share with others. */
enum asks {
	ASKS_DETAILS = 1 << 0,		/* process_details */
	ASKS_DENIED = 1 << 1,		/* accesses that were tried in vain */
	ASKS_ENVIRONMENT = 1 << 2,	/* the environment block of each exec */
	ASKS_THREADS = 1 << 3,		/* who writes code into whom, and drives it */
	ASKS_ACCESS = 1 << 4,		/* the calls that reach into other processes */
	ASKS_PIPES = 1 << 5,		/* those that create and open named pipes */
	ASKS_MODULES = 1 << 6,		/* those that map code */
};

/* Constants of one run, frozen before the programs load: the verifier prunes what they exclude. */
struct settings {
	__u64 ring_bytes;
	__u32 exit_has_group_dead;	/* sched_process_exit has a second argument (6.17) */
	__u32 page_bytes;
	__u64 seed;			/* random: no user can choose whose expense theirs is, too */
	__u32 has_task_storage;		/* programs on tracepoints may use it (5.13) */
	__u32 reserved;
};
RECORD_LAYOUT(settings, 32);

#endif
