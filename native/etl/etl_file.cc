// SPDX-License-Identifier: MIT
#include "etl/etl_file.h"

#include <algorithm>

#include "etl/xpress.h"

namespace kernelwire::etl {
namespace {

// The file's header event with its two names: some 500 bytes.
constexpr size_t kFirstBytes = 0x10000;

// COMPRESSION_FORMAT_* of the formats that we do not read. Above them is how hard it was tried.
constexpr uint32_t kFormatMask = 0xff;
constexpr uint32_t kLznt1 = 2;
constexpr uint32_t kXpressHuffman = 4;

// Real recordings shrink to a fifth. A file that grows by more is made to exhaust us.
constexpr uint64_t kGrowthMax = 256;
constexpr uint64_t kGrowthFree = uint64_t{64} << 20;

}  // namespace

OpenStatus EtlFile::Open() {
  const View view = input_->Look(0, kFirstBytes, 0);
  if (view.size < kFirstBytes && !input_->is_complete()) return OpenStatus::kWait;
  if (input_->error() != 0) {
    refusal_ = "it cannot be read";
    return OpenStatus::kRefused;
  }
  if (!FileHeader::Parse(view.data, view.size, header_, refusal_)) return OpenStatus::kRefused;
  clock_ = Clock(header_);
  finder_.Begin(header_.buffer_bytes, header_.mode & FileHeader::kCompressed);
  return OpenStatus::kOpen;
}

BufferFinder::Status EtlFile::NextBuffer(FoundBuffer& found, size_t ahead) {
  const BufferFinder::Status status = finder_.Next(found, ahead);
  totals_.position = finder_.position();
  totals_.unwritten_bytes = finder_.unwritten_bytes();
  if (status == BufferFinder::Status::kEnd) CompareWithHeader();
  if (status != BufferFinder::Status::kFound) return status;
  if (!seen_.Add(
          input_->Look(found.offset, std::min<size_t>(found.bytes, SeenBuffers::kBytes), ahead))) {
    Count(defects_, Defect::kBufferRepeated);
    input_->Forget(found.offset + found.bytes);
    return BufferFinder::Status::kBusy;
  }
  highest_sequence_ = std::max(highest_sequence_, found.sequence);
  return status;
}

// A session that was closed counted its buffers: what is not there was cut off, or taken out.
void EtlFile::CompareWithHeader() {
  if (is_compared_) return;
  is_compared_ = true;
  const uint64_t there = totals_.buffers + defects_[static_cast<size_t>(Defect::kBufferZero)] +
                         defects_[static_cast<size_t>(Defect::kBufferHeader)];
  const bool is_circular = header_.mode & FileHeader::kCircular;
  // An open one counts nothing; but it numbers its buffers.
  const uint64_t written = header_.end_time != 0 ? header_.buffers_written
                           : is_circular         ? highest_sequence_ + 1
                                                 : 0;
  if (written <= there) return;
  const uint64_t full_bytes = uint64_t{header_.most_mebibytes} << 20;
  const bool is_full = finder_.position() + header_.buffer_bytes > full_bytes;
  if (is_circular && is_full) {
    totals_.overwritten_buffers = written - there;
  } else {
    defects_[static_cast<size_t>(Defect::kBufferMissing)] += written - there;
  }
}

size_t EtlFile::EventsEnd(const FoundBuffer& found, const uint8_t* events, size_t bytes) {
  const size_t end =
      std::min(std::max<size_t>(found.end, kBufferHeaderBytes) - kBufferHeaderBytes, bytes);
  if (bytes - end < sizeof(uint64_t)) return end;
  // What is left free.
  const auto behind = Load<uint64_t>(events + end);
  if (behind == 0 || behind == ~uint64_t{0}) return end;
  size_t at = 0;
  for (Event event{}; at < bytes;) {
    const EventStatus status = ReadEvent(events + at, events + bytes, event);
    if (status != EventStatus::kEvent && status != EventStatus::kSkip) break;
    at += AlignUp(event.size);
  }
  if (at <= AlignUp(end)) return end;
  if (found.offset != 0) Count(defects_, Defect::kBufferEnd);
  return std::min(at, bytes);
}

void EtlFile::CountBuffer(const FoundBuffer& found) {
  totals_.buffers++;
  if (found.flags & BufferHeader::kEventsLost) totals_.buffers_after_event_loss++;
  if (found.flags & BufferHeader::kBufferLost) totals_.buffers_after_buffer_loss++;
}

bool EtlFile::CountOther(EventStatus status, EventKind kind, size_t left) {
  switch (status) {
    case EventStatus::kSkip:
      (kind == EventKind::kMessage ? totals_.messages : totals_.skipped)++;
      return true;
    case EventStatus::kBadHeader:
      Count(defects_, Defect::kEventHeader);
      totals_.skipped_bytes += left;
      break;
    case EventStatus::kBadSize:
      Count(defects_, Defect::kEventSize);
      totals_.skipped_bytes += left;
      break;
    default:
      // The last event's padding.
      if (left < sizeof(uint64_t)) return true;
      Count(defects_, Defect::kEventGap);
      totals_.skipped_bytes += left;
  }
  return false;
}

size_t EtlFile::Expand(const FoundBuffer& found, const uint8_t* data, size_t bytes,
                       std::vector<uint8_t>& events, bool& is_whole) {
  is_whole = false;
  const uint32_t format = header_.compression & kFormatMask;
  if (format == kLznt1 || format == kXpressHuffman) {
    Count(defects_, Defect::kCompression);
    return 0;
  }
  const size_t wanted = std::max<size_t>(found.end, kBufferHeaderBytes) - kBufferHeaderBytes;
  compressed_bytes_ += bytes;
  if (expanded_bytes_ + wanted > compressed_bytes_ * kGrowthMax + kGrowthFree) {
    Count(defects_, Defect::kExpansion);
    return 0;
  }
  if (events.size() < wanted) events.resize(wanted);
  // Memory that is set aside takes its time too, whatever comes to be in it.
  expanded_bytes_ += wanted;
  const Expanded expanded = ExpandXpress(data, bytes, events.data(), wanted);
  is_whole = expanded.is_sound;
  if (!is_whole) Count(defects_, Defect::kCompressedData);
  return expanded.bytes;
}

}  // namespace kernelwire::etl
