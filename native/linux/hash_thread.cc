// SPDX-License-Identifier: MIT
#include "linux/hash_thread.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "linux/idle_priority.h"

namespace kernelwire {
namespace {

// Three digests of it are made while it is in the cache.
constexpr size_t kChunkBytes = 128 * 1024;

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

// Of an eventfd.
bool Raise(int event) {
  const uint64_t one = 1;
  return write(event, &one, sizeof(one)) == sizeof(one);
}

}  // namespace

int HashThread::Start(napi_env env, std::unique_ptr<Digester> digester,
                      std::function<void()> on_answers, std::unique_ptr<HashThread>* thread) {
  FileDescriptor wake(eventfd(0, EFD_CLOEXEC));
  FileDescriptor answered(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake || !answered) return errno;
  std::unique_ptr<HashThread> made(new HashThread(std::move(digester), std::move(wake)));
  HashThread* self = made.get();
  const auto on_readable = [self, on_answers = std::move(on_answers)] {
    uint64_t count;
    if (read(self->watch_->fd(), &count, sizeof(count)) > 0) on_answers();
  };
  if (int error = LoopWatch::Create(
          env, std::move(answered), on_readable, [] {}, &self->watch_))
    return error;
  self->watch_->Unref();
  try {
    self->thread_ = std::thread([self] { self->Run(); });
  } catch (const std::system_error& error) {
    return error.code().value();
  }
  *thread = std::move(made);
  return 0;
}

HashThread::HashThread(std::unique_ptr<Digester> digester, FileDescriptor wake)
    : digester_(std::move(digester)), wake_(std::move(wake)), chunk_(kChunkBytes) {}

HashThread::~HashThread() {
  Stop();
  if (thread_.joinable()) thread_.join();
}

bool HashThread::Hash(const FileToHash& file) { return files_.Push(file) && Raise(wake_.get()); }

void HashThread::Stop() {
  is_stopped_.store(true, std::memory_order_release);
  Raise(wake_.get());
  // Whoever waits for the end would otherwise not see it in a program that does nothing else.
  if (watch_) watch_->Ref();
}

void HashThread::Run() {
  MakeIdle(0);
  uint64_t count;
  while (!is_stopped_.load(std::memory_order_acquire)) {
    if (read(wake_.get(), &count, sizeof(count)) < 0 && errno != EINTR) break;
    FileToHash file;
    while (!is_stopped_.load(std::memory_order_acquire) && files_.Pop(&file)) {
      HashAnswer answer = {file.id, HashStatus::kUnreadable, {}};
      answer.status = Read(file, &answer.digests);
      // There is room: no more are given than it holds.
      answers_.Push(answer);
      Tell();
    }
  }
  has_ended_.store(true, std::memory_order_release);
  Tell();
}

HashStatus HashThread::Read(const FileToHash& file, Digests* digests) {
  if (!digester_->Begin()) return HashStatus::kUnreadable;
  for (uint64_t position = 0;;) {
    if (is_stopped_.load(std::memory_order_relaxed)) return HashStatus::kUnreadable;
    const ssize_t bytes =
        ReadUncached(file.fd, chunk_.data(), chunk_.size(), static_cast<off_t>(position));
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes < 0) return HashStatus::kUnreadable;
    if (bytes == 0) break;
    position += static_cast<uint64_t>(bytes);
    // It grows while it is read: nobody knows where that ends.
    if (position > file.size) return HashStatus::kChanged;
    if (!digester_->Add(chunk_.data(), static_cast<size_t>(bytes))) return HashStatus::kUnreadable;
  }
  struct statx status;
  if (statx(file.fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &status) != 0)
    return HashStatus::kUnreadable;
  if (VersionOf(status) != file.version) return HashStatus::kChanged;
  return digester_->End(digests) ? HashStatus::kHashed : HashStatus::kUnreadable;
}

void HashThread::Tell() const { Raise(watch_->fd()); }

}  // namespace kernelwire
