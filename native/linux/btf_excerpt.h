// SPDX-License-Identifier: MIT
// The few of the kernel's types that the programs name, as BTF of their own: libbpf looks each type
// up by its name, and among 120,000 of them that takes longer than all the rest of loading.
#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "linux/btf_types.h"

struct btf;

namespace kernelwire {

// What the programs' own BTF names, without what stands behind `___`.
struct WantedNames {
  std::unordered_set<std::string_view> types;
  std::unordered_set<std::string_view> parts;  // members and values, of whichever types

  void Add(const BtfTypes& program_types);
};

class BtfExcerpt {
 public:
  BtfExcerpt(const BtfTypes& kernel, const WantedNames& wanted);
  ~BtfExcerpt();
  BtfExcerpt(const BtfExcerpt&) = delete;
  BtfExcerpt& operator=(const BtfExcerpt&) = delete;

  // Takes the type of this id over: sizes, offsets and kinds as they are, and of its parts those
  // that are wanted. What a pointer leads to stays behind.
  void Take(uint32_t id);

  // What was taken; empty where there was no memory for it.
  Bytes bytes() const;

 private:
  int Copy(uint32_t id);
  int CopyNew(const btf_type& type);
  int CopyComposite(const btf_type& type);
  int CopyEnum(const btf_type& type);
  bool IsWanted(std::string_view part) const;
  const char* TextOf(const btf_type& type) const;
  int Checked(int result);

  const BtfTypes& kernel_;
  const WantedNames& wanted_;
  btf* const excerpt_;
  bool has_failed_ = false;
  std::unordered_map<uint32_t, int> copies_;  // by the kernel's ids
};

}  // namespace kernelwire
