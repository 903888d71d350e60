// SPDX-License-Identifier: MIT
// What Windows tells of processes that run, and what can be read in them.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "windows/etw.h"

namespace kernelwire {

// Of all processes at once: NtQuerySystemInformation.
struct ProcessRow {
  uint32_t pid;
  uint32_t parent_pid;
  uint64_t created;  // FILETIME
  uint32_t threads;
  uint32_t session;
  uint64_t working_set;
  std::u16string name;
};

// False where Windows does not answer.
bool ReadProcessRows(std::vector<ProcessRow>& rows);

// Of one process, by opening it. Empty or 0: not known.
struct ProcessFacts {
  uint64_t created = 0;
  std::u16string path;
  std::u16string command_line;
  std::vector<uint8_t> sid;
  std::u16string environment;  // each variable with its NUL
  bool is_environment_cut = false;
  bool is_wow64 = false;
  uint64_t image_base = 0;
};

// False where the process cannot be opened: it has ended, or is protected.
bool ReadProcessFacts(uint32_t pid, bool with_environment, ProcessFacts& facts);

// "DOMAIN\user" of a SID; asks the domain where it must, so never on a thread that others wait for.
class AccountNames {
 public:
  const std::u16string& Of(const std::vector<uint8_t>& sid);

 private:
  static constexpr size_t kNamesMax = 1024;
  std::unordered_map<std::string, std::u16string> names_;
};

// The kernel's name of each drive and of the folder of Windows, each with a backslash at its end.
struct Volume {
  std::u16string kernel_path;
  std::u16string dos_path;
};
std::vector<Volume> ReadVolumes();
std::u16string WindowsFolder();

}  // namespace kernelwire
