// SPDX-License-Identifier: MIT
#include "linux/argument_shares.h"

#include <algorithm>
#include <numeric>
#include <unordered_map>

namespace kernelwire {

std::vector<size_t> GrantClaims(const std::vector<ArgumentClaim>& claims, uint64_t total_bytes) {
  std::vector<size_t> order(claims.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return claims[a].bytes < claims[b].bytes; });

  // What its payer has with it and with all that are smaller.
  std::vector<uint64_t> sums(claims.size());
  std::unordered_map<uint64_t, uint64_t> by_payer;
  for (size_t i : order) sums[i] = by_payer[claims[i].payer] += claims[i].bytes;
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return sums[a] < sums[b]; });

  size_t granted = 0;
  for (uint64_t left = total_bytes; granted < order.size(); granted++) {
    const uint64_t bytes = claims[order[granted]].bytes;
    if (bytes > left) break;
    left -= bytes;
  }
  order.resize(granted);
  return order;
}

}  // namespace kernelwire
