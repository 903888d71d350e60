// SPDX-License-Identifier: MIT
// The maps that all programs of a source share, made by us so that their sizes are ours.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "linux/file_descriptor.h"
#include "ring.h"

namespace kernelwire {

// Memory of a map, or of a file, mapped as long as this lives.
class Mapping {
 public:
  // 0 or an errno; `writable` only for what the consumer itself writes.
  static int Create(int fd, size_t offset, size_t bytes, bool writable,
                    std::shared_ptr<Mapping>* mapping);
  ~Mapping();
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;

  std::byte* data() const { return data_; }
  size_t size() const { return size_; }

 private:
  Mapping(std::byte* data, size_t size) : data_(data), size_(size) {}
  std::byte* const data_;
  const size_t size_;
};

// A BPF_MAP_TYPE_RINGBUF, mapped.
class BpfRing : public Ring {
 public:
  // `bytes`: a power of two, at least a page. 0 or an errno.
  static int Create(size_t bytes, std::unique_ptr<BpfRing>* ring);

  int fd() const { return fd_.get(); }
  // Keeps data() alive beyond this object: JavaScript may still hold its ArrayBuffer.
  std::shared_ptr<Mapping> mapping() const { return data_mapping_; }

 private:
  BpfRing(FileDescriptor fd, std::shared_ptr<Mapping> consumer, std::shared_ptr<Mapping> data,
          size_t page, size_t bytes);
  FileDescriptor fd_;
  std::shared_ptr<Mapping> consumer_mapping_;
  std::shared_ptr<Mapping> data_mapping_;
};

// A mapped BPF_MAP_TYPE_ARRAY of `entries` values.
class BpfArray {
 public:
  static int Create(const char* name, size_t value_bytes, size_t entries, bool writable,
                    std::unique_ptr<BpfArray>* array);

  int fd() const { return fd_.get(); }
  std::shared_ptr<Mapping> mapping() const { return mapping_; }

 private:
  BpfArray(FileDescriptor fd, std::shared_ptr<Mapping> mapping)
      : fd_(std::move(fd)), mapping_(std::move(mapping)) {}
  FileDescriptor fd_;
  std::shared_ptr<Mapping> mapping_;
};

// A BPF_MAP_TYPE_HASH whose memory is there from the start; no descriptor and an errno where it is
// refused.
FileDescriptor CreateHash(const char* name, size_t key_bytes, size_t value_bytes, size_t entries);
// A BPF_MAP_TYPE_TASK_STORAGE likewise: a value of each thread's own.
FileDescriptor CreateTaskStorage(const char* name, size_t value_bytes);

}  // namespace kernelwire
