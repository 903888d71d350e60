// SPDX-License-Identifier: MIT
// What a file is from which code was run: its hashes, its times, who signed it.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>

#include "windows/digests.h"
#include "windows/signature.h"
#include "windows/version_info.h"

namespace kernelwire {

struct InspectedFile {
  // A Windows error number; 0 where there are digests, and where the file is the one that is known.
  DWORD error = ERROR_SUCCESS;
  bool is_known = false;
  bool has_facts = false;  // those from `version` to `attributes`
  // Which file, and as it is now: another text means that it was changed.
  std::string version;
  uint64_t size = 0;
  uint64_t created = 0, modified = 0, accessed = 0;  // FILETIME; 0 where it is not kept
  DWORD attributes = 0;
  std::array<std::string, Digests::kKinds> digests;
  VersionInfo info;
  Signature signature;
};

class FileInspector {
 public:
  // Larger files are not read.
  explicit FileInspector(uint64_t limit_bytes) : limit_bytes_(limit_bytes) {}

  // Blocks, at the lowest priority, until all of the file is read. `known`: the version whose
  // contents are known already. A file of another machine is not opened: that machine would be
  // told who we are.
  InspectedFile Inspect(const std::wstring& path, const std::string& known) const;
  // Ends what is under way, and all that comes, without a result. From any thread.
  void Cancel() { is_cancelled_ = true; }

 private:
  DWORD Read(HANDLE file, uint64_t size, InspectedFile& inspected) const;

  const uint64_t limit_bytes_;
  std::atomic<bool> is_cancelled_{false};
};

}  // namespace kernelwire
