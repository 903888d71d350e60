/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* What the consumer tells the programs while they run. */
#ifndef KERNELWIRE_ASKS_H
#define KERNELWIRE_ASKS_H

#include "identity.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct control);
} control SEC(".maps");

/* enum asks. It may change at any time: whoever needs it twice for one record remembers it. */
static __always_inline __u32 asks(void)
{
	__u32 zero = 0;
	struct control *shared = bpf_map_lookup_elem(&control, &zero);

	return shared ? READ_ONCE(shared->asks) : 0;
}

#endif
