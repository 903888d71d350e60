// SPDX-License-Identifier: MIT
#include "etl/face.h"

#include <utility>

namespace kernelwire::etl {
namespace {

// From FILETIME to milliseconds since 1970; 0 stays 0: unknown.
double EpochMs(uint64_t file_time) {
  constexpr uint64_t kEpoch = 116'444'736'000'000'000;
  if (file_time == 0) return 0;
  return static_cast<double>(static_cast<int64_t>(file_time - kEpoch)) / 1e4;
}

}  // namespace

Face::Face(std::unique_ptr<Input> input, const RecordWriter* records) {
  if (!input) {
    auto pipe = std::make_unique<PipeInput>();
    pipe_ = pipe.get();
    input = std::move(pipe);
  }
  if (records != nullptr) {
    reader_ = std::make_unique<EtlReader>(std::move(input), *records);
  } else {
    counter_ = std::make_unique<EtlCounter>(std::move(input));
  }
}

int Face::Step(uint32_t providers) {
  if (counter_) {
    switch (counter_->Step()) {
      case EtlCounter::Status::kBusy:
        return kBusy;
      case EtlCounter::Status::kWait:
        return kWait;
      case EtlCounter::Status::kEnd:
        return kEnd;
    }
  }
  switch (reader_->Fill(providers)) {
    case EtlReader::Status::kRecords:
      return static_cast<int>(reader_->records().count());
    case EtlReader::Status::kWait:
      return kWait;
    case EtlReader::Status::kEnd:
      return kEnd;
    default:
      return kBusy;
  }
}

void Face::WriteFacts(double* facts) {
  const FileHeader& header = file().header();
  const double values[] = {
      static_cast<double>(file().input().size()),
      static_cast<double>(header.buffer_bytes),
      static_cast<double>(header.version),
      static_cast<double>(header.os_build),
      static_cast<double>(header.cpus),
      static_cast<double>(header.mode),
      static_cast<double>(header.buffers_written),
      static_cast<double>(header.pointer_bytes),
      static_cast<double>(header.events_lost),
      static_cast<double>(header.buffers_lost),
      static_cast<double>(header.cpu_mhz),
      static_cast<double>(header.bias_minutes),
      EpochMs(file().clock().start_time()),
      EpochMs(header.end_time),
      EpochMs(header.boot_time),
      static_cast<double>(header.frequency),
      static_cast<double>(header.clock),
      static_cast<double>(header.compression),
      static_cast<double>(file().clock().base()),
  };
  static_assert(sizeof(values) == kFacts * sizeof(double), "kFacts");
  std::memcpy(facts, values, sizeof(values));
}

void Face::WriteTotals(double* totals) {
  const Totals& all = file().totals();
  const uint64_t more = counter_ ? counter_->events_of_more_kinds() : 0;
  for (const uint64_t value :
       {all.position, all.buffers, all.events, all.messages, all.skipped, all.delivered, all.late,
        all.buffers_after_event_loss, all.buffers_after_buffer_loss, all.skipped_bytes,
        all.unwritten_bytes, all.overwritten_buffers, more,
        static_cast<uint64_t>(file().input().error())}) {
    *totals++ = static_cast<double>(value);
  }
  for (const uint64_t defect : file().defects()) *totals++ = static_cast<double>(defect);
}

}  // namespace kernelwire::etl
