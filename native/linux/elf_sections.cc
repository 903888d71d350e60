// SPDX-License-Identifier: MIT
#include "linux/elf_sections.h"

#include <elf.h>

namespace kernelwire {
namespace {

class Elf {
 public:
  explicit Elf(Bytes object) : data_(object.data) {}

  size_t count() const { return header().e_shnum; }
  const Elf64_Shdr& section(size_t index) const {
    return reinterpret_cast<const Elf64_Shdr*>(data_ + header().e_shoff)[index];
  }
  std::string_view Name(const Elf64_Shdr& of) const {
    return Text(section(header().e_shstrndx), of.sh_name);
  }
  std::string_view Text(const Elf64_Shdr& strings, size_t offset) const {
    return reinterpret_cast<const char*>(data_ + strings.sh_offset + offset);
  }
  Bytes Contents(const Elf64_Shdr& of) const { return {data_ + of.sh_offset, of.sh_size}; }

 private:
  const Elf64_Ehdr& header() const { return *reinterpret_cast<const Elf64_Ehdr*>(data_); }
  const std::byte* const data_;
};

}  // namespace

Bytes SectionOf(Bytes object, std::string_view name) {
  const Elf elf(object);
  for (size_t i = 0; i < elf.count(); i++)
    if (elf.Name(elf.section(i)) == name) return elf.Contents(elf.section(i));
  return {};
}

void ForEachFunction(
    Bytes object,
    const std::function<void(std::string_view function, std::string_view section)>& visit) {
  const Elf elf(object);
  for (size_t i = 0; i < elf.count(); i++) {
    const Elf64_Shdr& table = elf.section(i);
    if (table.sh_type != SHT_SYMTAB) continue;
    const auto* symbols = reinterpret_cast<const Elf64_Sym*>(elf.Contents(table).data);
    for (size_t k = 0; k < table.sh_size / sizeof(Elf64_Sym); k++) {
      const Elf64_Sym& symbol = symbols[k];
      if (ELF64_ST_TYPE(symbol.st_info) != STT_FUNC || symbol.st_shndx >= elf.count()) continue;
      visit(elf.Text(elf.section(table.sh_link), symbol.st_name),
            elf.Name(elf.section(symbol.st_shndx)));
    }
  }
}

}  // namespace kernelwire
