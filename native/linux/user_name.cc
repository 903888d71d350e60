// SPDX-License-Identifier: MIT
#include "linux/user_name.h"

#include <pwd.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

namespace kernelwire {

std::string UserName(uid_t uid) {
  constexpr size_t kLimit = 1 << 20;
  const long hint = sysconf(_SC_GETPW_R_SIZE_MAX);
  std::vector<char> buffer(hint > 0 ? static_cast<size_t>(hint) : 1024);
  passwd entry;
  passwd* found = nullptr;
  while (getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) == ERANGE &&
         buffer.size() < kLimit)
    buffer.resize(buffer.size() * 2);
  return found ? found->pw_name : std::string();
}

}  // namespace kernelwire
