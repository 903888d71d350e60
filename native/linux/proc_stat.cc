// SPDX-License-Identifier: MIT
#include "linux/proc_stat.h"

#include <unistd.h>

#include <cstdlib>
#include <sstream>

#include "linux/boot_clock.h"
#include "linux/proc_directory.h"
#include "linux/proc_file.h"

namespace kernelwire {
namespace {

constexpr unsigned long kKernelThread = 0x00200000;  // include/linux/sched.h, PF_KTHREAD
constexpr int kThreadsMax = 256;

}  // namespace

uint64_t TickNs() { return 1000000000ull / static_cast<uint64_t>(sysconf(_SC_CLK_TCK)); }

// proc(5): the name is in parentheses and may hold any character but NUL; fields are counted
// from 1.
bool ReadProcStat(const std::string& folder, ProcStat* stat) {
  const std::string text = ReadProcFile(folder + "/stat", 4096);
  const size_t after_name = text.rfind(')');
  if (after_name == std::string::npos) return false;

  std::istringstream fields(text.substr(after_name + 1));
  std::string field;
  int number = 2;
  while (fields >> field) {
    const unsigned long long value = strtoull(field.c_str(), nullptr, 10);
    switch (++number) {
      case 3:
        stat->state = field[0];
        break;
      case 4:
        stat->parent = static_cast<uint32_t>(value);
        break;
      case 9:
        stat->is_kernel_thread = (value & kKernelThread) != 0;
        break;
      case 20:
        stat->threads = static_cast<uint32_t>(value);
        break;
      case 22:
        stat->start_boot_ns = value * TickNs() + static_cast<uint64_t>(BootOffsetNs());
        break;
      case 24:
        stat->resident_pages = static_cast<uint32_t>(value);
        break;
      case 48:
        stat->arguments_start = value;
        break;
      case 49:
        stat->arguments_end = value;
        break;
    }
  }
  return number >= 24;
}

bool IsAlive(const ProcStat& stat) { return stat.state != 'Z' && stat.state != 'X'; }

uint32_t LivingThread(const std::string& folder) {
  ProcDirectory threads(folder);
  for (int i = 0; i < kThreadsMax; i++) {
    const uint32_t thread = threads.Next();
    if (thread == 0) break;
    ProcStat stat;
    if (ReadProcStat(folder + "/" + std::to_string(thread), &stat) && IsAlive(stat)) return thread;
  }
  return 0;
}

}  // namespace kernelwire
