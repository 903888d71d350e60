// SPDX-License-Identifier: MIT
#include "linux/task_snapshot.h"

#include <bpf/bpf.h>
#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

#include "linux/boot_clock.h"
#include "linux/file_descriptor.h"
#include "linux/proc_rows.h"

namespace kernelwire {
namespace {

constexpr size_t kReadBytes = 1 << 20;
// Arguments of all processes together: beyond it the rest stays cut, and says so.
constexpr size_t kArgumentsLimit = 64 << 20;
// The environment that a title can have grown over.
constexpr size_t kTitleLimit = 1 << 20;
constexpr size_t kHeaderBytes = 8;

int ReadIterator(int link_fd, std::vector<std::byte>* rows) {
  FileDescriptor iterator(bpf_iter_create(link_fd));
  if (!iterator) return errno;
  for (;;) {
    const size_t before = rows->size();
    rows->resize(before + kReadBytes);
    const ssize_t count = read(iterator.get(), rows->data() + before, kReadBytes);
    rows->resize(before + static_cast<size_t>(count > 0 ? count : 0));
    if (count == 0) return 0;
    if (count < 0 && errno != EINTR && errno != EAGAIN) return errno;
  }
}

void AppendRecord(std::vector<std::byte>* records, const void* fixed, size_t fixed_bytes,
                  const void* rest, size_t rest_bytes) {
  const uint32_t header[2] = {static_cast<uint32_t>(fixed_bytes + rest_bytes), 0};
  const auto append = [records](const void* data, size_t bytes) {
    const auto* from = static_cast<const std::byte*>(data);
    records->insert(records->end(), from, from + bytes);
  };
  append(header, sizeof(header));
  append(fixed, fixed_bytes);
  append(rest, rest_bytes);
  records->resize((records->size() + 7) & ~size_t{7});
}

// The arguments that a row has no room for precede it, as they precede an exec in the ring.
// False when they are not those of the row's image any more.
bool AppendArguments(std::vector<std::byte>* records, const image_record& row,
                     const std::byte* arguments_here) {
  const std::string path = "/proc/" + std::to_string(row.header.pid) + "/cmdline";
  const std::string all = ReadProcFile(path, row.arguments_bytes);
  if (all.size() != row.arguments_bytes) return false;
  if (memcmp(all.data(), arguments_here, row.arguments_length) != 0) return false;

  bulk_record piece = {};
  piece.header = row.header;
  piece.header.type = RECORD_ARGUMENTS;
  piece.offset = row.arguments_length;
  piece.total = row.arguments_bytes;
  piece.length = piece.total - piece.offset;
  AppendRecord(records, &piece, sizeof(piece), all.data() + piece.offset, piece.length);
  return true;
}

// A process that calls itself by another name has written over its arguments, and when the name is
// longer than they were, over what follows: the last byte is no NUL then, and /proc/PID/cmdline
// knows where the name ends (fs/proc/base.c, get_mm_cmdline). Takes the place of the row's own.
bool AppendTitle(std::vector<std::byte>* records, image_record* row) {
  const std::string path = "/proc/" + std::to_string(row->header.pid) + "/cmdline";
  const std::string title = ReadProcFile(path, kTitleLimit);
  if (title.size() <= row->arguments_length) return false;

  bulk_record piece = {};
  piece.header = row->header;
  piece.header.type = RECORD_ARGUMENTS;
  piece.total = piece.length = row->arguments_bytes = static_cast<uint32_t>(title.size());
  row->arguments_length = 0;
  AppendRecord(records, &piece, sizeof(piece), title.data(), title.size());
  return true;
}

bool IsTitle(const image_record& row, const std::byte* row_end) {
  return row.arguments_length > 0 && row.arguments_length == row.arguments_bytes &&
         row_end[-1] != std::byte{0};
}

// `visit`: called with each row, its bytes and how many they are.
template <typename Visit>
void ForEach(const std::vector<std::byte>& rows, Visit visit) {
  for (size_t at = 0; at + kHeaderBytes + sizeof(image_record) <= rows.size();) {
    uint32_t length;
    memcpy(&length, rows.data() + at, sizeof(length));
    if (length < sizeof(image_record) || at + kHeaderBytes + length > rows.size()) return;

    image_record row;
    const std::byte* from = rows.data() + at + kHeaderBytes;
    memcpy(&row, from, sizeof(row));
    visit(row, from, length);
    at += (kHeaderBytes + length + 7) & ~size_t{7};
  }
}

// A kernel may hide some from its iterator, such as process 1, that /proc shows. What started since
// is left out: that has records in the ring.
int ReadIteratorAndProc(int link_fd, uint64_t begun_boot_ns, std::vector<std::byte>* rows) {
  if (int error = ReadIterator(link_fd, rows)) return error;
  ProcRange others;
  others.started_before_boot_ns = begun_boot_ns;
  ForEach(*rows, [&others](const image_record& row, const std::byte*, size_t) {
    others.known.insert(row.header.pid);
  });
  return ReadProcRows(others, rows);
}

void Complete(const std::vector<std::byte>& rows, std::vector<std::byte>* records) {
  const bool has_proc = ProcHasInitialPids();
  size_t arguments_bytes = 0;
  ForEach(rows, [&](image_record row, const std::byte* from, size_t length) {
    const uint16_t arguments_here = row.arguments_length;
    if (has_proc && IsTitle(row, from + length) && AppendTitle(records, &row)) {
      length -= arguments_here;
    } else if (row.arguments_bytes > row.arguments_length) {
      arguments_bytes += row.arguments_bytes;
      const bool whole = has_proc && arguments_bytes <= kArgumentsLimit &&
                         AppendArguments(records, row, from + length - row.arguments_length);
      if (!whole) row.header.flags |= RECORD_ARGUMENTS_BAD;
    }
    AppendRecord(records, &row, sizeof(row), from + sizeof(row), length - sizeof(row));
  });
}

}  // namespace

Snapshot TakeSnapshot(const BpfProgram* iterator) {
  Snapshot snapshot;
  std::vector<std::byte> rows;
  snapshot.begun_boot_ns = BootNs();
  snapshot.error = iterator
                       ? ReadIteratorAndProc(iterator->link_fd(), snapshot.begun_boot_ns, &rows)
                       : ReadProcRows(ProcRange(), &rows);
  snapshot.ended_boot_ns = BootNs();
  Complete(rows, &snapshot.records);
  return snapshot;
}

}  // namespace kernelwire
