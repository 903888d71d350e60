// SPDX-License-Identifier: MIT
// Takes requests from the socket, has files found by one thread and read by another, and answers.
//
// A thread that a file system keeps waiting is given up: its file is answered, another thread takes
// its place, and no other thread touches that file system as long as it is stuck there.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "linux/hasher/job.h"
#include "linux/hasher/turns.h"

namespace kernelwire {

class Server {
 public:
  Server();
  // Until the other end of the socket is closed.
  void Run();

 private:
  enum class Work { kFind, kRead };

  struct Worker {
    explicit Worker(Work its_work) : work(its_work) {}

    const Work work;
    std::atomic<pid_t> thread{0};
    // Raised with each step; a worker that takes none is looked at.
    std::atomic<uint64_t> steps{0};
    std::atomic<uint32_t> device{0};  // on which it is at work
    // The rest is guarded by mutex_.
    std::shared_ptr<Job> job;
    uint64_t seen_steps = 0;
    uint64_t seen_ns = 0;
    bool is_given_up = false;
    uint32_t stuck_device = 0;
  };

  void Receive();
  void Start(Work work);
  void FindFiles(Worker* worker);
  void ReadFiles(Worker* worker);
  // False: this worker was given up meanwhile, and ends.
  bool Finish(Worker* worker);
  bool ReadSlice(Worker* worker, Job* job, bool* is_at_end);
  void Settle(Job* job, FileError error);
  void Close(Job* job);
  // Whether there is anything to do.
  bool LookAfterWorkers();
  void GiveUp(Worker* worker);
  void Replace(Work work);
  bool IsStuck(const Worker& worker) const;
  bool IsAvoided(const file_identity& identity) const;
  void DropWaiting(Work work);

  std::mutex mutex_;
  std::condition_variable to_find_changed_;
  std::condition_variable to_read_changed_;
  std::deque<std::shared_ptr<Job>> to_find_;
  Turns to_read_;
  std::list<Worker> workers_;
  // Where workers are stuck: how many, by device and by kind of file system.
  std::map<uint32_t, int> stuck_devices_;
  std::map<uint32_t, int> stuck_kinds_;
  int stuck_ = 0;
  size_t open_ = 0;
  size_t open_max_;
};

}  // namespace kernelwire
