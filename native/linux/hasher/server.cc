// SPDX-License-Identifier: MIT
#include "linux/hasher/server.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <string>
#include <thread>
#include <utility>

#include "linux/boot_clock.h"
#include "linux/hasher/file_version.h"
#include "linux/idle_priority.h"
#include "linux/proc_file.h"

namespace kernelwire {
namespace {

// Three digests of it are made while it is in the cache.
constexpr size_t kChunkBytes = 128 * 1024;
// Then it is the next user's turn.
constexpr uint64_t kSliceBytes = 4 << 20;
// How often a file is looked for that changes while it is read: it may just have lost its name.
constexpr int kTries = 3;
// So long a step of a thread may take that waits for a file system.
constexpr uint64_t kPatienceNs = 3000000000;
constexpr int kLookEveryMs = 250;
constexpr uint64_t kWaitMaxNs = 250000000;
// Threads that are stuck; when there are so many, no others take their places.
constexpr int kStuckMax = 16;
// Stuck in so many file systems of one kind: all of that kind are left alone.
constexpr int kStuckOfKindMax = 4;
// Descriptors that are no files to read: the socket, standard output, what a search has open.
constexpr size_t kOtherDescriptors = 24;

// include/uapi/linux/fs.h of Linux 6.14: what was not in the page cache does not stay there.
constexpr int kDontCache = 0x80;

// Like pread(). What the machine has in its page cache it needs more than what is hashed once.
ssize_t ReadUncached(int fd, unsigned char* bytes, size_t count, off_t position) {
  iovec part = {bytes, count};
  const ssize_t read = preadv2(fd, &part, 1, position, kDontCache);
  // An older kernel, and a file system that cannot.
  const bool is_refused = read < 0 && (errno == EOPNOTSUPP || errno == EINVAL);
  return is_refused ? pread(fd, bytes, count, position) : read;
}

size_t OpenMax() {
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1;
  const size_t most = limit.rlim_cur;
  return most > kOtherDescriptors ? std::min(most - kOtherDescriptors, kHasherCapacity) : 1;
}

// Whole milliseconds since 1970.
int64_t Milliseconds(const statx_timestamp& time) {
  return static_cast<int64_t>(time.tv_sec) * 1000 + time.tv_nsec / 1000000;
}

}  // namespace

Server::Server() : open_max_(OpenMax()) {
  Start(Work::kFind);
  Start(Work::kRead);
}

void Server::Run() {
  pollfd socket = {kHasherSocket, POLLIN, 0};
  for (bool is_at_work = false;;) {
    const int ready = poll(&socket, 1, is_at_work ? kLookEveryMs : -1);
    if (ready < 0 && errno != EINTR) return;
    if (ready > 0 && socket.revents & POLLIN) Receive();
    if (ready > 0 && socket.revents & (POLLHUP | POLLERR)) return;
    is_at_work = LookAfterWorkers();
  }
}

void Server::Receive() {
  auto job = std::make_shared<Job>();
  const ssize_t bytes = recv(kHasherSocket, &job->request, sizeof(job->request), MSG_DONTWAIT);
  if (bytes < static_cast<ssize_t>(HashRequest::kFixedBytes)) return;
  const std::lock_guard<std::mutex> lock(mutex_);
  to_find_.push_back(std::move(job));
  to_find_changed_.notify_one();
}

// With mutex_ held, or before there are others.
void Server::Start(Work work) {
  workers_.emplace_back(work);
  Worker* worker = &workers_.back();
  std::thread([this, worker] {
    worker->thread = static_cast<pid_t>(syscall(SYS_gettid));
    if (worker->work == Work::kFind) {
      FindFiles(worker);
    } else {
      MakeIdle(0);
      ReadFiles(worker);
    }
  }).detach();
}

void Server::FindFiles(Worker* worker) {
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    to_find_changed_.wait(lock, [this] { return !to_find_.empty() && open_ < open_max_; });
    worker->job = std::move(to_find_.front());
    to_find_.pop_front();
    Job* job = worker->job.get();
    if (IsAvoided(job->request.identity)) {
      Settle(job, FileError::kTimeout);
      worker->job.reset();
      continue;
    }
    open_++;
    lock.unlock();
    worker->device = job->request.identity.device;
    worker->steps++;
    FileFinder finder([worker](uint32_t device) {
      worker->device = device;
      worker->steps++;
    });
    job->found = finder.Find(job->request);
    lock.lock();
    if (!Finish(worker)) return;
    std::shared_ptr<Job> found = std::move(worker->job);
    if (found->found.error != FileError::kNone) {
      Settle(found.get(), found->found.error);
      Close(found.get());
      continue;
    }
    const uint64_t size = found->found.status.stx_size;
    to_read_.Add(std::move(found), size);
    to_read_changed_.notify_one();
  }
}

void Server::ReadFiles(Worker* worker) {
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    to_read_changed_.wait(lock, [this] { return !to_read_.IsEmpty(); });
    uint64_t wait_ns;
    std::shared_ptr<Job> job = to_read_.Next(ClockNs(CLOCK_BOOTTIME), &wait_ns);
    if (!job) {
      to_read_changed_.wait_for(lock, std::chrono::nanoseconds(std::min(wait_ns, kWaitMaxNs)));
      continue;
    }
    if (IsAvoided(job->request.identity)) {
      Settle(job.get(), FileError::kTimeout);
      Close(job.get());
      continue;
    }
    worker->job = job;
    worker->device = job->request.identity.device;
    worker->steps++;
    lock.unlock();
    const uint64_t position = job->position;
    bool is_at_end = false;
    const bool is_read = ReadSlice(worker, job.get(), &is_at_end);
    lock.lock();
    if (!Finish(worker)) return;
    worker->job.reset();
    to_read_.Charge(*job, job->position - position);
    if (is_read && !is_at_end) {
      to_read_.Add(job, job->found.status.stx_size - job->position);
      continue;
    }
    Close(job.get());
    if (job->found.error == FileError::kChanged && ++job->tries < kTries) {
      job->digester = Digester();
      job->position = 0;
      to_find_.push_back(job);
      to_find_changed_.notify_one();
    } else {
      Settle(job.get(), job->found.error);
    }
  }
}

bool Server::Finish(Worker* worker) {
  if (!worker->is_given_up) return true;
  const file_identity& identity = worker->job->request.identity;
  const uint32_t device = worker->stuck_device;
  if (--stuck_devices_[device] == 0) stuck_devices_.erase(device);
  if (--stuck_kinds_[identity.magic] == 0) stuck_kinds_.erase(identity.magic);
  stuck_--;
  Close(worker->job.get());
  workers_.remove_if([worker](const Worker& other) { return &other == worker; });
  return false;
}

// False: with its error.
bool Server::ReadSlice(Worker* worker, Job* job, bool* is_at_end) {
  thread_local std::vector<unsigned char> chunk(kChunkBytes);
  const auto fail = [job](FileError error) {
    job->found.error = error;
    return false;
  };
  for (const uint64_t end = job->position + kSliceBytes; job->position < end;) {
    worker->steps++;
    const ssize_t bytes = ReadUncached(job->found.file.get(), chunk.data(), chunk.size(),
                                       static_cast<off_t>(job->position));
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes < 0) return fail(FileError::kReadFault);
    if (bytes == 0) {
      *is_at_end = true;
      break;
    }
    job->position += static_cast<uint64_t>(bytes);
    // It grows while it is read: nobody knows where that ends.
    if (job->position > job->found.status.stx_size) return fail(FileError::kChanged);
    job->digester.Add(chunk.data(), static_cast<size_t>(bytes));
  }
  if (!*is_at_end) return true;
  worker->steps++;
  const FileError error = IsStillTheFile(job->request, job->found);
  return error == FileError::kNone || fail(error);
}

// Its descriptor may be another file's from now on.
void Server::Close(Job* job) {
  job->found.file.Close();
  open_--;
  to_find_changed_.notify_one();
}

void Server::Settle(Job* job, FileError error) {
  if (job->is_answered.exchange(true)) return;
  HashAnswer answer = {};
  answer.id = job->request.id;
  answer.error = error;
  const struct statx& status = job->found.status;
  // The thread that was given up has what it found.
  const bool has_found = error != FileError::kTimeout && error != FileError::kChanged;
  if (has_found && status.stx_mask != 0) {
    answer.has_status = 1;
    answer.size = status.stx_size;
    answer.modification_ms = Milliseconds(status.stx_mtime);
    answer.access_ms = Milliseconds(status.stx_atime);
    // A file system that was made from an image may have kept nothing.
    answer.has_creation = status.stx_mask & STATX_BTIME && status.stx_btime.tv_sec != 0;
    if (answer.has_creation) answer.creation_ms = Milliseconds(status.stx_btime);
  }
  if (error == FileError::kNone) {
    answer.has_digests = 1;
    answer.is_of_image = job->found.is_of_image;
    answer.digests = job->digester.End();
  }
  send(kHasherSocket, &answer, sizeof(answer), MSG_NOSIGNAL);
}

bool Server::IsAvoided(const file_identity& identity) const {
  if (stuck_devices_.count(identity.device) > 0) return true;
  const auto kind = stuck_kinds_.find(identity.magic);
  return kind != stuck_kinds_.end() && kind->second >= kStuckOfKindMax;
}

bool Server::LookAfterWorkers() {
  const std::lock_guard<std::mutex> lock(mutex_);
  const uint64_t now_ns = ClockNs(CLOCK_BOOTTIME);
  bool is_at_work = !to_find_.empty() || !to_read_.IsEmpty();
  std::vector<Worker*> stuck;
  for (Worker& worker : workers_) {
    is_at_work = is_at_work || worker.job;
    if (worker.is_given_up) continue;
    const uint64_t steps = worker.steps;
    if (!worker.job || steps != worker.seen_steps) {
      worker.seen_steps = steps;
      worker.seen_ns = now_ns;
    } else if (now_ns - worker.seen_ns > kPatienceNs && IsStuck(worker)) {
      stuck.push_back(&worker);
    }
  }
  for (Worker* worker : stuck) GiveUp(worker);
  Replace(Work::kFind);
  Replace(Work::kRead);
  return is_at_work;
}

// It waits, instead of being ready and left out for others: those whom it gives way to.
bool Server::IsStuck(const Worker& worker) const {
  const std::string stat =
      ReadProcFile("/proc/self/task/" + std::to_string(worker.thread) + "/stat", 512);
  const size_t after_name = stat.rfind(')');
  return after_name != std::string::npos && after_name + 2 < stat.size() &&
         stat[after_name + 2] != 'R';
}

void Server::GiveUp(Worker* worker) {
  worker->is_given_up = true;
  worker->stuck_device = worker->device;
  Settle(worker->job.get(), FileError::kTimeout);
  stuck_devices_[worker->stuck_device]++;
  stuck_kinds_[worker->job->request.identity.magic]++;
  stuck_++;
}

void Server::Replace(Work work) {
  for (const Worker& worker : workers_)
    if (worker.work == work && !worker.is_given_up) return;
  if (stuck_ < kStuckMax)
    Start(work);
  else
    DropWaiting(work);
}

void Server::DropWaiting(Work work) {
  if (work == Work::kFind) {
    for (const auto& job : to_find_) Settle(job.get(), FileError::kTimeout);
    to_find_.clear();
    return;
  }
  while (const std::shared_ptr<Job> job = to_read_.Any()) {
    Settle(job.get(), FileError::kTimeout);
    Close(job.get());
  }
}

}  // namespace kernelwire
