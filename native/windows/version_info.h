// SPDX-License-Identifier: MIT
// What the version resource of a file says of it. Whoever made the file wrote it.
#pragma once

#include <string>

namespace kernelwire {

struct VersionInfo {
  std::string file_version;           // "10.0.19041.5794"; empty where the file has none
  std::u16string original_file_name;  // likewise
};

VersionInfo ReadVersionInfo(const std::wstring& path);

}  // namespace kernelwire
