/* exec-detached FOLDER NAME WORD...: executes FOLDER/NAME on a copy of its mount that is in no namespace; WORDs are the arguments. */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* include/uapi/linux/mount.h */
#define OPEN_TREE_CLONE 1
#ifndef SYS_open_tree
#define SYS_open_tree 428
#endif

extern char **environ;

int main(int count, char **words)
{
	int tree;

	if (count < 4)
		errx(2, "usage: exec-detached FOLDER NAME WORD...");
	tree = syscall(SYS_open_tree, AT_FDCWD, words[1], OPEN_TREE_CLONE);
	if (tree < 0)
		err(1, "open_tree");
	syscall(SYS_execveat, tree, words[2], words + 3, environ, 0);
	err(1, "execveat");
}
