/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* Where it is remembered what processes do to others: see tracks.h. */
#ifndef KERNELWIRE_TRACKED_H
#define KERNELWIRE_TRACKED_H

#include "kept.h"

MEMORY(writes, struct written);
MEMORY(moves, struct moved);

#endif
