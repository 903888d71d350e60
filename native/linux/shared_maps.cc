// SPDX-License-Identifier: MIT
#include "linux/shared_maps.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <cerrno>
#include <cstddef>
#include <iterator>
#include <vector>

#include "linux/kernel_types.h"

namespace kernelwire {
namespace {

// What programs remember for each other; the one that was not used for longest goes first.
struct Memory {
  const char* name;         // as the programs declare it
  const char* kernel_name;  // at most 15 characters
  size_t key_bytes;
  size_t value_bytes;
  size_t entries;
};

constexpr Memory kMemories[] = {
    {"spans", "kernelwire_mods", sizeof(module_key), sizeof(module_span), MODULE_SPANS},
    {"writes", "kernelwire_wrot", sizeof(parent_identity), sizeof(written), TRACKED_IMAGES},
    {"moves", "kernelwire_move", sizeof(thread_key), sizeof(moved), TRACKED_THREADS},
    {"calls", "kernelwire_call", sizeof(uint64_t), sizeof(uint64_t), TRACKED_CALLS},
    {"makings", "kernelwire_fifo", sizeof(uint64_t), sizeof(making), MAKINGS},
};

const Memory* MemoryOf(const std::string& name) {
  for (const Memory& memory : kMemories)
    if (name == memory.name) return &memory;
  return nullptr;
}

}  // namespace

int SharedMaps::Create(size_t ring_bytes, std::unique_ptr<SharedMaps>* maps) {
  const int cpus = libbpf_num_possible_cpus();
  if (cpus < 0) return -cpus;
  std::unique_ptr<SharedMaps> made(new SharedMaps());
  if (int error = BpfRing::Create(ring_bytes, &made->ring_)) return error;
  if (int error = BpfArray::Create("kernelwire_cpus", sizeof(cpu_counters),
                                   static_cast<size_t>(cpus), false, &made->counters_))
    return error;
  if (int error =
          BpfArray::Create("kernelwire_ctl", sizeof(struct control), 1, true, &made->control_))
    return error;
  *maps = std::move(made);
  return 0;
}

bool SharedMaps::Has(const std::string& name) {
  return name == "ring" || name == "counters" || name == "control" || MemoryOf(name);
}

int SharedMaps::Find(const std::string& name) {
  if (name == "ring") return ring_->fd();
  if (name == "counters") return counters_->fd();
  if (name == "control") return control_->fd();
  const Memory* memory = MemoryOf(name);
  if (!memory) {
    errno = ENOENT;
    return -1;
  }
  FileDescriptor& map = memories_[name];
  if (!map)
    map =
        CreateLruHash(memory->kernel_name, memory->key_bytes, memory->value_bytes, memory->entries);
  return map.get();
}

void SharedMaps::Forget(const std::function<bool(const std::string& name)>& is_needed) {
  for (auto memory = memories_.begin(); memory != memories_.end();)
    memory = is_needed(memory->first) ? std::next(memory) : memories_.erase(memory);
}

void SharedMaps::Clear(const std::string& name) {
  const auto memory = memories_.find(name);
  if (memory == memories_.end() || !memory->second) return;
  std::vector<std::byte> key(MemoryOf(name)->key_bytes);
  const int map = memory->second.get();
  while (!bpf_map_get_next_key(map, nullptr, key.data()))
    if (bpf_map_delete_elem(map, key.data())) return;
}

void SharedMaps::Ask(uint32_t asks) {
  auto* shared = reinterpret_cast<struct control*>(control_->mapping()->data());
  if (asks & ~shared->asks & ASKS_THREADS)
    for (const char* name : {"writes", "moves", "calls"}) Clear(name);
  __atomic_store_n(&shared->asks, asks, __ATOMIC_SEQ_CST);
}

}  // namespace kernelwire
