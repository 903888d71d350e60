// SPDX-License-Identifier: MIT
#include "linux/ring_waiter.h"

#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace kernelwire {
namespace {

constexpr int kSecondLookMs = 1;

// The loop's own watching is level-triggered: a pause would end because of records that are already
// there. So it watches this instead, which becomes readable when a program wakes.
FileDescriptor WatchEdges(int ring) {
  FileDescriptor epoll(epoll_create1(EPOLL_CLOEXEC));
  epoll_event event = {};
  event.events = EPOLLIN | EPOLLET;
  if (!epoll || epoll_ctl(epoll.get(), EPOLL_CTL_ADD, ring, &event) != 0) return FileDescriptor();
  return epoll;
}

}  // namespace

int RingWaiter::Create(napi_env env, const BpfRing* ring, control* shared,
                       std::function<void()> answer, std::unique_ptr<RingWaiter>* waiter) {
  FileDescriptor edges = WatchEdges(ring->fd());
  if (!edges) return errno;
  std::unique_ptr<RingWaiter> made(new RingWaiter(ring, shared, std::move(answer)));
  RingWaiter* self = made.get();
  if (int error = LoopWatch::Create(
          env, std::move(edges), [self] { self->OnReadable(); }, [self] { self->OnTime(); },
          &self->watch_))
    return error;
  *waiter = std::move(made);
  return 0;
}

RingWaiter::RingWaiter(const BpfRing* ring, control* shared, std::function<void()> answer)
    : ring_(ring), shared_(shared), answer_(std::move(answer)) {}

RingWaiter::~RingWaiter() { Tell(CONSUMER_AWAKE); }

void RingWaiter::WaitForRecord(int timeout_ms) {
  Tell(CONSUMER_ASLEEP);
  if (ring_->HasData()) {
    Begin(State::kAsleep, 0);
    return;
  }
  // A producer may have read the old word while its reserve was still in its store buffer: a second
  // look a moment later closes that window on every memory model.
  const int first_ms = std::min(timeout_ms, kSecondLookMs);
  Begin(State::kSecondLook, first_ms);
  remaining_ms_ = timeout_ms - first_ms;
}

void RingWaiter::Pause(int pause_ms) {
  Tell(CONSUMER_PAUSED);
  Begin(State::kPaused, pause_ms);
}

void RingWaiter::Interrupt() {
  is_interrupted_ = true;
  if (state_ != State::kIdle) Begin(State::kAsleep, 0);
}

void RingWaiter::Begin(State state, int milliseconds) {
  state_ = is_interrupted_ ? State::kAsleep : state;
  watch_->SetTimer(is_interrupted_ ? 0 : milliseconds);
}

void RingWaiter::OnReadable() {
  // Takes the edge, so that the next one is seen.
  epoll_event event;
  epoll_wait(watch_->fd(), &event, 1, 0);
  if (state_ != State::kIdle) Answer();
}

void RingWaiter::OnTime() {
  if (state_ == State::kSecondLook && !ring_->HasData() && remaining_ms_ > 0)
    Begin(State::kAsleep, remaining_ms_);
  else if (state_ != State::kIdle)
    Answer();
}

void RingWaiter::Answer() {
  state_ = State::kIdle;
  is_interrupted_ = false;
  watch_->StopTimer();
  Tell(CONSUMER_AWAKE);
  // A copy: the waiter may be gone before the call returns.
  const std::function<void()> answer = answer_;
  answer();
}

void RingWaiter::Tell(consumer_state state) {
  __atomic_store_n(&shared_->consumer, state, __ATOMIC_SEQ_CST);
}

}  // namespace kernelwire
