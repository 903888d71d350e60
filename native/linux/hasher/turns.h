// SPDX-License-Identifier: MIT
// Whose file is read next: users take turns, and of one user the smallest file goes first. Each
// user has a budget of bytes a second, and some more after a rest.
#pragma once

#include <cstdint>
#include <map>
#include <memory>

#include "linux/hasher/job.h"

namespace kernelwire {

class Turns {
 public:
  bool IsEmpty() const { return count_ == 0; }

  // `left`: bytes that are still to be read.
  void Add(std::shared_ptr<Job> job, uint64_t left);
  // Of all users who may read at this time; none: ask again after `*wait_ns`.
  std::shared_ptr<Job> Next(uint64_t now_ns, uint64_t* wait_ns);
  // So many were read for it.
  void Charge(const Job& job, uint64_t bytes);
  // All that wait, in any order.
  std::shared_ptr<Job> Any();

 private:
  struct User {
    std::multimap<uint64_t, std::shared_ptr<Job>> jobs;
    double bytes = 0;  // that it may read now; less than 0: it has read ahead
    double bytes_per_second = 0;
    uint64_t counted_ns = 0;
  };

  static void Refill(User* user, uint64_t now_ns);
  std::shared_ptr<Job> Take(User* user);

  std::map<uint32_t, User> users_;
  uint32_t latest_ = 0;
  size_t count_ = 0;
};

}  // namespace kernelwire
