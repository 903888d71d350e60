// SPDX-License-Identifier: MIT
#include "linux/ring_waiter.h"

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <cerrno>
#include <csignal>
#include <utility>

namespace kernelwire {
namespace {

constexpr int kShortSleepMs = 1;
constexpr int kForever = -1;

bool Watch(int epoll, int fd, uint32_t events) {
  epoll_event event = {};
  event.events = events;
  event.data.fd = fd;
  return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

}  // namespace

int RingWaiter::Create(const BpfRing* ring, control* shared, std::function<void()> answer,
                       std::unique_ptr<RingWaiter>* waiter) {
  FileDescriptor epoll(epoll_create1(EPOLL_CLOEXEC));
  if (!epoll) return errno;
  FileDescriptor poked(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!poked) return errno;
  // Edge-triggered: a pause must not end because of records that are already there.
  if (!Watch(epoll.get(), ring->fd(), EPOLLIN | EPOLLET)) return errno;
  if (!Watch(epoll.get(), poked.get(), EPOLLIN)) return errno;
  waiter->reset(
      new RingWaiter(ring, shared, std::move(answer), std::move(epoll), std::move(poked)));
  return 0;
}

RingWaiter::RingWaiter(const BpfRing* ring, control* shared, std::function<void()> answer,
                       FileDescriptor epoll, FileDescriptor poked)
    : ring_(ring),
      shared_(shared),
      answer_(std::move(answer)),
      epoll_(std::move(epoll)),
      poked_(std::move(poked)) {
  // Signals belong to Node's own threads.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { Run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

RingWaiter::~RingWaiter() {
  Ask(Wish::kStop, 0);
  thread_.join();
}

void RingWaiter::WaitForRecord(int timeout_ms) { Ask(Wish::kRecord, timeout_ms); }

void RingWaiter::Interrupt() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    is_interrupted_ = true;
  }
  Poke();
}

void RingWaiter::Ask(Wish wish, int milliseconds) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (wish_ != Wish::kStop) wish_ = wish;
    milliseconds_ = milliseconds;
  }
  Poke();
}

RingWaiter::Wish RingWaiter::TakeWish(int* milliseconds) {
  std::lock_guard<std::mutex> lock(mutex_);
  // Nothing else will be found by looking again because of this.
  uint64_t pokes;
  (void)!read(poked_.get(), &pokes, sizeof(pokes));
  const Wish wish = wish_;
  *milliseconds = milliseconds_;
  if (wish != Wish::kStop) wish_ = Wish::kNone;
  return wish;
}

bool RingWaiter::TakeInterrupt() {
  std::lock_guard<std::mutex> lock(mutex_);
  const bool is_interrupted = is_interrupted_;
  is_interrupted_ = false;
  return is_interrupted;
}

void RingWaiter::Poke() {
  const uint64_t one = 1;
  // Fails only when a former one was not seen yet.
  (void)!write(poked_.get(), &one, sizeof(one));
}

void RingWaiter::Run() {
  pthread_setname_np(pthread_self(), "kernelwire");
  for (;;) {
    int milliseconds;
    switch (TakeWish(&milliseconds)) {
      case Wish::kStop:
        return;
      case Wish::kRecord:
        if (!TakeInterrupt()) SleepUntilRecord(milliseconds);
        TakeInterrupt();
        answer_();
        break;
      case Wish::kNone:
        if (Sleep(kForever) == Ended::kByRing) answer_();
        break;
    }
  }
}

void RingWaiter::SleepUntilRecord(int milliseconds) {
  Tell(CONSUMER_ASLEEP);
  // A producer may have read the old word while its reserve was still in its store buffer: a
  // short sleep and a second look close that window on every memory model.
  if (!ring_->HasData() && Sleep(kShortSleepMs) == Ended::kByTime && !ring_->HasData())
    Sleep(milliseconds > kShortSleepMs ? milliseconds - kShortSleepMs : 0);
  Tell(CONSUMER_AWAKE);
}

RingWaiter::Ended RingWaiter::Sleep(int milliseconds) {
  epoll_event events[2];
  const int count = epoll_wait(epoll_.get(), events, 2, milliseconds);
  Ended ended = Ended::kByTime;
  for (int i = 0; i < count; i++) {
    if (events[i].data.fd == ring_->fd()) return Ended::kByRing;
    ended = Ended::kByPoke;
  }
  return ended;
}

void RingWaiter::Tell(consumer_state state) {
  __atomic_store_n(&shared_->consumer, state, __ATOMIC_SEQ_CST);
}

}  // namespace kernelwire
