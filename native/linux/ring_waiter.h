// SPDX-License-Identifier: MIT
// The thread that waits for the ring, so that JavaScript does not have to.
//
// It waits only when asked to, and answers each request with one call. While nobody waits, the
// programs wake nobody: a wake-up costs ten times what the rest of a record does.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "linux/bpf_map.h"
#include "linux/kernel_types.h"

namespace kernelwire {

class RingWaiter {
 public:
  // `answer` is called on the waiter's thread. `ring` and `shared` outlive this object. 0 or errno.
  static int Create(const BpfRing* ring, control* shared, std::function<void()> answer,
                    std::unique_ptr<RingWaiter>* waiter);
  ~RingWaiter();

  // Until the next record, at most `timeout_ms`.
  void WaitForRecord(int timeout_ms);
  // For `pause_ms`, or until the ring is a quarter full: lets records gather.
  void Pause(int pause_ms);
  // Ends a wait that is under way.
  void Interrupt();

 private:
  enum class Wish { kNone, kRecord, kPause, kStop };

  RingWaiter(const BpfRing* ring, control* shared, std::function<void()> answer,
             FileDescriptor epoll, FileDescriptor interrupt);
  void Ask(Wish wish, int milliseconds);
  void Run();
  void Wait(Wish wish, int milliseconds);
  bool Sleep(int milliseconds);
  void Tell(consumer_state state);

  const BpfRing* const ring_;
  control* const shared_;
  const std::function<void()> answer_;
  FileDescriptor epoll_;
  FileDescriptor interrupt_;

  std::mutex mutex_;
  std::condition_variable asked_;
  Wish wish_ = Wish::kNone;
  int milliseconds_ = 0;
  std::thread thread_;
};

}  // namespace kernelwire
