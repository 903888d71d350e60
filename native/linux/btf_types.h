// SPDX-License-Identifier: MIT
// Reads BTF where it lies (Documentation/bpf/btf.rst). libbpf copies the kernel's megabytes first.
#pragma once

#include <linux/btf.h>

#include <cstdint>
#include <string_view>
#include <vector>

#include "linux/elf_sections.h"

namespace kernelwire {

class BtfTypes {
 public:
  // False where the bytes are no BTF, or have types of a kind that this reader does not know.
  bool Read(Bytes bytes);

  // Ids begin with 1, as in BTF: 0 is void.
  uint32_t count() const { return static_cast<uint32_t>(places_.size()); }
  // Null for void, and for an id that is none.
  const btf_type* Find(uint32_t id) const;
  std::string_view Name(uint32_t offset) const;
  std::string_view NameOf(const btf_type& type) const { return Name(type.name_off); }

  // The type behind typedefs and qualifiers: its id, 0 for void.
  uint32_t Resolve(uint32_t id) const;

  static uint32_t KindOf(const btf_type& type) { return BTF_INFO_KIND(type.info); }
  static uint32_t CountOf(const btf_type& type) { return BTF_INFO_VLEN(type.info); }
  // What follows the type: its members, values or parameters, of which it has CountOf().
  template <typename Part>
  static const Part* PartsOf(const btf_type& type) {
    return reinterpret_cast<const Part*>(&type + 1);
  }

 private:
  std::vector<uint32_t> places_;  // of each type, behind `types_`
  const std::byte* types_ = nullptr;
  const char* names_ = nullptr;
  uint32_t names_size_ = 0;
};

}  // namespace kernelwire
