// SPDX-License-Identifier: MIT
// Where a file's bytes come from: a file on disk, chunks of a pipe, memory.
#pragma once

#include <cstddef>
#include <cstdint>

namespace kernelwire::etl {

// Part of a file. May be shorter than what was asked for.
struct View {
  const uint8_t* data = nullptr;
  size_t size = 0;
};

class Input {
 public:
  virtual ~Input() = default;

  // At most `bytes` bytes from `offset` on; fewer at the end of the file, or, if !is_complete(),
  // at the end of what has arrived. Valid until the next call. `ahead`: how many bytes behind
  // them will be wanted soon.
  virtual View Look(uint64_t offset, size_t bytes, size_t ahead) = 0;

  // Copies as many as there are of them, and returns how many.
  virtual size_t Read(uint64_t offset, uint8_t* to, size_t bytes) = 0;

  // Whether what was looked at can be read again later.
  virtual bool can_seek() const = 0;

  // Whether all of the file is there: always so on disk.
  virtual bool is_complete() const { return true; }

  // Nothing before `offset` is wanted any more.
  virtual void Forget(uint64_t /*offset*/) {}

  // 0: unknown.
  virtual uint64_t size() const { return 0; }

  // The system's number of the error of a read that failed; what it was to bring is missing.
  virtual int error() const { return 0; }
};

}  // namespace kernelwire::etl
