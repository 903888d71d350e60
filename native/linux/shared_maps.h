// SPDX-License-Identifier: MIT
// The maps that the programs of a source share, by the names under which programs declare them.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "linux/bpf_map.h"

namespace kernelwire {

class SharedMaps {
 public:
  // 0 or an errno. `has_task_storage`: whether programs remember in the storage of threads, or in
  // a table of all.
  static int Create(size_t ring_bytes, bool has_task_storage, std::unique_ptr<SharedMaps>* maps);

  BpfRing& ring() { return *ring_; }
  const BpfArray& counters() const { return *counters_; }
  const BpfArray& control() const { return *control_; }

  // Whether programs share a map of this name.
  static bool Has(const std::string& name);
  // Whether programs that name it never look at it on this kernel.
  bool IsUnused(const std::string& name) const;
  // Its descriptor. What programs remember for each other is made when the first of them needs it:
  // -1 and an errno where it is refused. For one thread at a time.
  int Find(const std::string& name);

  // Forgets what no program needs any more, so that later ones begin with nothing.
  void Forget(const std::function<bool(const std::string& name)>& is_needed);

  // What the programs are asked for from now on: enum asks. Whoever begins to look at threads
  // begins with nothing, since nobody has kept what was remembered true.
  void Ask(uint32_t asks);

 private:
  // What programs remember, and how much of it is held at whose expense (struct holdings).
  struct Memory {
    FileDescriptor entries;
    std::unique_ptr<BpfArray> held;
  };

  SharedMaps() = default;
  int FindMemory(const std::string& name, bool is_held);
  void Clear(const std::string& name);
  bool has_task_storage_ = false;
  std::unique_ptr<BpfRing> ring_;
  std::unique_ptr<BpfArray> counters_;
  std::unique_ptr<BpfArray> control_;
  std::map<std::string, Memory> memories_;  // by the names of what is remembered
};

}  // namespace kernelwire
