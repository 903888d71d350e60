// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace kernelwire {

struct ArgumentClaim {
  uint64_t payer;
  uint64_t bytes;
};

// The places of the claims that `total_bytes` are enough for, in the order of granting: of each
// payer the smallest first, and payers side by side. What one claims is at the expense of that one.
std::vector<size_t> GrantClaims(const std::vector<ArgumentClaim>& claims, uint64_t total_bytes);

}  // namespace kernelwire
