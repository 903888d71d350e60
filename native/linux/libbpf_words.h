// SPDX-License-Identifier: MIT
// What libbpf says on this thread while this lives: the end of it where it is long.
#pragma once

#include <string>

namespace kernelwire {

class LibbpfWords {
 public:
  LibbpfWords();
  ~LibbpfWords();
  LibbpfWords(const LibbpfWords&) = delete;
  LibbpfWords& operator=(const LibbpfWords&) = delete;

  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace kernelwire
