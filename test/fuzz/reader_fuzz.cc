// SPDX-License-Identifier: MIT
// libFuzzer over the .etl reader. The first byte says how the rest is read: as a whole file or as
// what follows a header that is good, from memory or through a pipe, of a circular file, of one that
// was compressed.
#include <algorithm>
#include <cstdlib>
#include <memory>
#include <vector>

#include "etl/etl_counter.h"
#include "etl/etl_reader.h"
#include "etl/memory_input.h"
#include "etl/pipe_input.h"

using namespace kernelwire::etl;

namespace {

constexpr uint8_t kWholeFile = 1;
constexpr uint8_t kPipe = 2;
constexpr uint8_t kCircular = 4;
constexpr uint8_t kExpands = 8;
constexpr size_t kChunk = 777;

alignas(8) uint8_t g_memory[RecordWriter::kBytes];
uint32_t g_offsets[RecordWriter::kRecordsMax];

#define CHECK(condition) \
  if (!(condition)) abort()

// A header that the reader takes, so that the fuzzer has only the rest to find.
std::vector<uint8_t> Header(uint8_t how) {
  constexpr uint32_t kBytes = 0x400;
  constexpr uint32_t kPayload = 288;
  std::vector<uint8_t> file(kBytes);
  const auto put = [&](size_t at, auto value) { std::memcpy(&file[at], &value, sizeof(value)); };
  put(0x00, kBytes);
  put(0x04, uint32_t{0x48 + 0x20 + kPayload});
  put(0x2c, uint32_t{3});
  put(0x36, uint16_t{4});
  put(0x48, uint32_t{0xc0020002});
  put(0x4c, uint16_t{0x20 + kPayload});
  put(0x68, kBytes);
  put(0x68 + 0x20, uint32_t{(how & kCircular ? 2u : 1u) | (how & kExpands ? 0x04000000u : 0u)});
  put(0x68 + 0x2c, uint32_t{8});
  put(0x68 + 256, uint64_t{10'000'000});
  put(0x68 + 272, uint32_t{1});
  return file;
}

// Brings a part of the file at a time.
class Feed {
 public:
  Feed(const std::vector<uint8_t>& file, uint8_t how) : file_(file), is_pipe_(how & kPipe) {}

  std::unique_ptr<Input> Open() {
    at_ = 0;
    if (!is_pipe_) return std::make_unique<MemoryInput>(file_.data(), file_.size());
    auto input = std::make_unique<PipeInput>();
    pipe_ = input.get();
    return input;
  }

  void Continue() {
    CHECK(is_pipe_);
    const size_t bytes = std::min(kChunk, file_.size() - at_);
    if (bytes == 0) return pipe_->End();
    pipe_->Push(file_.data() + at_, bytes);
    at_ += bytes;
  }

 private:
  const std::vector<uint8_t>& file_;
  const bool is_pipe_;
  PipeInput* pipe_ = nullptr;
  size_t at_ = 0;
};

bool Open(EtlFile& file, Feed& feed) {
  OpenStatus status;
  while ((status = file.Open()) == OpenStatus::kWait) feed.Continue();
  return status == OpenStatus::kOpen;
}

// Each record lies in the memory and says the truth about its own length.
void CheckRecords(const RecordWriter& records) {
  for (size_t i = 0; i < records.count(); i++) {
    const size_t at = g_offsets[i];
    CHECK(at >= 8 && at % 8 == 0 && at + sizeof(kernelwire::EtwRecord) <= RecordWriter::kBytes);
    kernelwire::EtwRecord record;
    std::memcpy(&record, g_memory + at, sizeof(record));
    const auto length = Load<uint32_t>(g_memory + at - 8);
    CHECK(at + length <= RecordWriter::kBytes);
    CHECK(length == AlignUp(sizeof(record) + record.payload_length) + record.extended_length);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const uint8_t how = data[0];
  std::vector<uint8_t> file = how & kWholeFile ? std::vector<uint8_t>() : Header(how);
  file.insert(file.end(), data + 1, data + size);
  Feed feed(file, how);

  EtlReader reader(feed.Open(), RecordWriter(g_memory, g_offsets));
  const bool is_open = Open(reader.file(), feed);
  CHECK(is_open || how & kWholeFile);
  if (!is_open) return 0;
  uint64_t records = 0;
  for (;;) {
    const EtlReader::Status status = reader.Fill(~0u);
    if (status == EtlReader::Status::kEnd) break;
    if (status == EtlReader::Status::kWait) feed.Continue();
    if (status != EtlReader::Status::kRecords) continue;
    CheckRecords(reader.records());
    records += reader.records().count();
  }
  CHECK(records == reader.file().totals().delivered);

  EtlCounter counter(feed.Open());
  CHECK(Open(counter.file(), feed));
  for (;;) {
    const EtlCounter::Status status = counter.Step();
    if (status == EtlCounter::Status::kEnd) break;
    if (status == EtlCounter::Status::kWait) feed.Continue();
  }
  CHECK(counter.file().totals().events == reader.file().totals().events);
  return 0;
}
