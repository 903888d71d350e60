// SPDX-License-Identifier: MIT
// The thread that waits for the ring, so that JavaScript does not have to.
//
// It answers what it is asked to wait for with one call. While nobody waits, the programs wake
// nobody: a wake-up costs ten times what the rest of a record does. A pause takes no part of this
// thread unless the ring fills up meanwhile: whoever asked for it lets the time pass by itself,
// since being woken up twice for it would cost more than what a drain of some hundred records does.
#pragma once

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

  // Answers at the next record, after `timeout_ms` at the latest.
  void WaitForRecord(int timeout_ms);
  // From now on answers when the ring is a quarter full...
  void Pause() { Tell(CONSUMER_PAUSED); }
  // ...until the pause is over.
  void Resume() { Tell(CONSUMER_AWAKE); }
  // Ends a wait for a record that is under way.
  void Interrupt();

 private:
  enum class Wish { kNone, kRecord, kStop };
  enum class Ended { kByTime, kByRing, kByPoke };

  RingWaiter(const BpfRing* ring, control* shared, std::function<void()> answer,
             FileDescriptor epoll, FileDescriptor poked);
  void Ask(Wish wish, int milliseconds);
  Wish TakeWish(int* milliseconds);
  bool TakeInterrupt();
  void Poke();
  void Run();
  void SleepUntilRecord(int milliseconds);
  Ended Sleep(int milliseconds);
  void Tell(consumer_state state);

  const BpfRing* const ring_;
  control* const shared_;
  const std::function<void()> answer_;
  FileDescriptor epoll_;
  FileDescriptor poked_;  // an eventfd: look at the wish again

  std::mutex mutex_;
  Wish wish_ = Wish::kNone;
  int milliseconds_ = 0;
  bool is_interrupted_ = false;
  std::thread thread_;
};

}  // namespace kernelwire
