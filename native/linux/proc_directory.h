// SPDX-License-Identifier: MIT
// The numbers that a folder of /proc has entries for: processes, or threads of one.
#pragma once

#include <dirent.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

namespace kernelwire {

class ProcDirectory {
 public:
  explicit ProcDirectory(const std::string& folder) : directory_(opendir(folder.c_str())) {}

  explicit operator bool() const { return directory_ != nullptr; }

  // 0 after the last one.
  uint32_t Next() {
    while (const dirent* entry = directory_ ? readdir(directory_.get()) : nullptr) {
      const unsigned long number = strtoul(entry->d_name, nullptr, 10);
      if (number != 0) return static_cast<uint32_t>(number);
    }
    return 0;
  }

 private:
  struct Closer {
    void operator()(DIR* directory) const { closedir(directory); }
  };
  std::unique_ptr<DIR, Closer> directory_;
};

}  // namespace kernelwire
