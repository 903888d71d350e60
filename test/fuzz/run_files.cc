// SPDX-License-Identifier: MIT
// Gives a fuzz target the files that are named, where there is no libFuzzer.
#include <cstdint>
#include <cstdio>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

int main(int count, char** values) {
  for (int i = 1; i < count; i++) {
    FILE* const file = fopen(values[i], "rb");
    if (file == nullptr) return 2;
    std::vector<uint8_t> bytes;
    for (int byte; (byte = fgetc(file)) != EOF;) bytes.push_back(static_cast<uint8_t>(byte));
    fclose(file);
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
  }
  return 0;
}
