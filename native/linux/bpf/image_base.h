/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * Where a program is mapped, whatever its file looks like: the lowest of the mappings of that file
 * that lie next to each other.
 *
 * Mappings are looked up without the lock of the address space, which is not to be had everywhere.
 * At an exec nobody else has it; otherwise what is read may be torn, so only what fits is believed.
 */
#ifndef KERNELWIRE_IMAGE_BASE_H
#define KERNELWIRE_IMAGE_BASE_H

#include "auxv.h"
#include "file.h"
#include "repeat.h"
#include "vma.h"

/* Mappings of one file that are next to each other; steps of a look-up: levels, times the entries of a maple tree's node. */
#ifdef KERNELWIRE_OLD
#define IMAGE_PIECES 4
#define TREE_STEPS 40
#else
#define IMAGE_PIECES 16
#define TREE_STEPS 128
#endif

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

/* Since 6.1 (include/linux/maple_tree.h). */
struct maple_tree {
	void *ma_root;
};

struct mm_struct___maple {
	struct maple_tree mm_mt;
};

struct maple_range_64 {
	unsigned long pivot[15];
	void *slot[16];
};

struct maple_arange_64 {
	unsigned long pivot[9];
	void *slot[10];
};

/* Before. */
struct rb_node {
	struct rb_node *rb_right;
	struct rb_node *rb_left;
};

struct rb_root {
	struct rb_node *rb_node;
};

struct mm_struct___tree {
	struct rb_root mm_rb;
};

struct vm_area_struct___tree {
	struct rb_node vm_rb;
};

struct mm_struct___code {
	unsigned long start_code;
};

#pragma clang attribute pop

/* A node's address with its type in the low bits: mte_to_node, mte_node_type. */
#define MAPLE_NODE_MASK 255ULL
#define MAPLE_LEAF_64 1
#define MAPLE_RANGE_64 2
#define MAPLE_ARANGE_64 3

/* In memory, where the verifier knows no values: it then goes through a loop's turns once. */
struct image_search {
	__u64 mm;
	__u64 program;	/* struct dentry of the file, as its process knows it; likewise below */
	/* A look-up. */
	__u64 address;
	__u64 node;	/* of the maple tree with its type, or of the red-black tree */
	__u64 slot;	/* of the maple tree's node */
	__u64 vma;	/* what was found */
	/* The lowest mapping so far. */
	__u64 start;
	__u64 page;	/* of the file */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct image_search);
} image_searches SEC(".maps");

static __always_inline struct image_search *own_search(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&image_searches, &zero);
}

#ifndef KERNELWIRE_OLD
/* One entry of a node: mas_descend's way (lib/maple_tree.c). A pivot of 0 behind the first one is the end of the node. */
static long maple_step(__u64 index, struct image_search **context)
{
	struct image_search *search = *context;
	__u64 type = READ_ONCE(search->node) >> 3 & 15;
	__u64 node = READ_ONCE(search->node) & ~MAPLE_NODE_MASK;
	__u64 slot = READ_ONCE(search->slot);
	__u64 pivots, slots, last, pivot = 0, next = 0;

	if (type == MAPLE_ARANGE_64) {
		pivots = node + bpf_core_field_offset(struct maple_arange_64, pivot);
		slots = node + bpf_core_field_offset(struct maple_arange_64, slot);
		last = bpf_core_field_size(struct maple_arange_64, pivot) / sizeof(__u64);
	} else {
		pivots = node + bpf_core_field_offset(struct maple_range_64, pivot);
		slots = node + bpf_core_field_offset(struct maple_range_64, slot);
		last = bpf_core_field_size(struct maple_range_64, pivot) / sizeof(__u64);
	}
	if (slot < last) {
		bpf_probe_read_kernel(&pivot, sizeof(pivot), (void *)(pivots + slot * sizeof(__u64)));
		if (pivot < READ_ONCE(search->address) && (pivot || !slot)) {
			WRITE_ONCE(search->slot, slot + 1);
			return 0;
		}
	}
	bpf_probe_read_kernel(&next, sizeof(next), (void *)(slots + slot * sizeof(__u64)));
	if (type == MAPLE_RANGE_64 || type == MAPLE_ARANGE_64) {
		WRITE_ONCE(search->node, next);
		WRITE_ONCE(search->slot, 0);
		return 0;
	}
	if (type == MAPLE_LEAF_64)
		WRITE_ONCE(search->vma, next);
	return 1;
}
#endif

/* One node: find_vma's way (mm/mmap.c). */
static long tree_step(__u64 index, struct image_search **context)
{
	struct image_search *search = *context;
	struct rb_node *node = (void *)READ_ONCE(search->node);
	struct vm_area_struct *vma = (void *)node - bpf_core_field_offset(struct vm_area_struct___tree, vm_rb);

	if (!node)
		return 1;
	if (BPF_CORE_READ(vma, vm_end) <= READ_ONCE(search->address)) {
		WRITE_ONCE(search->node, (__u64)BPF_CORE_READ(node, rb_right));
		return 0;
	}
	WRITE_ONCE(search->vma, (__u64)vma);
	WRITE_ONCE(search->node, (__u64)BPF_CORE_READ(node, rb_left));
	return 0;
}

REPEATED(tree_step, struct image_search, own_search)

static __always_inline void find_mapping(struct image_search *search, __u64 address)
{
	struct mm_struct___tree *tree = (void *)READ_ONCE(search->mm);

	WRITE_ONCE(search->address, address);
	WRITE_ONCE(search->slot, 0);
	WRITE_ONCE(search->vma, 0);
#ifndef KERNELWIRE_OLD
	if (bpf_core_type_exists(struct maple_tree)) {
		struct mm_struct___maple *maple = (void *)READ_ONCE(search->mm);

		WRITE_ONCE(search->node, (__u64)BPF_CORE_READ(maple, mm_mt.ma_root));
		repeat(TREE_STEPS, maple_step, &search);
		return;
	}
#endif
	WRITE_ONCE(search->node, (__u64)BPF_CORE_READ(tree, mm_rb.rb_node));
	repeat(TREE_STEPS, tree_step, &search);
}

/* Whether the program's file is mapped there; it is the lowest mapping then. */
static __noinline int program_at(struct image_search *search, __u64 address)
{
	struct known_file known = {};
	struct vm_area_struct *vma;
	__u64 start;

	if (!search)
		return 0;
	find_mapping(search, address);
	vma = (void *)READ_ONCE(search->vma);
	start = BPF_CORE_READ(vma, vm_start);
	if ((__u64)BPF_CORE_READ(vma, vm_mm) != READ_ONCE(search->mm) || address < start ||
	    address >= BPF_CORE_READ(vma, vm_end))
		return 0;
	know_file(&known, BPF_CORE_READ(vma, vm_file));
	if ((__u64)known.dentry != READ_ONCE(search->program))
		return 0;
	WRITE_ONCE(search->start, start);
	WRITE_ONCE(search->page, BPF_CORE_READ(vma, vm_pgoff));
	return 1;
}

static long below_step(__u64 index, struct image_search **context)
{
	struct image_search *search = *context;

	return !program_at(search, READ_ONCE(search->start) - 1);
}

REPEATED(below_step, struct image_search, own_search)

/* The lowest of the mappings next to the one that holds the address, if that is one of the program; 0: it is none. */
static __noinline __u64 lowest_near(struct image_search *search, __u64 address)
{
	if (!search || !program_at(search, address))
		return 0;
	repeat(IMAGE_PIECES, below_step, &search);
	return READ_ONCE(search->start);
}

/*
 * Near its program headers, which most files have at their beginning and some elsewhere, or near the
 * lowest of its code (fs/binfmt_elf.c: start_code), which is where the old part of such a file is. 0:
 * it is not known. Not static: the verifier goes through it once. It takes numbers only.
 */
__noinline __u64 image_base(__u64 address_of_mm, __u64 program_headers)
{
	struct mm_struct *mm = (struct mm_struct *)address_of_mm;
	struct mm_struct___code *code = (void *)mm;
	struct image_search *search = own_search();
	__u64 base, other;

	if (!search)
		return 0;
	WRITE_ONCE(search->mm, address_of_mm);
	WRITE_ONCE(search->program, (__u64)BPF_CORE_READ(mm, exe_file, f_path.dentry));
	if (!READ_ONCE(search->program))
		return 0;
	base = lowest_near(search, program_headers);
	if (base && READ_ONCE(search->page) == 0)
		return base;
	other = lowest_near(search, BPF_CORE_READ(code, start_code));
	return other && (!base || other < base) ? other : base;
}

#endif
