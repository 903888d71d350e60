// SPDX-License-Identifier: MIT
#include "linux/proc_rows.h"

#include <dirent.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

#include "linux/boot_clock.h"
#include "linux/proc_file.h"
#include "linux/proc_stat.h"

namespace kernelwire {
namespace {

constexpr char kDeleted[] = " (deleted)";
// Threads that are looked at for one that still has the process's memory.
constexpr int kThreadsMax = 256;

struct DirectoryCloser {
  void operator()(DIR* directory) const { closedir(directory); }
};
using Directory = std::unique_ptr<DIR, DirectoryCloser>;

uint32_t NumberOf(const dirent* entry) {
  return static_cast<uint32_t>(strtoul(entry->d_name, nullptr, 10));
}

uint32_t RealUser(const std::string& status) {
  const size_t at = status.find("\nUid:");
  return at == std::string::npos ? 0 : static_cast<uint32_t>(strtoul(&status[at + 5], nullptr, 10));
}

// A main thread that has left has nothing any more, and another one has all. `pid` where there is
// none.
uint32_t LivingThread(uint32_t pid) {
  const std::string folder = "/proc/" + std::to_string(pid) + "/task";
  Directory directory(opendir(folder.c_str()));
  for (int i = 0; directory && i < kThreadsMax; i++) {
    const dirent* entry = readdir(directory.get());
    if (!entry) break;
    ProcStat stat;
    if (NumberOf(entry) == 0 || !ReadProcStat(folder + "/" + entry->d_name, &stat)) continue;
    if (stat.state != 'Z' && stat.state != 'X') return NumberOf(entry);
  }
  return pid;
}

void PutPath(const std::string& folder, SnapshotRow* row) {
  std::string path = ReadLink(folder + "/exe");
  const size_t suffix = sizeof(kDeleted) - 1;
  if (path.size() > suffix && path.compare(path.size() - suffix, suffix, kDeleted) == 0) {
    path.resize(path.size() - suffix);
    row->record.header.flags |= RECORD_DELETED;
  }
  row->record.path_length = static_cast<uint16_t>(path.size());
  row->record.path_bytes = row->record.path_length;
  row->strings = std::move(path);
}

bool ReadRow(uint32_t pid, SnapshotRow* row) {
  std::string folder = "/proc/" + std::to_string(pid);
  ProcStat stat;
  if (!ReadProcStat(folder, &stat)) return false;

  image_record& record = row->record;
  record.header.type = RECORD_SNAPSHOT;
  record.header.flags = RECORD_COARSE_START;
  record.header.pid = row->place.process = row->place.thread = pid;
  record.header.boot_ns = BootNs();
  record.header.start_boot_ns = stat.start_boot_ns;
  record.parent.pid = stat.parent;
  record.threads = stat.threads;
  if (stat.is_kernel_thread) record.header.flags |= RECORD_KERNEL_THREAD;
  if (stat.state == 'Z' && stat.threads <= 1) record.header.flags |= RECORD_ZOMBIE;
  if (stat.state == 'Z' && stat.threads > 1) {
    row->place.thread = LivingThread(pid);
    folder += "/task/" + std::to_string(row->place.thread);
    ReadProcStat(folder, &stat);
  }
  record.uid = RealUser(ReadProcFile(folder + "/status", 4096));
  record.resident_pages = stat.resident_pages;
  if (stat.is_kernel_thread) return true;

  row->place.arguments_start = stat.arguments_start;
  record.arguments_bytes = static_cast<uint32_t>(
      std::min<uint64_t>(stat.arguments_end - stat.arguments_start, UINT32_MAX));
  PutPath(folder, row);
  return true;
}

}  // namespace

int ReadProcRows(const ProcRange& range, std::vector<SnapshotRow>* rows) {
  Directory directory(opendir("/proc"));
  if (!directory) return errno;

  const size_t first = rows->size();
  std::unordered_map<uint32_t, uint64_t> starts;
  while (const dirent* entry = readdir(directory.get())) {
    const uint32_t pid = NumberOf(entry);
    SnapshotRow row;
    if (pid == 0 || range.known.count(pid) != 0 || !ReadRow(pid, &row)) continue;
    // Its start is known to a tick only.
    if (row.record.header.start_boot_ns >= range.started_before_boot_ns - TickNs()) continue;
    starts[pid] = row.record.header.start_boot_ns;
    rows->push_back(std::move(row));
  }
  for (size_t i = first; i < rows->size(); i++) {
    parent_identity& identity = (*rows)[i].record.parent;
    const auto parent = starts.find(identity.pid);
    if (parent != starts.end()) identity.start_boot_ns = parent->second;
  }
  return 0;
}

}  // namespace kernelwire
