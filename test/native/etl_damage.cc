// SPDX-License-Identifier: MIT
// Reads a recording that was damaged in many ways: cut at every so many bytes, and with bytes
// flipped. Compiled with the compiler's checks and run by etl-damage.test.ts: what the reader must
// not do, they find; what it must do is checked here. Arguments: FILE CUT_STEP FLIPS SEED.
#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <vector>

#include "etl/etl_counter.h"
#include "etl/etl_reader.h"
#include "etl/memory_input.h"
#include "etl/pipe_input.h"

using namespace kernelwire::etl;

namespace {

#define CHECK(condition)                                                        \
  do {                                                                          \
    if (!(condition)) {                                                         \
      fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition); \
      exit(1);                                                                  \
    }                                                                           \
  } while (0)

alignas(8) uint8_t g_memory[RecordWriter::kBytes];
uint32_t g_offsets[RecordWriter::kRecordsMax];

// Every record lies in the memory and says the truth about its own length.
size_t CheckRecords(const RecordWriter& records) {
  for (size_t i = 0; i < records.count(); i++) {
    const size_t at = g_offsets[i];
    CHECK(at >= 8 && at % 8 == 0 && at + sizeof(kernelwire::EtwRecord) <= RecordWriter::kBytes);
    kernelwire::EtwRecord record;
    std::memcpy(&record, g_memory + at, sizeof(record));
    const auto length = Load<uint32_t>(g_memory + at - 8);
    CHECK(at + length <= RecordWriter::kBytes);
    CHECK(length == AlignUp(sizeof(record) + record.payload_length) + record.extended_length);
    CHECK(i == 0 || g_offsets[i - 1] < at);
  }
  return records.count();
}

// Returns how many events there are. A reader that does nothing for ever is stopped.
uint64_t Read(std::unique_ptr<Input> input, size_t size) {
  EtlReader reader(std::move(input), RecordWriter(g_memory, g_offsets));
  if (reader.file().Open() != OpenStatus::kOpen) return 0;
  uint64_t records = 0;
  for (size_t idle = 0; idle < 1000 + size / 64;) {
    const EtlReader::Status status = reader.Fill(~0u);
    const size_t count = CheckRecords(reader.records());
    records += count;
    idle = count > 0 ? 0 : idle + 1;
    CHECK(status != EtlReader::Status::kWait);
    if (status != EtlReader::Status::kEnd) continue;
    CHECK(records == reader.file().totals().delivered);
    return reader.file().totals().events;
  }
  CHECK(!"it comes to an end");
}

uint64_t CountEvents(const uint8_t* data, size_t size) {
  EtlCounter counter(std::make_unique<MemoryInput>(data, size));
  if (counter.file().Open() != OpenStatus::kOpen) return 0;
  size_t steps = 0;
  while (counter.Step() != EtlCounter::Status::kEnd) CHECK(steps++ < 1000 + size / 64);
  uint64_t events = counter.events_of_more_kinds();
  for (const EventCount& count : counter.counts()) events += count.events;
  CHECK(events == counter.file().totals().events);
  return events;
}

std::unique_ptr<Input> Pipe(const uint8_t* data, size_t size) {
  auto pipe = std::make_unique<PipeInput>();
  pipe->Push(data, size);
  pipe->End();
  return pipe;
}

// Exactly as long as the file, so that a look behind its end is found.
void TryAll(const std::vector<uint8_t>& file, size_t size) {
  const std::unique_ptr<uint8_t[]> exact(new uint8_t[size]);
  std::memcpy(exact.get(), file.data(), size);
  const uint64_t counted = CountEvents(exact.get(), size);
  CHECK(Read(std::make_unique<MemoryInput>(exact.get(), size), size) == counted);
  Read(Pipe(exact.get(), size), size);
}

// What the flips hit: anything, or the head of some buffer and of its first event.
size_t Place(std::mt19937_64& random, size_t size, size_t buffer_bytes) {
  if (random() % 2 == 0 || buffer_bytes == 0 || buffer_bytes > size) return random() % size;
  return std::min(random() % (size / buffer_bytes) * buffer_bytes + random() % 160, size - 1);
}

}  // namespace

int main(int count, char** values) {
  CHECK(count == 5);
  std::vector<uint8_t> file;
  FILE* const opened = fopen(values[1], "rb");
  CHECK(opened != nullptr);
  for (int byte; (byte = fgetc(opened)) != EOF;) file.push_back(static_cast<uint8_t>(byte));
  fclose(opened);
  const size_t step = strtoul(values[2], nullptr, 10);
  const size_t flips = strtoul(values[3], nullptr, 10);
  std::mt19937_64 random(strtoul(values[4], nullptr, 10));

  for (size_t size = 0; size <= file.size(); size += step) TryAll(file, size);
  TryAll(file, file.size());

  const size_t buffer_bytes = file.size() > 0x6c ? Load<uint32_t>(file.data() + 0x68) : 0;
  for (size_t i = 0; i < flips; i++) {
    std::vector<uint8_t> damaged = file;
    for (size_t flip = 0; flip < 1 + i % 16; flip++) {
      damaged[Place(random, file.size(), buffer_bytes)] ^= static_cast<uint8_t>(1 + random() % 255);
    }
    TryAll(damaged, damaged.size());
  }

  // With the checks' own memory: the reader may hold 256 MiB of buffers and 64 MiB of a pipe.
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  CHECK(usage.ru_maxrss < 1'500'000);
  return 0;
}
