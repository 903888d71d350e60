// SPDX-License-Identifier: MIT
// Waits for the ring in the event loop, and answers each request with one call.
//
// While nobody waits, the programs wake nobody: a wake-up costs ten times what the rest of a record
// does. There is no thread of its own: to hand over from one costs more than a hundred records.
#pragma once

#include <functional>
#include <memory>

#include "linux/bpf_map.h"
#include "linux/kernel_types.h"
#include "linux/loop_watch.h"

namespace kernelwire {

class RingWaiter {
 public:
  // `answer` is called from the loop and may destroy the waiter. `ring` and `shared` outlive it. 0
  // or an errno.
  static int Create(napi_env env, const BpfRing* ring, control* shared,
                    std::function<void()> answer, std::unique_ptr<RingWaiter>* waiter);
  ~RingWaiter();

  // Until the next record, at most `timeout_ms`.
  void WaitForRecord(int timeout_ms);
  // For `pause_ms`, or until the ring is a quarter full: lets records gather.
  void Pause(int pause_ms);
  // Ends the wait that is under way, or the next one at once.
  void Interrupt();

  // Whether waiting keeps the loop running.
  void Ref() { watch_->Ref(); }
  void Unref() { watch_->Unref(); }

 private:
  enum class State { kIdle, kPaused, kAsleep, kSecondLook };

  RingWaiter(const BpfRing* ring, control* shared, std::function<void()> answer);
  void Begin(State state, int milliseconds);
  void OnReadable();
  void OnTime();
  void Answer();
  void Tell(consumer_state state);

  const BpfRing* const ring_;
  control* const shared_;
  const std::function<void()> answer_;
  LoopWatch::Owned watch_;
  State state_ = State::kIdle;
  bool is_interrupted_ = false;
  int remaining_ms_ = 0;
};

}  // namespace kernelwire
