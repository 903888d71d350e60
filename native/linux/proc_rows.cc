// SPDX-License-Identifier: MIT
#include "linux/proc_rows.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <unordered_map>

#include "linux/boot_clock.h"
#include "linux/file_descriptor.h"

namespace kernelwire {
namespace {

constexpr char kDeleted[] = " (deleted)";
constexpr unsigned kKernelThread = 0x00200000;  // include/linux/sched.h, PF_KTHREAD

struct Row {
  image_record record = {};
  std::string path;
};

struct DirectoryCloser {
  void operator()(DIR* directory) const { closedir(directory); }
};

uint64_t TickNs() { return 1000000000ull / static_cast<uint64_t>(sysconf(_SC_CLK_TCK)); }

// proc(5), /proc/PID/stat: the name is in parentheses and may hold any character but NUL.
bool ParseStat(const std::string& stat, image_record* record) {
  const size_t after_name = stat.rfind(')');
  if (after_name == std::string::npos) return false;

  char state;
  int parent;
  unsigned flags;
  long threads, resident;
  unsigned long long start_ticks;
  const int fields = sscanf(stat.c_str() + after_name + 1,
                            " %c %d %*d %*d %*d %*d %u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %ld "
                            "%*d %llu %*u %ld",
                            &state, &parent, &flags, &threads, &start_ticks, &resident);
  if (fields != 6) return false;

  record->header.start_boot_ns = start_ticks * TickNs();
  record->parent.pid = static_cast<uint32_t>(parent);
  record->threads = static_cast<uint32_t>(threads);
  record->resident_pages = static_cast<uint32_t>(resident > 0 ? resident : 0);
  if (flags & kKernelThread) record->header.flags |= RECORD_KERNEL_THREAD;
  if (state == 'Z' && threads <= 1) record->header.flags |= RECORD_ZOMBIE;
  return true;
}

uint32_t RealUser(const std::string& status) {
  const size_t at = status.find("\nUid:");
  return at == std::string::npos ? 0 : static_cast<uint32_t>(strtoul(&status[at + 5], nullptr, 10));
}

std::string ReadLink(const std::string& path) {
  char target[PATH_LIMIT];
  const ssize_t length = readlink(path.c_str(), target, sizeof(target));
  return length > 0 ? std::string(target, static_cast<size_t>(length)) : std::string();
}

bool ReadRow(uint32_t pid, Row* row) {
  const std::string folder = "/proc/" + std::to_string(pid);
  row->record.header.type = RECORD_SNAPSHOT;
  row->record.header.flags = RECORD_COARSE_START;
  row->record.header.pid = pid;
  row->record.header.boot_ns = BootNs();
  if (!ParseStat(ReadProcFile(folder + "/stat", 4096), &row->record)) return false;
  row->record.uid = RealUser(ReadProcFile(folder + "/status", 4096));
  if (row->record.header.flags & RECORD_KERNEL_THREAD) return true;

  row->path = ReadLink(folder + "/exe");
  const size_t suffix = sizeof(kDeleted) - 1;
  if (row->path.size() > suffix &&
      row->path.compare(row->path.size() - suffix, suffix, kDeleted) == 0) {
    row->path.resize(row->path.size() - suffix);
    row->record.header.flags |= RECORD_DELETED;
  }
  row->record.path_length = static_cast<uint16_t>(row->path.size());
  row->record.path_bytes = row->record.path_length;
  row->record.arguments_bytes =
      static_cast<uint32_t>(ReadProcFile(folder + "/cmdline", 6 << 20).size());
  return true;
}

void Append(const Row& row, std::vector<std::byte>* rows) {
  const auto append = [rows](const void* data, size_t bytes) {
    const auto* from = static_cast<const std::byte*>(data);
    rows->insert(rows->end(), from, from + bytes);
  };
  const uint32_t header[2] = {static_cast<uint32_t>(sizeof(image_record) + row.path.size()), 0};
  append(header, sizeof(header));
  append(&row.record, sizeof(row.record));
  append(row.path.data(), row.path.size());
  rows->resize((rows->size() + 7) & ~size_t{7});
}

}  // namespace

int ReadProcRows(const ProcRange& range, std::vector<std::byte>* rows) {
  if (!ProcHasInitialPids()) return 0;
  std::unique_ptr<DIR, DirectoryCloser> directory(opendir("/proc"));
  if (!directory) return errno;

  std::vector<Row> found;
  std::unordered_map<uint32_t, uint64_t> starts;
  while (const dirent* entry = readdir(directory.get())) {
    const auto pid = static_cast<uint32_t>(strtoul(entry->d_name, nullptr, 10));
    Row row;
    if (pid == 0 || range.known.count(pid) != 0 || !ReadRow(pid, &row)) continue;
    // Its start is known to a tick only.
    if (row.record.header.start_boot_ns >= range.started_before_boot_ns - TickNs()) continue;
    starts[pid] = row.record.header.start_boot_ns;
    found.push_back(std::move(row));
  }
  for (Row& row : found) {
    const auto parent = starts.find(row.record.parent.pid);
    if (parent != starts.end()) row.record.parent.start_boot_ns = parent->second;
    Append(row, rows);
  }
  return 0;
}

bool ProcHasInitialPids() {
  // include/linux/proc_ns.h, PROC_PID_INIT_INO
  return ReadLink("/proc/self/ns/pid") == "pid:[4026531836]" &&
         ReadLink("/proc/self") == std::to_string(getpid());
}

std::string ReadProcFile(const std::string& path, size_t limit) {
  FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text;
  char buffer[16384];
  while (file && text.size() < limit) {
    const ssize_t count = read(file.get(), buffer, std::min(sizeof(buffer), limit - text.size()));
    if (count <= 0) break;
    text.append(buffer, static_cast<size_t>(count));
  }
  return text;
}

}  // namespace kernelwire
