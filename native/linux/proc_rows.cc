// SPDX-License-Identifier: MIT
#include "linux/proc_rows.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <string>
#include <unordered_map>
#include <utility>

#include "linux/boot_clock.h"
#include "linux/proc_directory.h"
#include "linux/proc_file.h"
#include "linux/proc_stat.h"

namespace kernelwire {
namespace {

constexpr char kDeleted[] = " (deleted)";

uint32_t RealUser(const std::string& status) {
  const size_t at = status.find("\nUid:");
  return at == std::string::npos ? 0 : static_cast<uint32_t>(strtoul(&status[at + 5], nullptr, 10));
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
    // A main thread that has left has nothing any more, and another one has all.
    const uint32_t thread = LivingThread(folder + "/task");
    if (thread != 0) row->place.thread = thread;
    folder += "/task/" + std::to_string(row->place.thread);
    ReadProcStat(folder, &stat);
  }
  record.uid = RealUser(ReadProcFile(folder + "/status", 4096));
  row->place.payer = record.uid;
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
  ProcDirectory directory("/proc");
  if (!directory) return errno;

  const size_t first = rows->size();
  std::unordered_map<uint32_t, uint64_t> starts;
  while (const uint32_t pid = directory.Next()) {
    SnapshotRow row;
    if (range.known.count(pid) != 0 || !ReadRow(pid, &row)) continue;
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
