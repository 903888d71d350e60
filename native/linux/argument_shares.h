// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace kernelwire {

struct ArgumentClaim {
  uint32_t uid;
  uint64_t bytes;
};

// The places of the claims that `total_bytes` are enough for, in the order of granting: of each
// user the smallest first, and users side by side. What one user claims is at the expense of that
// user.
std::vector<size_t> GrantClaims(const std::vector<ArgumentClaim>& claims, uint64_t total_bytes);

}  // namespace kernelwire
