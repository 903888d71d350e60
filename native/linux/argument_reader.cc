// SPDX-License-Identifier: MIT
#include "linux/argument_reader.h"

#include <pthread.h>
#include <signal.h>

#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "linux/proc_file.h"
#include "linux/proc_stat.h"

namespace kernelwire {
namespace {

using Clock = std::chrono::steady_clock;

// After so long without a result another thread goes on with the rest.
constexpr std::chrono::milliseconds kSlow{50};
// After so long without a result what is left is given up...
constexpr std::chrono::milliseconds kStuck{1000};
// ...and after so long in all: each single one may have taken its time.
constexpr std::chrono::milliseconds kLongest{5000};
// Of the whole process: those that are kept count.
constexpr size_t kThreadsMax = 64;
constexpr size_t kThreadsPerPayerMax = 2;
constexpr size_t kStackBytes = 256 * 1024;
// Of one process, where each has left by the time that it is asked.
constexpr int kThreadsAsked = 4;

// The reads that are under way in this process, at most one for each thread, also those that were
// given up. Never destroyed: a thread that was left behind may come back while the process ends.
struct UnderWay {
  struct Begun {
    uint64_t payer;
    Clock::time_point at;
  };
  std::mutex mutex;
  size_t threads = 0;
  std::map<std::string, Begun> by_process;
};

UnderWay& AllUnderWay() {
  static auto* const all = new UnderWay();
  return *all;
}

enum class Turn {
  kNow,
  kLater,  // it, or others of its payer, are being read
  kNever,  // these are stuck
};

Turn TryBegin(const ArgumentRead& read) {
  UnderWay& all = AllUnderWay();
  std::lock_guard<std::mutex> lock(all.mutex);
  const Clock::time_point now = Clock::now();
  size_t of_payer = 0, stuck = 0;
  for (const auto& [process, begun] : all.by_process) {
    if (begun.payer != read.payer) continue;
    const bool is_stuck = now - begun.at > kStuck;
    if (process == read.process) return is_stuck ? Turn::kNever : Turn::kLater;
    of_payer++;
    stuck += is_stuck;
  }
  if (stuck >= kThreadsPerPayerMax) return Turn::kNever;
  if (of_payer >= kThreadsPerPayerMax) return Turn::kLater;
  all.by_process[read.process] = {read.payer, now};
  return Turn::kNow;
}

void End(const ArgumentRead& read) {
  UnderWay& all = AllUnderWay();
  std::lock_guard<std::mutex> lock(all.mutex);
  all.by_process.erase(read.process);
}

// /proc/PID knows no arguments of a process whose main thread has left, and no thread's once that
// has.
std::string CommandLine(const ArgumentRead& read) {
  const std::string threads = read.process + "/task";
  std::string thread = threads + "/" + std::to_string(read.thread);
  for (int i = 0; i < kThreadsAsked; i++) {
    std::string bytes = ReadProcFile(thread + "/cmdline", read.limit);
    ProcStat stat;
    if (!bytes.empty() || (ReadProcStat(thread, &stat) && IsAlive(stat))) return bytes;
    const uint32_t other = LivingThread(threads);
    if (other == 0) break;
    thread = threads + "/" + std::to_string(other);
  }
  return {};
}

class Batch {
 public:
  explicit Batch(std::vector<ArgumentRead> reads)
      : reads_(std::move(reads)), is_begun_(reads_.size()), results_(reads_.size()) {}

  // What the caller does: starts threads as they are needed, and waits.
  static std::vector<std::string> Run(const std::shared_ptr<Batch>& batch);

 private:
  static void* Work(void* batch);
  static bool StartThread(const std::shared_ptr<Batch>& batch);
  void ReadAll();
  // The next one that may be read now; reads_.size() when there is none.
  size_t Next();

  const std::vector<ArgumentRead> reads_;
  std::mutex mutex_;
  std::condition_variable all_done_;
  std::vector<bool> is_begun_;
  std::vector<std::string> results_;
  size_t first_ = 0;  // all before it are begun
  size_t done_ = 0;
  bool is_over_ = false;
};

size_t Batch::Next() {
  while (first_ < reads_.size() && is_begun_[first_]) first_++;
  for (size_t i = first_; i < reads_.size() && !is_over_; i++) {
    const Turn turn = is_begun_[i] ? Turn::kLater : TryBegin(reads_[i]);
    if (turn == Turn::kLater) continue;
    is_begun_[i] = true;
    if (turn == Turn::kNow) return i;
    done_++;
  }
  return reads_.size();
}

void Batch::ReadAll() {
  std::unique_lock<std::mutex> lock(mutex_);
  for (size_t i = Next(); i < reads_.size(); i = Next()) {
    lock.unlock();
    std::string bytes = CommandLine(reads_[i]);
    End(reads_[i]);
    lock.lock();
    if (!is_over_) results_[i] = std::move(bytes);
    done_++;
  }
  if (done_ == reads_.size()) all_done_.notify_one();
}

void* Batch::Work(void* argument) {
  std::unique_ptr<std::shared_ptr<Batch>> batch(static_cast<std::shared_ptr<Batch>*>(argument));
  (*batch)->ReadAll();
  UnderWay& all = AllUnderWay();
  std::lock_guard<std::mutex> lock(all.mutex);
  all.threads--;
  return nullptr;
}

bool Batch::StartThread(const std::shared_ptr<Batch>& batch) {
  UnderWay& all = AllUnderWay();
  {
    std::lock_guard<std::mutex> lock(all.mutex);
    if (all.threads >= kThreadsMax) return false;
    all.threads++;
  }
  // The program's signals are not for this thread.
  sigset_t every, before;
  sigfillset(&every);
  pthread_sigmask(SIG_SETMASK, &every, &before);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, kStackBytes);
  auto* argument = new std::shared_ptr<Batch>(batch);
  pthread_t thread;
  const int error = pthread_create(&thread, &attributes, Work, argument);
  pthread_attr_destroy(&attributes);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (error == 0) return true;
  delete argument;
  std::lock_guard<std::mutex> lock(all.mutex);
  all.threads--;
  return false;
}

std::vector<std::string> Batch::Run(const std::shared_ptr<Batch>& batch) {
  const Clock::time_point end = Clock::now() + kLongest;
  Clock::time_point latest = Clock::now();
  size_t seen = 0;
  StartThread(batch);
  std::unique_lock<std::mutex> lock(batch->mutex_);
  while (batch->done_ < batch->reads_.size()) {
    batch->all_done_.wait_for(lock, kSlow);
    const Clock::time_point now = Clock::now();
    if (now > end) break;
    if (batch->done_ != seen) {
      seen = batch->done_;
      latest = now;
      continue;
    }
    if (now - latest > kStuck) break;
    lock.unlock();
    StartThread(batch);
    lock.lock();
  }
  batch->is_over_ = true;
  return std::move(batch->results_);
}

}  // namespace

std::vector<std::string> ReadArguments(std::vector<ArgumentRead> reads) {
  if (reads.empty()) return {};
  return Batch::Run(std::make_shared<Batch>(std::move(reads)));
}

}  // namespace kernelwire
