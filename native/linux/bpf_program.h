// SPDX-License-Identifier: MIT
// One BPF program, loaded on its own: what the kernel refuses takes nothing else with it.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <utility>

#include "linux/bpf_link.h"
#include "linux/file_descriptor.h"
#include "linux/kernel_types.h"
#include "linux/program_hooks.h"
#include "linux/programs.h"
#include "linux/shared_maps.h"

namespace kernelwire {

class BpfProgram {
 public:
  static std::unique_ptr<BpfProgram> Load(const ProgramSource& source, const settings& constants,
                                          ProgramHooks* hooks, SharedMaps* maps,
                                          ProgramError* error);

  // Where it is not attached yet.
  bool Attach(ProgramError* error);
  // Where it hangs on a tracepoint, it does as long as there is what is given back.
  BpfLink Detach();
  // Whether the kernel still says so; true where it cannot be asked.
  bool IsAttached() const { return !is_told_ || link_.IsOf(fd_.get()); }

  // Whether it has a map of this name.
  bool Uses(const std::string& map) const { return maps_.count(map) > 0; }

  int link_fd() const { return link_.fd(); }
  // Runs that the kernel skipped because the program was running on that CPU already.
  uint64_t MissedRuns() const;
  const std::string& name() const { return name_; }
  // As the kernel names it.
  const std::string& hook() const { return hook_.text; }

 private:
  BpfProgram(const ProgramSource& source, HookTarget target)
      : name_(source.name), hook_(source.hook), target_(target) {}

  const std::string name_;
  const Hook hook_;
  const HookTarget target_;
  std::set<std::string> maps_;
  FileDescriptor fd_;
  BpfLink link_;
  bool is_told_ = false;  // whether the kernel tells which program the link is of
};

// Whether programs may loop by bpf_loop (5.17).
bool HasLoop();

// Whether programs on tracepoints may keep something with each thread (5.13).
bool HasTaskStorage();

}  // namespace kernelwire
