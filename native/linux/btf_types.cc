// SPDX-License-Identifier: MIT
#include "linux/btf_types.h"

namespace kernelwire {
namespace {

constexpr size_t kUnknown = SIZE_MAX;

// Typedefs and qualifiers of one type: MAX_RESOLVE_DEPTH (kernel/bpf/btf.c).
constexpr int kDepth = 32;

// How much follows a type.
size_t BytesBehind(const btf_type& type) {
  const size_t count = BTF_INFO_VLEN(type.info);
  switch (BTF_INFO_KIND(type.info)) {
    case BTF_KIND_PTR:
    case BTF_KIND_FWD:
    case BTF_KIND_TYPEDEF:
    case BTF_KIND_VOLATILE:
    case BTF_KIND_CONST:
    case BTF_KIND_RESTRICT:
    case BTF_KIND_FUNC:
    case BTF_KIND_FLOAT:
    case BTF_KIND_TYPE_TAG:
      return 0;
    case BTF_KIND_INT:
      return sizeof(uint32_t);
    case BTF_KIND_ARRAY:
      return sizeof(btf_array);
    case BTF_KIND_STRUCT:
    case BTF_KIND_UNION:
      return count * sizeof(btf_member);
    case BTF_KIND_ENUM:
      return count * sizeof(btf_enum);
    case BTF_KIND_ENUM64:
      return count * sizeof(btf_enum64);
    case BTF_KIND_FUNC_PROTO:
      return count * sizeof(btf_param);
    case BTF_KIND_VAR:
      return sizeof(btf_var);
    case BTF_KIND_DATASEC:
      return count * sizeof(btf_var_secinfo);
    case BTF_KIND_DECL_TAG:
      return sizeof(btf_decl_tag);
  }
  return kUnknown;
}

bool IsAlias(const btf_type& type) {
  switch (BTF_INFO_KIND(type.info)) {
    case BTF_KIND_TYPEDEF:
    case BTF_KIND_VOLATILE:
    case BTF_KIND_CONST:
    case BTF_KIND_RESTRICT:
    case BTF_KIND_TYPE_TAG:
      return true;
  }
  return false;
}

}  // namespace

bool BtfTypes::Read(Bytes bytes) {
  if (bytes.size < sizeof(btf_header)) return false;
  const auto* header = reinterpret_cast<const btf_header*>(bytes.data);
  if (header->magic != BTF_MAGIC || header->hdr_len > bytes.size) return false;
  const size_t room = bytes.size - header->hdr_len;
  if (header->type_off > room || header->type_len > room - header->type_off) return false;
  if (header->str_off > room || header->str_len > room - header->str_off) return false;

  names_ = reinterpret_cast<const char*>(bytes.data + header->hdr_len + header->str_off);
  names_size_ = header->str_len;
  // A name is read to its end.
  if (names_size_ == 0 || names_[names_size_ - 1] != '\0') return false;

  types_ = bytes.data + header->hdr_len + header->type_off;
  places_.reserve(header->type_len / (2 * sizeof(btf_type)));
  for (size_t place = 0; place < header->type_len;) {
    const size_t rest = header->type_len - place;
    if (rest < sizeof(btf_type)) return false;
    const size_t behind = BytesBehind(*reinterpret_cast<const btf_type*>(types_ + place));
    if (behind > rest - sizeof(btf_type)) return false;
    places_.push_back(static_cast<uint32_t>(place));
    place += sizeof(btf_type) + behind;
  }
  return true;
}

const btf_type* BtfTypes::Find(uint32_t id) const {
  if (id == 0 || id > places_.size()) return nullptr;
  return reinterpret_cast<const btf_type*>(types_ + places_[id - 1]);
}

std::string_view BtfTypes::Name(uint32_t offset) const {
  return offset < names_size_ ? names_ + offset : "";
}

uint32_t BtfTypes::Resolve(uint32_t id) const {
  const btf_type* type = Find(id);
  for (int depth = 0; type && IsAlias(*type); depth++) {
    if (depth == kDepth) return 0;
    id = type->type;
    type = Find(id);
  }
  return type ? id : 0;
}

}  // namespace kernelwire
