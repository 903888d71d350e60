// SPDX-License-Identifier: MIT
// The kernel's integer types for record.h.
#pragma once

#include <linux/types.h>

#include "record.h"
