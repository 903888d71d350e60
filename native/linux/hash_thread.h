// SPDX-License-Identifier: MIT
// A thread that reads open files and hashes them, one after the other. It has a disk and a CPU only
// as long as nobody else wants them, and shares no lock with the event loop that it works for.
#pragma once

#include <node_api.h>

#include <atomic>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "linux/digester.h"
#include "linux/file_descriptor.h"
#include "linux/file_version.h"
#include "linux/loop_watch.h"
#include "spsc_queue.h"

namespace kernelwire {

// `fd` stays the caller's, who keeps it open until the answer.
struct FileToHash {
  uint32_t id;
  int fd;
  uint64_t size;
  FileVersion version;
};

enum class HashStatus { kHashed, kChanged, kUnreadable };

struct HashAnswer {
  uint32_t id;
  HashStatus status;
  Digests digests;
};

class HashThread {
 public:
  // What may be asked for and not answered yet.
  static constexpr size_t kCapacity = 128;

  // `on_answers` is called from the loop when there are answers to take, and when the thread has
  // ended after Stop(). 0 or an errno.
  static int Start(napi_env env, std::unique_ptr<Digester> digester,
                   std::function<void()> on_answers, std::unique_ptr<HashThread>* thread);
  // Waits for the thread: for the chunk that it is reading.
  ~HashThread();

  // False: too many are waiting.
  bool Hash(const FileToHash& file);
  bool TakeAnswer(HashAnswer* answer) { return answers_.Pop(answer); }
  // It ends soon: no file is read any more once HasEnded() is true.
  void Stop();
  bool HasEnded() const { return has_ended_.load(std::memory_order_acquire); }

 private:
  HashThread(std::unique_ptr<Digester> digester, FileDescriptor wake);
  void Run();
  HashStatus Read(const FileToHash& file, Digests* digests);
  void Tell() const;

  const std::unique_ptr<Digester> digester_;
  const FileDescriptor wake_;  // an eventfd: there is something to do
  LoopWatch::Owned watch_;     // of an eventfd: there is something to take
  SpscQueue<FileToHash, kCapacity> files_;
  SpscQueue<HashAnswer, kCapacity> answers_;
  std::atomic<bool> is_stopped_{false};
  std::atomic<bool> has_ended_{false};
  std::vector<unsigned char> chunk_;
  std::thread thread_;
};

}  // namespace kernelwire
