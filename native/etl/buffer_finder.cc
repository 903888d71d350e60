// SPDX-License-Identifier: MIT
#include "etl/buffer_finder.h"

#include <algorithm>
#include <cstring>

namespace kernelwire::etl {
namespace {

// With the mark of the first event behind it.
constexpr size_t kLookBytes = kBufferHeaderBytes + 8;
// A search goes so far in one call.
constexpr size_t kSearchBytes = size_t{1} << 20;
// Quick to read, and holds the headers of some small buffers.
constexpr size_t kHeaderAhead = 4096;

// Whether the first event behind a header is marked as one.
bool IsMarked(const uint8_t* at, size_t bytes, const BufferHeader& header) {
  if (bytes < kLookBytes || header.end() < kLookBytes) return true;
  return (at[kBufferHeaderBytes + 3] & 0x80) != 0;
}

// Each byte is as the one before it, and the first is zero: memcmp() looks at many at a time.
bool AreZero(const uint8_t* at, size_t bytes) {
  return bytes == 0 || (at[0] == 0 && std::memcmp(at, at + 1, bytes - 1) == 0);
}

}  // namespace

BufferFinder::Status BufferFinder::Next(FoundBuffer& found, size_t ahead) {
  if (is_searching_) return Search();
  const View view = input_.Look(position_, kLookBytes, std::max(ahead, kHeaderAhead));
  if (view.size < kLookBytes && !input_.is_complete()) return Status::kWait;
  if (view.size < kBufferHeaderBytes) {
    if (view.size > 0 && !AreZero(view.data, view.size)) Count(defects_, Defect::kBufferCut);
    position_ += view.size;
    return Status::kEnd;
  }

  const BufferHeader header(view.data);
  // A later Windows may have flags and types of its own.
  const bool is_usual = header.bytes == buffer_bytes_ && header.HasSizes();
  if (!is_usual && !IsPlausible(header)) {
    if (AreZero(view.data, kBufferHeaderBytes)) return Unwritten();
    Count(defects_, Defect::kBufferHeader);
    has_hole_ = true;
    is_searching_ = true;
    position_++;
    return Search();
  }

  found.offset = position_;
  found.bytes = header.bytes;
  found.sequence = header.sequence;
  found.cpu = header.cpu();
  // A bit of the flags that is wrong makes no compressed buffer of a plain one.
  found.flags = has_compressed_ ? header.flags : header.flags & ~BufferHeader::kCompressed;
  FindEnd(header, found);

  const uint64_t end = position_ + found.bytes;
  if (input_.can_seek()) {
    const uint64_t size = input_.size();
    // A size that is not the file's is right if a buffer or the end of the file follows.
    if (end > size || (header.bytes != buffer_bytes_ && end != size && !IsHeader(end))) {
      const uint64_t within = std::min(end, size);
      const uint64_t next = NextStart(position_ + kBufferHeaderBytes, within);
      if (next < within)
        Count(defects_, Defect::kBufferSize);
      else if (end > size)
        Count(defects_, Defect::kBufferCut);
      found.bytes = static_cast<uint32_t>(next - position_);
    }
  } else {
    // What is in memory only is handed over whole.
    const size_t arrived = input_.Look(position_, found.bytes, 0).size;
    if (arrived < found.bytes) {
      if (!input_.is_complete()) return Status::kWait;
      Count(defects_, Defect::kBufferCut);
      found.bytes = static_cast<uint32_t>(arrived);
    }
  }
  if (!found.is_compressed()) found.end = std::min(found.end, found.bytes);
  CloseHole(found);
  position_ += found.bytes;
  return Status::kFound;
}

// Of two numbers that differ, the one that has more in it: what is not there is found out later.
void BufferFinder::FindEnd(const BufferHeader& header, FoundBuffer& found) {
  found.end = static_cast<uint32_t>(header.end());
  if (position_ != 0 && !header.HasOneEnd()) {
    const size_t most = found.is_compressed() ? buffer_bytes_ : found.bytes;
    Count(defects_, Defect::kBufferEnd);
    if (header.offset > found.end && header.offset <= most) found.end = header.offset;
  }
  if (found.is_compressed() || found.end <= found.bytes) return;
  if (header.HasOneEnd() || position_ == 0) Count(defects_, Defect::kBufferEnd);
  found.end = found.bytes;
}

// Zeros at the end of a file were never written; before a buffer, there was another one.
void BufferFinder::CloseHole(FoundBuffer& found) {
  if (zeros_ > 0) {
    defects_[static_cast<size_t>(Defect::kBufferZero)] +=
        std::max<uint64_t>(1, buffer_bytes_ == 0 ? 0 : zeros_ / buffer_bytes_);
    zeros_ = 0;
    has_hole_ = true;
  }
  found.is_behind_hole = has_hole_;
  has_hole_ = false;
}

bool BufferFinder::IsPlausible(const BufferHeader& header) const {
  return header.IsPlausible() && (has_compressed_ || !header.is_compressed());
}

// From position_ on, byte by byte: compressed buffers begin anywhere.
BufferFinder::Status BufferFinder::Search() {
  const View view = input_.Look(position_, kSearchBytes + kLookBytes, 0);
  if (view.size < kLookBytes) {
    if (!input_.is_complete()) return Status::kWait;
    position_ += view.size;
    return Status::kEnd;
  }
  const uint64_t to = position_ + view.size - kLookBytes + 1;
  const uint64_t next = NextStart(position_, to);
  is_searching_ = next == to;
  position_ = next;
  input_.Forget(position_);
  return Status::kBusy;
}

BufferFinder::Status BufferFinder::Unwritten() {
  const View view = input_.Look(position_, kSearchBytes, 0);
  const uint8_t* const end = view.data + view.size;
  const uint8_t* const written =
      AreZero(view.data, view.size)
          ? end
          : std::find_if(view.data, end, [](uint8_t byte) { return byte != 0; });
  auto zeros = static_cast<size_t>(written - view.data);
  if (written != end) zeros = std::max<size_t>(ZerosBefore(view, zeros), 1);
  unwritten_bytes_ += zeros;
  zeros_ += zeros;
  position_ += zeros;
  input_.Forget(position_);
  return Status::kBusy;
}

// How many of `zeros` zeros are before the buffer behind them: the first bytes of its size may be
// zeros too. Plain ones begin at whole words.
size_t BufferFinder::ZerosBefore(const View& view, size_t zeros) const {
  for (size_t place = zeros - std::min<size_t>(zeros, sizeof(uint32_t) - 1); place < zeros;
       place++) {
    const View behind{view.data + place, view.size - place};
    if (behind.size >= kBufferHeaderBytes && StartsBuffer(behind.data, behind.size)) return place;
  }
  return has_compressed_ ? zeros : zeros & ~size_t{7};
}

// The first place in [from, to) where a buffer starts, or `to`.
uint64_t BufferFinder::NextStart(uint64_t from, uint64_t to) {
  while (from < to) {
    const size_t wanted = static_cast<size_t>(std::min<uint64_t>(to - from, kSearchBytes));
    const View view = input_.Look(from, wanted + kLookBytes, 0);
    if (view.size < kBufferHeaderBytes) return to;
    const size_t places = std::min(wanted, view.size - kBufferHeaderBytes + 1);
    for (size_t place = 0; place < places; place++) {
      if (StartsBuffer(view.data + place, view.size - place)) return from + place;
    }
    if (places < wanted) return to;
    from += places;
  }
  return to;
}

// Where chance must not be taken for a header: the numbers are those of this file.
bool BufferFinder::StartsBuffer(const uint8_t* at, size_t bytes) const {
  const auto size = Load<uint32_t>(at);
  if (size < kBufferHeaderBytes || size > buffer_bytes_) return false;
  const BufferHeader header(at);
  if (!IsPlausible(header) || header.end() < kBufferHeaderBytes) return false;
  if (header.is_compressed()) return header.bytes < header.end() && header.end() <= buffer_bytes_;
  return header.bytes == buffer_bytes_ && header.end() <= header.bytes &&
         IsMarked(at, bytes, header);
}

bool BufferFinder::IsHeader(uint64_t offset) {
  const View view = input_.Look(offset, kLookBytes, kHeaderAhead);
  if (view.size < kBufferHeaderBytes) return false;
  const BufferHeader header(view.data);
  return IsPlausible(header) && (header.is_compressed() || IsMarked(view.data, view.size, header));
}

}  // namespace kernelwire::etl
