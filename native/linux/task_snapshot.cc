// SPDX-License-Identifier: MIT
#include "linux/task_snapshot.h"

#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <unordered_map>
#include <utility>

#include "linux/argument_reader.h"
#include "linux/argument_shares.h"
#include "linux/boot_clock.h"
#include "linux/proc_rows.h"
#include "linux/snapshot_rows.h"
#include "linux/viewpoint.h"

namespace kernelwire {
namespace {

// Arguments of all processes together; and the most that one can have been started with (fs/exec.c,
// bprm_stack_limits).
constexpr uint64_t kArgumentsLimit = 64 << 20;
constexpr uint64_t kProcessLimit = 6 << 20;
// Where /proc does not say how many there are: it does so to those only who may trace the process.
constexpr size_t kUnknownLimit = 64 << 10;

size_t PageBytes() { return static_cast<size_t>(sysconf(_SC_PAGESIZE)); }

void AppendRecord(std::vector<std::byte>* records, const void* fixed, size_t fixed_bytes,
                  const std::string& strings, const std::string& more) {
  const uint32_t header[2] = {static_cast<uint32_t>(fixed_bytes + strings.size() + more.size()), 0};
  const auto append = [records](const void* data, size_t bytes) {
    const auto* from = static_cast<const std::byte*>(data);
    records->insert(records->end(), from, from + bytes);
  };
  append(header, sizeof(header));
  append(fixed, fixed_bytes);
  append(strings.data(), strings.size());
  append(more.data(), more.size());
  records->resize((records->size() + 7) & ~size_t{7});
}

// Precedes its image, as it precedes an exec in the ring.
void AppendArguments(std::vector<std::byte>* records, const image_record& row,
                     const std::string& arguments) {
  bulk_record piece = {};
  piece.header = row.header;
  piece.header.type = RECORD_ARGUMENTS;
  piece.total = piece.length = static_cast<uint32_t>(arguments.size());
  AppendRecord(records, &piece, sizeof(piece), arguments, {});
}

void Append(std::vector<std::byte>* records, SnapshotRow row, const std::string& arguments) {
  image_record& record = row.record;
  if (arguments.size() < record.arguments_bytes) record.header.flags |= RECORD_ARGUMENTS_BAD;
  const bool is_here = arguments.size() <= SNAPSHOT_ARGUMENTS;
  const std::string none;
  record.arguments_length = is_here ? static_cast<uint16_t>(arguments.size()) : 0;
  if (!is_here) AppendArguments(records, record, arguments);
  AppendRecord(records, &record, sizeof(record), row.strings, is_here ? arguments : none);
}

// A process that calls itself by another name has written over its arguments, and when the name is
// longer than they were, over what follows: the last byte is no NUL then, and the kernel gives the
// one text that there is (fs/proc/base.c, get_mm_cmdline). Where it could not read on, it stops at
// the end of a page.
bool IsTitle(const SnapshotRow& row, const std::string& arguments) {
  if (arguments.size() > row.record.arguments_bytes) return true;
  const uint64_t end = row.place.arguments_start + arguments.size();
  const bool stops_at_page = end % PageBytes() == 0;
  return !stops_at_page && arguments.find('\0') == arguments.size() - 1;
}

// From /proc, and not of the kernel.
bool IsUnknown(const SnapshotRow& row) {
  const unsigned none = RECORD_KERNEL_THREAD | RECORD_ZOMBIE;
  return (row.record.header.flags & RECORD_COARSE_START) && !(row.record.header.flags & none) &&
         row.place.arguments_start == 0;
}

class Arguments {
 public:
  Arguments(const std::vector<SnapshotRow>& rows, const Viewpoint& viewpoint)
      : rows_(rows), viewpoint_(viewpoint), bytes_(rows.size()) {}

  void Read();
  // Of those that run another image by now, or have ended, none: `now` is a later look at the same
  // processes.
  void DropOthers(const std::unordered_map<uint32_t, record_header>& now);
  // The arguments of the row in this place, and in the row their whole length.
  std::string Take(size_t i, image_record* record);

 private:
  ArgumentRead PlaceOf(const SnapshotRow& row) const;

  const std::vector<SnapshotRow>& rows_;
  const Viewpoint& viewpoint_;
  std::vector<std::string> bytes_;
};

// Where /proc has it; no process where it does not.
ArgumentRead Arguments::PlaceOf(const SnapshotRow& row) const {
  ArgumentRead place;
  if (viewpoint_.proc == ProcNumbers::kNone) return place;
  // The machine's /proc, seen from within another pid namespace, whose threads have no number
  // there.
  const bool is_machines = viewpoint_.proc == ProcNumbers::kInitial && row.place.level != 0;
  const uint32_t process = is_machines ? row.record.header.pid : row.place.process;
  place.process = "/proc/" + std::to_string(process);
  place.thread = is_machines ? process : row.place.thread;
  return place;
}

void Arguments::Read() {
  std::vector<size_t> places;
  std::vector<ArgumentClaim> claims;
  for (size_t i = 0; i < rows_.size(); i++) {
    const image_record& record = rows_[i].record;
    const uint64_t bytes = IsUnknown(rows_[i]) ? kUnknownLimit : record.arguments_bytes;
    if (bytes == 0 || PlaceOf(rows_[i]).process.empty()) continue;
    places.push_back(i);
    const bool is_forged = bytes > kProcessLimit;
    claims.push_back({rows_[i].place.payer, is_forged ? uint64_t{SNAPSHOT_ARGUMENTS} : bytes});
  }
  std::vector<size_t> limits(places.size(), SNAPSHOT_ARGUMENTS);
  for (size_t claim : GrantClaims(claims, kArgumentsLimit)) {
    // A title may be longer than the arguments: a page at most.
    if (rows_[places[claim]].record.arguments_bytes <= kProcessLimit)
      limits[claim] = std::max<size_t>(claims[claim].bytes, PageBytes());
  }

  // Those whose memory was locked come last: they are the ones that one may have to wait for.
  std::vector<size_t> order;
  for (const uint32_t is_locked : {0u, 1u})
    for (size_t claim = 0; claim < places.size(); claim++)
      if (rows_[places[claim]].place.is_locked == is_locked) order.push_back(claim);
  std::vector<ArgumentRead> reads;
  for (size_t claim : order) {
    ArgumentRead read = PlaceOf(rows_[places[claim]]);
    read.limit = limits[claim];
    read.payer = claims[claim].payer;
    reads.push_back(std::move(read));
  }
  std::vector<std::string> bytes = ReadArguments(std::move(reads));
  for (size_t i = 0; i < order.size(); i++) bytes_[places[order[i]]] = std::move(bytes[i]);
}

void Arguments::DropOthers(const std::unordered_map<uint32_t, record_header>& now) {
  for (size_t i = 0; i < rows_.size(); i++) {
    const record_header& before = rows_[i].record.header;
    if (before.flags & RECORD_COARSE_START) continue;
    const auto later = now.find(before.pid);
    const bool is_same = later != now.end() &&
                         later->second.start_boot_ns == before.start_boot_ns &&
                         later->second.exec_id == before.exec_id;
    if (!is_same) bytes_[i].clear();
  }
}

std::string Arguments::Take(size_t i, image_record* record) {
  std::string arguments = std::move(bytes_[i]);
  if (arguments.empty()) return arguments;
  if (IsUnknown(rows_[i])) {
    // One more says that it is cut.
    record->arguments_bytes =
        static_cast<uint32_t>(arguments.size() + (arguments.size() == kUnknownLimit));
  } else if (arguments.size() != record->arguments_bytes && IsTitle(rows_[i], arguments)) {
    record->arguments_bytes = static_cast<uint32_t>(arguments.size());
  }
  // Of what is cut, as much as a row has room for.
  if (arguments.size() < record->arguments_bytes)
    arguments.resize(std::min<size_t>(arguments.size(), SNAPSHOT_ARGUMENTS));
  return arguments;
}

// A kernel may hide some from its iterator, such as process 1, that /proc shows. What started since
// is left out: that has records in the ring.
int AddFromProc(uint64_t begun_boot_ns, std::vector<SnapshotRow>* rows) {
  ProcRange others;
  others.started_before_boot_ns = begun_boot_ns;
  for (const SnapshotRow& row : *rows) others.known.insert(row.record.header.pid);
  return ReadProcRows(others, rows);
}

}  // namespace

Snapshot TakeSnapshot(const BpfProgram* iterator) {
  Snapshot snapshot;
  const Viewpoint viewpoint = LookAround(iterator);
  std::vector<SnapshotRow> rows;
  snapshot.begun_boot_ns = BootNs();
  const int iterator_error = iterator ? ReadRows(*iterator, &rows) : 0;
  // Whatever the iterator failed with, /proc may have the rest.
  const int proc_error = viewpoint.proc == ProcNumbers::kInitial
                             ? AddFromProc(iterator ? snapshot.begun_boot_ns : UINT64_MAX, &rows)
                             : 0;
  snapshot.ended_boot_ns = BootNs();
  snapshot.is_partial = !viewpoint.lists_all || iterator_error != 0 || proc_error != 0;
  if (rows.empty()) snapshot.error = iterator_error != 0 ? iterator_error : proc_error;

  Arguments arguments(rows, viewpoint);
  arguments.Read();
  if (iterator) arguments.DropOthers(ReadHeaders(*iterator));
  for (size_t i = 0; i < rows.size(); i++) {
    std::string bytes = arguments.Take(i, &rows[i].record);
    Append(&snapshot.records, std::move(rows[i]), bytes);
  }
  return snapshot;
}

}  // namespace kernelwire
