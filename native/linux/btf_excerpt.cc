// SPDX-License-Identifier: MIT
#include "linux/btf_excerpt.h"

#include <bpf/btf.h>

#include <vector>

namespace kernelwire {
namespace {

std::string_view WithoutFlavour(std::string_view name) {
  const size_t at = name.find("___");
  return at == std::string_view::npos || at == 0 ? name : name.substr(0, at);
}

uint32_t OffsetOf(const btf_type& type, const btf_member& member) {
  return BTF_INFO_KFLAG(type.info) ? BTF_MEMBER_BIT_OFFSET(member.offset) : member.offset;
}

uint32_t BitsOf(const btf_type& type, const btf_member& member) {
  return BTF_INFO_KFLAG(type.info) ? BTF_MEMBER_BITFIELD_SIZE(member.offset) : 0;
}

template <typename Part>
void AddParts(const BtfTypes& types, const btf_type& type,
              std::unordered_set<std::string_view>* parts) {
  const Part* all = BtfTypes::PartsOf<Part>(type);
  for (uint32_t i = 0; i < BtfTypes::CountOf(type); i++)
    parts->insert(WithoutFlavour(types.Name(all[i].name_off)));
}

}  // namespace

void WantedNames::Add(const BtfTypes& program_types) {
  for (uint32_t id = 1; id <= program_types.count(); id++) {
    const btf_type& type = *program_types.Find(id);
    switch (BtfTypes::KindOf(type)) {
      case BTF_KIND_STRUCT:
      case BTF_KIND_UNION:
        AddParts<struct btf_member>(program_types, type, &parts);
        break;
      case BTF_KIND_ENUM:
        AddParts<struct btf_enum>(program_types, type, &parts);
        break;
      case BTF_KIND_ENUM64:
        AddParts<struct btf_enum64>(program_types, type, &parts);
        break;
      case BTF_KIND_TYPEDEF:
        break;
      default:
        continue;
    }
    const std::string_view name = program_types.NameOf(type);
    if (!name.empty()) types.insert(WithoutFlavour(name));
  }
}

BtfExcerpt::BtfExcerpt(const BtfTypes& kernel, const WantedNames& wanted)
    : kernel_(kernel), wanted_(wanted), excerpt_(btf__new_empty()) {
  has_failed_ = !excerpt_;
}

BtfExcerpt::~BtfExcerpt() { btf__free(excerpt_); }

Bytes BtfExcerpt::bytes() const {
  if (has_failed_) return {};
  uint32_t size = 0;
  const void* data = btf__raw_data(excerpt_, &size);
  return {static_cast<const std::byte*>(data), data ? size : 0};
}

void BtfExcerpt::Take(uint32_t id) {
  const int copy = Copy(id);
  const btf_type* type = kernel_.Find(id);
  if (type && BtfTypes::KindOf(*type) == BTF_KIND_TYPEDEF && !has_failed_)
    Checked(btf__add_typedef(excerpt_, TextOf(*type), copy));
}

// The id of the copy; 0, which is void, where there is nothing to copy.
int BtfExcerpt::Copy(uint32_t id) {
  const uint32_t resolved = kernel_.Resolve(id);
  const btf_type* type = kernel_.Find(resolved);
  if (!type || has_failed_) return 0;
  if (const auto known = copies_.find(resolved); known != copies_.end()) return known->second;
  const int copy = CopyNew(*type);
  copies_.emplace(resolved, copy);
  return copy;
}

int BtfExcerpt::CopyNew(const btf_type& type) {
  switch (BtfTypes::KindOf(type)) {
    case BTF_KIND_INT: {
      const uint32_t how = *BtfTypes::PartsOf<uint32_t>(type);
      return Checked(btf__add_int(excerpt_, TextOf(type), type.size, BTF_INT_ENCODING(how)));
    }
    case BTF_KIND_FLOAT:
      return Checked(btf__add_float(excerpt_, TextOf(type), type.size));
    case BTF_KIND_PTR:
      return Checked(btf__add_ptr(excerpt_, 0));
    case BTF_KIND_ARRAY: {
      const auto& array = *BtfTypes::PartsOf<struct btf_array>(type);
      const int index = Copy(array.index_type), element = Copy(array.type);
      return Checked(btf__add_array(excerpt_, index, element, array.nelems));
    }
    case BTF_KIND_STRUCT:
    case BTF_KIND_UNION:
      return CopyComposite(type);
    case BTF_KIND_ENUM:
    case BTF_KIND_ENUM64:
      return CopyEnum(type);
  }
  return 0;
}

// libbpf adds members to the newest type, so theirs come first.
int BtfExcerpt::CopyComposite(const btf_type& type) {
  const auto* members = BtfTypes::PartsOf<struct btf_member>(type);
  std::vector<std::pair<const btf_member*, int>> taken;
  for (uint32_t i = 0; i < BtfTypes::CountOf(type); i++)
    if (IsWanted(kernel_.Name(members[i].name_off)))
      taken.emplace_back(&members[i], Copy(members[i].type));

  const bool is_struct = BtfTypes::KindOf(type) == BTF_KIND_STRUCT;
  const int copy = Checked(is_struct ? btf__add_struct(excerpt_, TextOf(type), type.size)
                                     : btf__add_union(excerpt_, TextOf(type), type.size));
  for (const auto& [member, member_type] : taken)
    Checked(btf__add_field(excerpt_, kernel_.Name(member->name_off).data(), member_type,
                           OffsetOf(type, *member), BitsOf(type, *member)));
  return copy;
}

int BtfExcerpt::CopyEnum(const btf_type& type) {
  if (BtfTypes::KindOf(type) == BTF_KIND_ENUM) {
    const int copy = Checked(btf__add_enum(excerpt_, TextOf(type), type.size));
    const auto* values = BtfTypes::PartsOf<struct btf_enum>(type);
    for (uint32_t i = 0; i < BtfTypes::CountOf(type); i++)
      if (const auto name = kernel_.Name(values[i].name_off); IsWanted(name))
        Checked(btf__add_enum_value(excerpt_, name.data(), values[i].val));
    return copy;
  }
  const int copy =
      Checked(btf__add_enum64(excerpt_, TextOf(type), type.size, BTF_INFO_KFLAG(type.info)));
  const auto* values = BtfTypes::PartsOf<struct btf_enum64>(type);
  for (uint32_t i = 0; i < BtfTypes::CountOf(type); i++)
    if (const auto name = kernel_.Name(values[i].name_off); IsWanted(name))
      Checked(btf__add_enum64_value(
          excerpt_, name.data(),
          static_cast<uint64_t>(values[i].val_hi32) << 32 | values[i].val_lo32));
  return copy;
}

// What is in a part without a name counts as the whole's.
bool BtfExcerpt::IsWanted(std::string_view part) const {
  return part.empty() || wanted_.parts.count(part) > 0;
}

const char* BtfExcerpt::TextOf(const btf_type& type) const { return kernel_.NameOf(type).data(); }

int BtfExcerpt::Checked(int result) {
  if (result >= 0) return result;
  has_failed_ = true;
  return 0;
}

}  // namespace kernelwire
