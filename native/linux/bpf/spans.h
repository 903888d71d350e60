/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* Where it is remembered which files a process has mapped: see module.h. */
#ifndef KERNELWIRE_SPANS_H
#define KERNELWIRE_SPANS_H

#include "kept.h"

MEMORY(spans, struct module_spans);

#endif
