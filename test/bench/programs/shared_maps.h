/* SPDX-License-Identifier: MIT */
/* The three maps that a producer and a consumer of the ring suite share (native/linux/bpf/emit.h). */
#pragma once

#include <linux/types.h>

#include "record.h"

enum { RING, COUNTERS, CONTROL, SHARED_MAPS };

static const char *const shared_map_names[SHARED_MAPS] = { "ring", "counters", "control" };
