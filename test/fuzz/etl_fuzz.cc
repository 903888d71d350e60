// SPDX-License-Identifier: MIT
// libFuzzer over the .etl reader and, where the first byte is odd, over XPRESS alone.
// clang++ -std=c++17 -g -O1 -fsanitize=fuzzer,address,undefined -I native test/fuzz/etl_fuzz.cc and
// the ETL_SOURCES of CMakeLists.txt.
#include <memory>
#include <vector>

#include "etl/etl_counter.h"
#include "etl/etl_reader.h"
#include "etl/memory_input.h"
#include "etl/xpress.h"

using namespace kernelwire::etl;

namespace {

alignas(8) uint8_t g_memory[RecordWriter::kBytes];
uint32_t g_offsets[RecordWriter::kRecordsMax];

void Expand(const uint8_t* data, size_t size) {
  if (size < 2) return;
  std::vector<uint8_t> output(Load<uint16_t>(data));
  const Expanded expanded = ExpandXpress(data + 2, size - 2, output.data(), output.size());
  if (expanded.bytes > output.size()) abort();
}

// A header that the reader takes, so that the fuzzer has only the rest to find.
std::vector<uint8_t> WithHeader(const uint8_t* data, size_t size) {
  constexpr uint32_t kBytes = 0x400;
  constexpr uint32_t kPayload = 288;
  std::vector<uint8_t> file(kBytes);
  const auto put = [&](size_t at, auto value) { std::memcpy(&file[at], &value, sizeof(value)); };
  put(0x00, kBytes);
  put(0x04, uint32_t{0x48 + 0x20 + kPayload});
  put(0x36, uint16_t{4});
  put(0x48, uint32_t{0xc0020002});
  put(0x4c, uint16_t{0x20 + kPayload});
  put(0x68, kBytes);
  put(0x68 + 0x2c, uint32_t{8});
  put(0x68 + 256, uint64_t{10'000'000});
  put(0x68 + 272, uint32_t{1});
  file.insert(file.end(), data, data + size);
  return file;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  if (data[0] & 1) {
    Expand(data + 1, size - 1);
    return 0;
  }
  const std::vector<uint8_t> file = WithHeader(data + 1, size - 1);
  EtlReader reader(std::make_unique<MemoryInput>(file.data(), file.size()),
                   RecordWriter(g_memory, g_offsets));
  if (reader.file().Open() != OpenStatus::kOpen) abort();
  while (reader.Fill(~0u) != EtlReader::Status::kEnd) {
  }
  EtlCounter counter(std::make_unique<MemoryInput>(file.data(), file.size()));
  counter.file().Open();
  while (counter.Step() != EtlCounter::Status::kEnd) {
  }
  if (counter.file().totals().events != reader.file().totals().events) abort();
  return 0;
}
