// SPDX-License-Identifier: MIT
#include "windows/file_inspector.h"

#include <cstdio>
#include <vector>

#include "windows/handle.h"

namespace kernelwire {
namespace {

constexpr DWORD kChunkBytes = 1 << 20;
// It changed while it was read (ERROR_FILE_INVALID), which is 1006 in the document too.
constexpr DWORD kChanged = ERROR_FILE_INVALID;

// This thread has disk, memory and CPU only as long as nobody else wants them.
class InBackground {
 public:
  InBackground()
      : is_set_(SetThreadPriority(GetCurrentThread(), THREAD_MODE_BACKGROUND_BEGIN) != 0) {}
  ~InBackground() {
    if (is_set_) SetThreadPriority(GetCurrentThread(), THREAD_MODE_BACKGROUND_END);
  }
  InBackground(const InBackground&) = delete;
  InBackground& operator=(const InBackground&) = delete;

 private:
  const bool is_set_;
};

bool StartsWith(const std::wstring& text, const wchar_t* with) { return text.rfind(with, 0) == 0; }

bool IsOnDrive(const std::wstring& path) {
  return path.size() > 3 && path[1] == L':' && path[2] == L'\\';
}

bool IsElsewhere(const std::wstring& path) {
  if (IsOnDrive(path)) return GetDriveTypeW(path.substr(0, 3).c_str()) == DRIVE_REMOTE;
  return !StartsWith(path, L"\\Device\\") || StartsWith(path, L"\\Device\\Mup\\") ||
         StartsWith(path, L"\\Device\\LanmanRedirector\\") ||
         StartsWith(path, L"\\Device\\NamedPipe\\");
}

// As the kernel has it, to be taken as it is and of any length.
std::wstring Exactly(const std::wstring& path) {
  return (IsOnDrive(path) ? L"\\\\?\\" : L"\\\\?\\GLOBALROOT") + path;
}

bool PutFacts(HANDLE file, InspectedFile& inspected) {
  FILE_BASIC_INFO basic;
  BY_HANDLE_FILE_INFORMATION more;
  if (GetFileType(file) != FILE_TYPE_DISK ||
      !GetFileInformationByHandleEx(file, FileBasicInfo, &basic, sizeof(basic)) ||
      !GetFileInformationByHandle(file, &more)) {
    return false;
  }
  inspected.size = uint64_t{more.nFileSizeHigh} << 32 | more.nFileSizeLow;
  inspected.created = static_cast<uint64_t>(basic.CreationTime.QuadPart);
  inspected.modified = static_cast<uint64_t>(basic.LastWriteTime.QuadPart);
  inspected.accessed = static_cast<uint64_t>(basic.LastAccessTime.QuadPart);
  inspected.attributes = basic.FileAttributes;
  char version[128];
  snprintf(version, sizeof(version), "%lx %lx%08lx %llx %llx %llx", more.dwVolumeSerialNumber,
           more.nFileIndexHigh, more.nFileIndexLow, static_cast<unsigned long long>(inspected.size),
           static_cast<unsigned long long>(inspected.modified),
           static_cast<unsigned long long>(basic.ChangeTime.QuadPart));
  inspected.version = version;
  return true;
}

}  // namespace

InspectedFile FileInspector::Inspect(const std::wstring& path, const std::string& known) const {
  const InBackground background;
  InspectedFile inspected;
  if (IsElsewhere(path)) {
    inspected.error = ERROR_NOT_SUPPORTED;
    return inspected;
  }
  const std::wstring exact = Exactly(path);
  const Handle file(CreateFileW(exact.c_str(), GENERIC_READ,
                                FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, nullptr,
                                OPEN_EXISTING, FILE_FLAG_SEQUENTIAL_SCAN, nullptr));
  if (!file || !PutFacts(file.get(), inspected)) {
    const DWORD error = GetLastError();
    inspected.error = error == ERROR_PATH_NOT_FOUND ? ERROR_FILE_NOT_FOUND : error;
    if (inspected.error == ERROR_SUCCESS) inspected.error = ERROR_NOT_SUPPORTED;
    return inspected;
  }
  inspected.has_facts = true;
  if (inspected.version == known) {
    inspected.is_known = true;
    return inspected;
  }
  inspected.error = inspected.size > limit_bytes_ ? ERROR_FILE_TOO_LARGE
                                                  : Read(file.get(), inspected.size, inspected);
  if (inspected.error != ERROR_SUCCESS) return inspected;
  inspected.info = ReadVersionInfo(exact);
  inspected.signature = CheckSignature(file.get(), exact);
  InspectedFile after;
  if (!PutFacts(file.get(), after) || after.version != inspected.version)
    inspected.error = kChanged;
  return inspected;
}

DWORD FileInspector::Read(HANDLE file, uint64_t size, InspectedFile& inspected) const {
  Digests digests;
  std::vector<uint8_t> chunk(size < kChunkBytes ? static_cast<size_t>(size) + 1 : kChunkBytes);
  for (uint64_t total = 0;;) {
    if (is_cancelled_) return ERROR_OPERATION_ABORTED;
    DWORD bytes = 0;
    if (!ReadFile(file, chunk.data(), static_cast<DWORD>(chunk.size()), &bytes, nullptr)) {
      return ERROR_READ_FAULT;
    }
    if (bytes == 0) break;
    total += bytes;
    // It grows while it is read: nobody knows where that ends.
    if (total > size) return kChanged;
    if (!digests.Add(chunk.data(), bytes)) return ERROR_READ_FAULT;
  }
  return digests.Finish(inspected.digests) ? ERROR_SUCCESS : ERROR_READ_FAULT;
}

}  // namespace kernelwire
