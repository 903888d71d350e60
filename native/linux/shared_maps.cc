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

// What programs remember for each other.
struct Shape {
  const char* name;         // as the programs declare it
  const char* kernel_name;  // at most 15 characters
  size_t value_bytes;
  size_t entries;
};

// Of each thread's own, where programs may have that.
constexpr char kBegunInTask[] = "begun_in_task";

constexpr Shape kShapes[] = {
    {"spans", "kernelwire_mods", sizeof(module_spans), SPANS_MAX},
    {"writes", "kernelwire_wrot", sizeof(written), WRITES_MAX},
    {"moves", "kernelwire_move", sizeof(moved), MOVES_MAX},
    {"begun_by_thread", "kernelwire_call", sizeof(begun), BEGUN_MAX},
    {kBegunInTask, "kernelwire_call", sizeof(begun), 0},
};

// MEMORY() of native/linux/bpf/kept.h
constexpr char kHeld[] = "_held";

const Shape* ShapeOf(const std::string& name) {
  for (const Shape& shape : kShapes)
    if (name == shape.name) return &shape;
  return nullptr;
}

bool IsHeld(const std::string& map) {
  const size_t suffix = sizeof(kHeld) - 1;
  return map.size() > suffix && map.compare(map.size() - suffix, suffix, kHeld) == 0;
}

// Of either of the two maps of a memory.
std::string MemoryOf(const std::string& map) {
  return IsHeld(map) ? map.substr(0, map.size() - sizeof(kHeld) + 1) : map;
}

}  // namespace

int SharedMaps::Create(size_t ring_bytes, bool has_task_storage,
                       std::unique_ptr<SharedMaps>* maps) {
  const int cpus = libbpf_num_possible_cpus();
  if (cpus < 0) return -cpus;
  std::unique_ptr<SharedMaps> made(new SharedMaps());
  made->has_task_storage_ = has_task_storage;
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
  return name == "ring" || name == "counters" || name == "control" || ShapeOf(MemoryOf(name));
}

bool SharedMaps::IsUnused(const std::string& name) const {
  return MemoryOf(name) == (has_task_storage_ ? "begun_by_thread" : kBegunInTask);
}

int SharedMaps::Find(const std::string& name) {
  if (name == "ring") return ring_->fd();
  if (name == "counters") return counters_->fd();
  if (name == "control") return control_->fd();
  return FindMemory(MemoryOf(name), IsHeld(name));
}

int SharedMaps::FindMemory(const std::string& name, bool is_held) {
  const Shape* shape = ShapeOf(name);
  if (!shape) {
    errno = ENOENT;
    return -1;
  }
  Memory& memory = memories_[name];
  if (!is_held) {
    if (!memory.entries)
      memory.entries = name == kBegunInTask
                           ? CreateTaskStorage(shape->kernel_name, shape->value_bytes)
                           : CreateHash(shape->kernel_name, sizeof(uint32_t), shape->value_bytes,
                                        shape->entries);
    return memory.entries.get();
  }
  if (!memory.held) {
    const int error = BpfArray::Create("kernelwire_held", sizeof(holdings), 1, true, &memory.held);
    if (error) {
      errno = error;
      return -1;
    }
  }
  return memory.held->fd();
}

void SharedMaps::Forget(const std::function<bool(const std::string& name)>& is_needed) {
  for (auto memory = memories_.begin(); memory != memories_.end();)
    memory = is_needed(memory->first) ? std::next(memory) : memories_.erase(memory);
}

void SharedMaps::Clear(const std::string& name) {
  const auto memory = memories_.find(name);
  if (memory == memories_.end() || !memory->second.entries || !memory->second.held) return;
  auto* held = reinterpret_cast<holdings*>(memory->second.held->mapping()->data());
  const int map = memory->second.entries.get();
  std::vector<uint64_t> value((ShapeOf(name)->value_bytes + 7) / 8);
  uint32_t key;
  while (!bpf_map_get_next_key(map, nullptr, &key)) {
    if (bpf_map_lookup_elem(map, &key, value.data()) || bpf_map_delete_elem(map, &key)) continue;
    // Every value begins with it.
    __atomic_fetch_sub(&held->shares[value[0] % SHARERS], 1, __ATOMIC_RELAXED);
    __atomic_fetch_sub(&held->all, 1, __ATOMIC_RELAXED);
  }
}

void SharedMaps::Ask(uint32_t asks) {
  auto* shared = reinterpret_cast<struct control*>(control_->mapping()->data());
  if (asks & ~shared->asks & ASKS_THREADS)
    for (const char* name : {"writes", "moves"}) Clear(name);
  __atomic_store_n(&shared->asks, asks, __ATOMIC_SEQ_CST);
}

}  // namespace kernelwire
