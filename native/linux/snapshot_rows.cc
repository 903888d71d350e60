// SPDX-License-Identifier: MIT
#include "linux/snapshot_rows.h"

#include <bpf/bpf.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <unordered_map>
#include <utility>

#include "linux/file_descriptor.h"

namespace kernelwire {
namespace {

constexpr size_t kReadBytes = 1 << 18;
constexpr size_t kFixedBytes = sizeof(snapshot_row) + sizeof(image_record);

// Where a process's rows are told apart from those of its other threads.
class Collector {
 public:
  explicit Collector(std::vector<SnapshotRow>* rows) : rows_(rows) {}

  // A main thread that has left has no memory to tell of; the first other one that has is taken.
  void Add(SnapshotRow row) {
    const auto [known, is_new] = by_pid_.emplace(row.record.header.pid, rows_->size());
    if (!is_new) {
      SnapshotRow& other = (*rows_)[known->second];
      if (other.record.header.start_boot_ns == row.record.header.start_boot_ns) {
        if (other.place.arguments_start == 0) other = std::move(row);
        return;
      }
      known->second = rows_->size();
    }
    rows_->push_back(std::move(row));
  }

 private:
  std::vector<SnapshotRow>* const rows_;
  std::unordered_map<uint32_t, size_t> by_pid_;
};

// Takes the whole rows out of `bytes`, from its start.
template <typename Take>
void TakeRows(std::vector<std::byte>* bytes, Take take) {
  size_t at = 0;
  while (bytes->size() - at >= kFixedBytes) {
    SnapshotRow row;
    memcpy(&row.place, bytes->data() + at, sizeof(row.place));
    const size_t row_bytes = (sizeof(row.place) + row.place.length + 7) & ~size_t{7};
    if (row.place.length < sizeof(row.record) || row_bytes > bytes->size() - at) break;
    const std::byte* record = bytes->data() + at + sizeof(row.place);
    memcpy(&row.record, record, sizeof(row.record));
    take(std::move(row), reinterpret_cast<const char*>(record + sizeof(row.record)));
    at += row_bytes;
  }
  bytes->erase(bytes->begin(), bytes->begin() + static_cast<std::ptrdiff_t>(at));
}

// `take`: gets each row without its strings, and where these are. 0 or an errno.
template <typename Take>
int Iterate(const BpfProgram& iterator, Take take) {
  FileDescriptor file(bpf_iter_create(iterator.link_fd()));
  if (!file) return errno;
  std::vector<std::byte> bytes;
  for (;;) {
    const size_t before = bytes.size();
    bytes.resize(before + kReadBytes);
    const ssize_t count = read(file.get(), bytes.data() + before, kReadBytes);
    const int error = count < 0 ? errno : 0;
    bytes.resize(before + static_cast<size_t>(count > 0 ? count : 0));
    TakeRows(&bytes, take);
    if (count == 0) return 0;
    // EAGAIN: it has come past a million tasks that make no row (kernel/bpf/bpf_iter.c).
    if (error != 0 && error != EINTR && error != EAGAIN) return error;
  }
}

}  // namespace

int ReadRows(const BpfProgram& iterator, std::vector<SnapshotRow>* rows) {
  Collector collector(rows);
  return Iterate(iterator, [&collector](SnapshotRow row, const char* strings) {
    row.strings.assign(strings, row.place.length - sizeof(row.record));
    collector.Add(std::move(row));
  });
}

std::unordered_map<uint32_t, record_header> ReadHeaders(const BpfProgram& iterator) {
  std::unordered_map<uint32_t, record_header> headers;
  Iterate(iterator, [&headers](const SnapshotRow& row, const char*) {
    headers[row.record.header.pid] = row.record.header;
  });
  return headers;
}

// A buffer that one row fills makes the kernel stop there (kernel/bpf/bpf_iter.c, bpf_seq_read).
bool ReadFirstRow(const BpfProgram& iterator, SnapshotRow* row) {
  FileDescriptor file(bpf_iter_create(iterator.link_fd()));
  char bytes[kFixedBytes];
  if (!file || read(file.get(), bytes, sizeof(bytes)) != sizeof(bytes)) return false;
  memcpy(&row->place, bytes, sizeof(row->place));
  memcpy(&row->record, bytes + sizeof(row->place), sizeof(row->record));
  return true;
}

}  // namespace kernelwire
