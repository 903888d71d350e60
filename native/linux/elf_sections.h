// SPDX-License-Identifier: MIT
// What is in an object file that clang wrote: this machine's byte order, 64 bits.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

namespace kernelwire {

struct Bytes {
  const std::byte* data = nullptr;
  size_t size = 0;
};

// Empty where there is none of this name.
Bytes SectionOf(Bytes object, std::string_view name);

void ForEachFunction(
    Bytes object,
    const std::function<void(std::string_view function, std::string_view section)>& visit);

}  // namespace kernelwire
