// SPDX-License-Identifier: MIT
#include "etl/file_input.h"

#ifdef _WIN32
#include <windows.h>

#include <vector>
#else
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#endif

namespace kernelwire::etl {

#ifdef _WIN32

std::unique_ptr<FileInput> FileInput::Open(const char* path, int& error) {
  const int units = MultiByteToWideChar(CP_UTF8, 0, path, -1, nullptr, 0);
  std::vector<wchar_t> wide(static_cast<size_t>(units) + 1);
  MultiByteToWideChar(CP_UTF8, 0, path, -1, wide.data(), units);
  // A session that still writes the file must not be in the way, nor we in its way.
  const DWORD share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
  const HANDLE handle = CreateFileW(wide.data(), GENERIC_READ, share, nullptr, OPEN_EXISTING,
                                    FILE_ATTRIBUTE_NORMAL, nullptr);
  LARGE_INTEGER size;
  if (handle == INVALID_HANDLE_VALUE || !GetFileSizeEx(handle, &size)) {
    error = static_cast<int>(GetLastError());
    if (handle != INVALID_HANDLE_VALUE) CloseHandle(handle);
    return nullptr;
  }
  return std::unique_ptr<FileInput>(new FileInput(handle, static_cast<uint64_t>(size.QuadPart)));
}

FileInput::~FileInput() { CloseHandle(handle_); }

size_t FileInput::Read(uint64_t offset, uint8_t* to, size_t bytes) {
  size_t done = 0;
  while (done < bytes) {
    OVERLAPPED at{};
    at.Offset = static_cast<DWORD>(offset + done);
    at.OffsetHigh = static_cast<DWORD>((offset + done) >> 32);
    DWORD read = 0;
    if (!ReadFile(handle_, to + done, static_cast<DWORD>(bytes - done), &read, &at)) {
      if (GetLastError() != ERROR_HANDLE_EOF) error_ = static_cast<int>(GetLastError());
      break;
    }
    if (read == 0) break;
    done += read;
  }
  return done;
}

#else

std::unique_ptr<FileInput> FileInput::Open(const char* path, int& error) {
  const int descriptor = open(path, O_RDONLY | O_CLOEXEC);
  struct stat status;
  if (descriptor < 0 || fstat(descriptor, &status) != 0) {
    error = errno;
    if (descriptor >= 0) close(descriptor);
    return nullptr;
  }
  return std::unique_ptr<FileInput>(
      new FileInput(descriptor, static_cast<uint64_t>(status.st_size)));
}

FileInput::~FileInput() { close(handle_); }

size_t FileInput::Read(uint64_t offset, uint8_t* to, size_t bytes) {
  size_t done = 0;
  while (done < bytes) {
    const ssize_t read = pread(handle_, to + done, bytes - done, static_cast<off_t>(offset + done));
    if (read < 0 && errno == EINTR) continue;
    if (read < 0) error_ = errno;
    if (read <= 0) break;
    done += static_cast<size_t>(read);
  }
  return done;
}

#endif

View FileInput::Look(uint64_t offset, size_t bytes, size_t ahead) {
  return block_.Look(*this, offset, bytes, ahead);
}

}  // namespace kernelwire::etl
