// SPDX-License-Identifier: MIT
// What loading needs to know of the kernel's types (/sys/kernel/btf/vmlinux): read once a process,
// for all programs.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "linux/btf_types.h"
#include "linux/file_descriptor.h"

namespace kernelwire {

class KernelBtf {
 public:
  // Null and an errno where the kernel does not describe its types; it is asked again next time.
  static const KernelBtf* Get(int* error);

  // The id of the target of a hook, of a struct in plain(), or of bpf_rdonly_cast; 0 where the
  // kernel has none.
  uint32_t IdOf(std::string_view target) const;

  // A file with the types that programs name, for libbpf's btf_custom_path; empty where it could
  // not be made: libbpf reads them all then.
  const std::string& excerpt_path() const { return excerpt_path_; }

  // Whether the kernel passes sched_process_exit its second argument (6.17).
  bool exit_has_group_dead() const { return exit_has_group_dead_; }

 private:
  bool Read(Bytes bytes);
  void Ask(std::string_view name, uint32_t kind) { asked_.emplace(name, Asked{kind, 0}); }
  void Remember(std::string_view name, uint32_t kind, uint32_t id);
  void KeepExcerpt(Bytes bytes);

  struct Asked {
    uint32_t kind;
    uint32_t id;  // 0: not there
  };
  std::unordered_map<std::string_view, Asked> asked_;  // names that live as long as the process
  FileDescriptor excerpt_;
  std::string excerpt_path_;
  bool exit_has_group_dead_ = false;
};

}  // namespace kernelwire
