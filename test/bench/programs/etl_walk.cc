// etl_walk FILE
//
// The least that reading an uncompressed .etl file can be: read(), and one look at the size and the
// time of every event. Trusts the file. Writes how many events there are, and the CPU time in
// nanoseconds.
#include <fcntl.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <vector>

namespace {

template <typename T>
T Load(const uint8_t* at) {
  T value;
  std::memcpy(&value, at, sizeof(T));
  return value;
}

struct Layout {
  uint8_t size_at;
  uint8_t timestamp_at;
};

// By the type in byte 2 of the header.
Layout LayoutOf(uint8_t type) {
  if (type <= 4) return {4, 0x10};
  if (type == 0x10 || type == 0x11) return {4, 8};
  return {0, 0x10};
}

uint64_t CpuNanoseconds() {
  timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

}  // namespace

int main(int count, char** values) {
  const int file = count == 2 ? open(values[1], O_RDONLY) : -1;
  if (file < 0) return 2;
  const uint64_t begin = CpuNanoseconds();
  constexpr size_t kHeader = 0x48;
  std::vector<uint8_t> buffer(kHeader);
  uint64_t events = 0;
  uint64_t latest = 0;
  while (read(file, buffer.data(), kHeader) == static_cast<ssize_t>(kHeader)) {
    const auto bytes = Load<uint32_t>(buffer.data());
    const auto end = Load<uint32_t>(buffer.data() + 4);
    if (buffer.size() < bytes) buffer.resize(bytes);
    if (read(file, buffer.data() + kHeader, bytes - kHeader) < 0) return 1;
    for (size_t at = kHeader; at + 8 <= end;) {
      const uint8_t* const event = buffer.data() + at;
      const Layout layout = LayoutOf(event[2]);
      const auto timestamp = Load<uint64_t>(event + layout.timestamp_at);
      if (timestamp > latest) latest = timestamp;
      events++;
      at += (Load<uint16_t>(event + layout.size_at) + size_t{7}) & ~size_t{7};
    }
  }
  const uint64_t nanoseconds = CpuNanoseconds() - begin;
  printf("%llu %llu %llu\n", static_cast<unsigned long long>(events),
         static_cast<unsigned long long>(nanoseconds), static_cast<unsigned long long>(latest));
  return 0;
}
