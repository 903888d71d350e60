// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <string>

namespace kernelwire {

// The name that the system's name services give a user id; empty where there is none. May ask the
// network and take seconds: not for the event loop.
std::string UserName(uid_t uid);

}  // namespace kernelwire
