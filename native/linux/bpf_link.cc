// SPDX-License-Identifier: MIT
#include "linux/bpf_link.h"

#include <bpf/bpf.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <utility>

namespace kernelwire {
namespace {

// They do nothing but wait.
constexpr size_t kThreads = 16;

struct Job {
  std::vector<BpfLink>& links;
  std::vector<FileDescriptor>& left;
  std::atomic<size_t> next{0};
};

void* DetachNext(void* data) {
  Job* job = static_cast<Job*>(data);
  for (size_t i = job->next++; i < job->links.size(); i = job->next++) {
    const bool is_off = job->links[i].detaches_at_once();
    job->left[i] = job->links[i].Detach();
    if (!is_off) job->left[i].Close();
  }
  return nullptr;
}

}  // namespace

int BpfLink::Attach(int program, const Hook& hook, uint64_t tracepoint, BpfLink* link) {
  BpfLink made;
  if (hook.kind == HookKind::kTracepoint) {
    if (int error = made.AttachTracepoint(program, tracepoint)) return error;
  } else {
    // libbpf opens a raw tracepoint instead before 5.14 or so.
    made.fd_ = FileDescriptor(
        bpf_link_create(program, 0, static_cast<bpf_attach_type>(hook.attach_type), nullptr));
    if (!made.fd_) return errno;
  }
  *link = std::move(made);
  return 0;
}

// On every CPU and every process: the event itself counts nothing.
int BpfLink::AttachTracepoint(int program, uint64_t tracepoint) {
  perf_event_attr attributes = {};
  attributes.type = PERF_TYPE_TRACEPOINT;
  attributes.size = sizeof(attributes);
  attributes.config = tracepoint;
  event_ = FileDescriptor(
      static_cast<int>(syscall(SYS_perf_event_open, &attributes, -1, 0, -1, PERF_FLAG_FD_CLOEXEC)));
  if (!event_) return errno;
  fd_ = FileDescriptor(bpf_link_create(program, event_.get(), BPF_PERF_EVENT, nullptr));
  // Since 5.15; before it the event itself holds the program.
  if (!fd_ && ioctl(event_.get(), PERF_EVENT_IOC_SET_BPF, program) != 0) return errno;
  return ioctl(event_.get(), PERF_EVENT_IOC_ENABLE, 0) == 0 ? 0 : errno;
}

FileDescriptor BpfLink::Detach() {
  fd_.Close();
  return std::move(event_);
}

bool BpfLink::IsOf(int program) const {
  bpf_link_info link_info = {};
  __u32 length = sizeof(link_info);
  if (bpf_obj_get_info_by_fd(fd_.get(), &link_info, &length)) return false;
  bpf_prog_info program_info = {};
  length = sizeof(program_info);
  if (bpf_obj_get_info_by_fd(program, &program_info, &length)) return false;
  return link_info.prog_id == program_info.id;
}

std::vector<FileDescriptor> DetachAll(std::vector<BpfLink> links) {
  std::vector<FileDescriptor> left(links.size());
  Job job{links, left};
  std::vector<pthread_t> threads;
  for (size_t i = 1; i < std::min(links.size(), kThreads); i++) {
    pthread_t thread;
    // Fewer do, where the machine has no more threads for this process.
    if (pthread_create(&thread, nullptr, DetachNext, &job) != 0) break;
    threads.push_back(thread);
  }
  DetachNext(&job);
  for (pthread_t thread : threads) pthread_join(thread, nullptr);
  return left;
}

}  // namespace kernelwire
