// SPDX-License-Identifier: MIT
// A file on disk. The one part of the reader that knows an operating system.
#pragma once

#include <memory>

#include "etl/block.h"
#include "etl/input.h"

namespace kernelwire::etl {

class FileInput : public Input {
 public:
  // `path` in UTF-8. Null if it cannot be opened: `error` then says why, as the system does.
  static std::unique_ptr<FileInput> Open(const char* path, int& error);

  ~FileInput() override;
  FileInput(const FileInput&) = delete;
  FileInput& operator=(const FileInput&) = delete;

  View Look(uint64_t offset, size_t bytes, size_t ahead) override;
  size_t Read(uint64_t offset, uint8_t* to, size_t bytes) override;
  bool can_seek() const override { return true; }
  uint64_t size() const override { return size_; }
  int error() const override { return error_; }

 private:
#ifdef _WIN32
  using Handle = void*;
#else
  using Handle = int;
#endif

  FileInput(Handle handle, uint64_t size) : handle_(handle), size_(size) {}

  const Handle handle_;
  const uint64_t size_;  // at the start: what is added later is not read
  Block block_;
  int error_ = 0;
};

}  // namespace kernelwire::etl
