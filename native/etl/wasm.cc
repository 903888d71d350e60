// SPDX-License-Identifier: MIT
// Face as a WebAssembly module: lib/etl/wasm-core.ts is its only user. One file for each instance.
#include <utility>

#include "etl/block.h"
#include "etl/face.h"

namespace kernelwire::etl {
namespace {

#define EXPORT(name) extern "C" __attribute__((export_name(#name)))

// Reads at most `bytes` bytes at `offset` of the file, and returns how many; negative: an error.
extern "C" __attribute__((import_module("file"), import_name("read"))) int32_t ReadFile(
    double offset, uint8_t* to, uint32_t bytes);

// A file that JavaScript reads for us.
class HostInput : public Input {
 public:
  explicit HostInput(uint64_t size) : size_(size) {}

  View Look(uint64_t offset, size_t bytes, size_t ahead) override {
    return block_.Look(*this, offset, bytes, ahead);
  }

  size_t Read(uint64_t offset, uint8_t* to, size_t bytes) override {
    size_t done = 0;
    while (done < bytes) {
      const int32_t read = ReadFile(static_cast<double>(offset + done), to + done,
                                    static_cast<uint32_t>(bytes - done));
      if (read < 0) error_ = -read;
      if (read <= 0) break;
      done += static_cast<size_t>(read);
    }
    return done;
  }

  bool can_seek() const override { return true; }
  uint64_t size() const override { return size_; }
  int error() const override { return error_; }

 private:
  const uint64_t size_;
  Block block_;
  int error_ = 0;
};

alignas(8) uint8_t g_memory[RecordWriter::kBytes];
uint32_t g_offsets[RecordWriter::kRecordsMax];
double g_facts[Face::kFacts];
double g_totals[Face::kTotals];
std::vector<uint8_t> g_pushed;
std::unique_ptr<Face> g_face;

}  // namespace

// `size`: of the file; negative for a pipe.
EXPORT(create) void Create(double size, int32_t is_counting) {
  std::unique_ptr<Input> input;
  if (size >= 0) input = std::make_unique<HostInput>(static_cast<uint64_t>(size));
  const auto base = static_cast<uint32_t>(reinterpret_cast<uintptr_t>(g_memory));
  const RecordWriter records(g_memory, g_offsets, base);
  g_face = std::make_unique<Face>(std::move(input), is_counting ? nullptr : &records);
}
EXPORT(open) int32_t Open() { return static_cast<int32_t>(g_face->Open()); }
EXPORT(refusal) const char* Refusal() { return g_face->refusal(); }
EXPORT(step) int32_t Step(uint32_t providers) { return g_face->Step(providers); }

EXPORT(offsets) uint32_t* Offsets() { return g_offsets; }
EXPORT(offsets_length) uint32_t OffsetsLength() { return RecordWriter::kRecordsMax; }

// Where to write what is pushed next.
EXPORT(push_space) uint8_t* PushSpace(uint32_t bytes) {
  g_pushed.resize(bytes);
  return g_pushed.data();
}
EXPORT(push) void Push() { g_face->Push(g_pushed.data(), g_pushed.size()); }
EXPORT(end) void End() { g_face->End(); }
EXPORT(hold_at_most) void HoldAtMost(uint32_t bytes) { g_face->HoldAtMost(bytes); }

EXPORT(facts) double* Facts() {
  g_face->WriteFacts(g_facts);
  return g_facts;
}
EXPORT(facts_length) uint32_t FactsLength() { return Face::kFacts; }
EXPORT(session_name) const char16_t* SessionName() { return g_face->session_name().data(); }
EXPORT(session_name_length) uint32_t SessionNameLength() { return g_face->session_name().size(); }
EXPORT(file_name) const char16_t* FileName() { return g_face->file_name().data(); }
EXPORT(file_name_length) uint32_t FileNameLength() { return g_face->file_name().size(); }
EXPORT(totals) double* Totals() {
  g_face->WriteTotals(g_totals);
  return g_totals;
}
EXPORT(totals_length) uint32_t TotalsLength() { return Face::kTotals; }
EXPORT(counts) const EventCount* Counts() { return g_face->counts(); }
EXPORT(counts_bytes) uint32_t CountsBytes() { return g_face->kinds() * sizeof(EventCount); }

}  // namespace kernelwire::etl
