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
  finder_.Begin(header_.buffer_bytes);
  return OpenStatus::kOpen;
}

BufferFinder::Status EtlFile::NextBuffer(FoundBuffer& found, size_t ahead) {
  const BufferFinder::Status status = finder_.Next(found, ahead);
  totals_.position = finder_.position();
  totals_.unwritten_bytes = finder_.unwritten_bytes();
  return status;
}

void EtlFile::CountBuffer(const FoundBuffer& found) {
  totals_.buffers++;
  if (found.flags & BufferHeader::kEventsLost) totals_.buffers_after_event_loss++;
  if (found.flags & BufferHeader::kBufferLost) totals_.buffers_after_buffer_loss++;
}

void EtlFile::CountOther(EventStatus status, EventKind kind, size_t left) {
  switch (status) {
    case EventStatus::kSkip:
      (kind == EventKind::kMessage ? totals_.messages : totals_.skipped)++;
      break;
    case EventStatus::kBadHeader:
      Count(defects_, Defect::kEventHeader);
      totals_.skipped_bytes += left;
      break;
    case EventStatus::kBadSize:
      Count(defects_, Defect::kEventSize);
      totals_.skipped_bytes += left;
      break;
    default:
      break;
  }
}

size_t EtlFile::Expand(const FoundBuffer& found, const uint8_t* data, size_t bytes,
                       std::vector<uint8_t>& events) {
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
  if (!expanded.is_sound) Count(defects_, Defect::kCompressedData);
  return expanded.bytes;
}

}  // namespace kernelwire::etl
