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
  FileDescriptor interrupt(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!interrupt) return errno;
  // Edge-triggered: a pause must not end because of records that are already there.
  if (!Watch(epoll.get(), ring->fd(), EPOLLIN | EPOLLET)) return errno;
  if (!Watch(epoll.get(), interrupt.get(), EPOLLIN)) return errno;
  waiter->reset(
      new RingWaiter(ring, shared, std::move(answer), std::move(epoll), std::move(interrupt)));
  return 0;
}

RingWaiter::RingWaiter(const BpfRing* ring, control* shared, std::function<void()> answer,
                       FileDescriptor epoll, FileDescriptor interrupt)
    : ring_(ring),
      shared_(shared),
      answer_(std::move(answer)),
      epoll_(std::move(epoll)),
      interrupt_(std::move(interrupt)) {
  // Signals belong to Node's own threads.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { Run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

RingWaiter::~RingWaiter() {
  Ask(Wish::kStop, 0);
  Interrupt();
  thread_.join();
}

void RingWaiter::WaitForRecord(int timeout_ms) { Ask(Wish::kRecord, timeout_ms); }

void RingWaiter::Pause(int pause_ms) { Ask(Wish::kPause, pause_ms); }

void RingWaiter::Interrupt() {
  const uint64_t one = 1;
  // Fails only when a former interrupt was not seen yet.
  (void)!write(interrupt_.get(), &one, sizeof(one));
}

void RingWaiter::Ask(Wish wish, int milliseconds) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (wish_ != Wish::kStop) wish_ = wish;
    milliseconds_ = milliseconds;
  }
  asked_.notify_one();
}

void RingWaiter::Run() {
  pthread_setname_np(pthread_self(), "kernelwire");
  for (;;) {
    Wish wish;
    int milliseconds;
    {
      std::unique_lock<std::mutex> lock(mutex_);
      asked_.wait(lock, [this] { return wish_ != Wish::kNone; });
      wish = wish_;
      milliseconds = milliseconds_;
      if (wish == Wish::kStop) return;
      wish_ = Wish::kNone;
    }
    Wait(wish, milliseconds);
    answer_();
  }
}

void RingWaiter::Wait(Wish wish, int milliseconds) {
  if (wish == Wish::kPause) {
    Tell(CONSUMER_PAUSED);
    Sleep(milliseconds);
  } else {
    Tell(CONSUMER_ASLEEP);
    // A producer may have read the old word while its reserve was still in its store buffer: a
    // short sleep and a second look close that window on every memory model.
    if (!ring_->HasData() && !Sleep(kShortSleepMs) && !ring_->HasData())
      Sleep(milliseconds - kShortSleepMs);
  }
  Tell(CONSUMER_AWAKE);
}

// Whether something ended it before its time.
bool RingWaiter::Sleep(int milliseconds) {
  epoll_event events[2];
  const int count = epoll_wait(epoll_.get(), events, 2, milliseconds > 0 ? milliseconds : 0);
  for (int i = 0; i < count; i++) {
    uint64_t value;
    if (events[i].data.fd == interrupt_.get()) (void)!read(interrupt_.get(), &value, sizeof(value));
  }
  return count > 0;
}

void RingWaiter::Tell(consumer_state state) {
  __atomic_store_n(&shared_->consumer, state, __ATOMIC_SEQ_CST);
}

}  // namespace kernelwire
