// SPDX-License-Identifier: MIT
#include "linux/hasher/turns.h"

#include <algorithm>
#include <utility>

namespace kernelwire {
namespace {

// What a user may read at once after a rest, in seconds of its budget.
constexpr double kRestSeconds = 32;
// Users without a file whose budget is remembered.
constexpr size_t kUsersKept = 1024;
constexpr double kNsPerSecond = 1e9;

}  // namespace

void Turns::Add(std::shared_ptr<Job> job, uint64_t left) {
  User& user = users_[job->request.uid];
  if (user.bytes_per_second == 0) {
    user.bytes_per_second =
        static_cast<double>(std::max<uint64_t>(job->request.bytes_per_second, 1));
    user.bytes = kRestSeconds * user.bytes_per_second;
  }
  user.jobs.emplace(left, std::move(job));
  count_++;
}

void Turns::Refill(User* user, uint64_t now_ns) {
  if (user->counted_ns != 0)
    user->bytes +=
        user->bytes_per_second * static_cast<double>(now_ns - user->counted_ns) / kNsPerSecond;
  user->bytes = std::min(user->bytes, kRestSeconds * user->bytes_per_second);
  user->counted_ns = now_ns;
}

std::shared_ptr<Job> Turns::Next(uint64_t now_ns, uint64_t* wait_ns) {
  *wait_ns = UINT64_MAX;
  auto user = users_.upper_bound(latest_);
  for (size_t asked = users_.size(); asked > 0; asked--) {
    if (user == users_.end()) user = users_.begin();
    Refill(&user->second, now_ns);
    if (user->second.jobs.empty()) {
      const bool is_rested = user->second.bytes >= kRestSeconds * user->second.bytes_per_second;
      user = is_rested || users_.size() > kUsersKept ? users_.erase(user) : std::next(user);
      continue;
    }
    if (user->second.bytes > 0) {
      latest_ = user->first;
      return Take(&user->second);
    }
    const double seconds = -user->second.bytes / user->second.bytes_per_second;
    *wait_ns = std::min(*wait_ns, static_cast<uint64_t>(seconds * kNsPerSecond) + 1000000);
    ++user;
  }
  return nullptr;
}

void Turns::Charge(const Job& job, uint64_t bytes) {
  const auto user = users_.find(job.request.uid);
  if (user != users_.end()) user->second.bytes -= static_cast<double>(bytes);
}

std::shared_ptr<Job> Turns::Any() {
  for (auto& [uid, user] : users_)
    if (!user.jobs.empty()) return Take(&user);
  return nullptr;
}

std::shared_ptr<Job> Turns::Take(User* user) {
  const auto first = user->jobs.begin();
  std::shared_ptr<Job> job = std::move(first->second);
  user->jobs.erase(first);
  count_--;
  return job;
}

}  // namespace kernelwire
