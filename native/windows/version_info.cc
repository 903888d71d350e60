// SPDX-License-Identifier: MIT
#include "windows/version_info.h"

#include <cstring>
#include <cwchar>
#include <vector>

#include "windows/etw.h"
// After it.
#include <winver.h>

namespace kernelwire {
namespace {

// A resource may be as large as its file.
constexpr DWORD kBytesMax = 1 << 20;
constexpr size_t kNameUnitsMax = 512;
constexpr size_t kTranslationsMax = 16;
constexpr DWORD kFixedSignature = 0xfeef04bd;

// English in UTF-16, in Windows-1252, and of no language: where a file does not say which it has.
constexpr DWORD kUsualTranslations[] = {0x04b00409, 0x04e40409, 0x04b00000};

std::string FileVersion(const std::vector<uint8_t>& info) {
  void* at = nullptr;
  UINT bytes = 0;
  VS_FIXEDFILEINFO fixed;
  if (!VerQueryValueW(info.data(), L"\\", &at, &bytes) || bytes < sizeof(fixed)) return {};
  std::memcpy(&fixed, at, sizeof(fixed));
  if (fixed.dwSignature != kFixedSignature) return {};
  std::string text;
  for (const DWORD half : {fixed.dwFileVersionMS, fixed.dwFileVersionLS}) {
    if (!text.empty()) text += '.';
    text += std::to_string(HIWORD(half)) + "." + std::to_string(LOWORD(half));
  }
  return text;
}

// A language in the lower half, a code page in the upper one.
std::vector<DWORD> Translations(const std::vector<uint8_t>& info) {
  std::vector<DWORD> translations;
  void* at = nullptr;
  UINT bytes = 0;
  if (VerQueryValueW(info.data(), L"\\VarFileInfo\\Translation", &at, &bytes)) {
    const size_t count = bytes / sizeof(DWORD);
    translations.resize(count < kTranslationsMax ? count : kTranslationsMax);
    if (!translations.empty())
      std::memcpy(translations.data(), at, translations.size() * sizeof(DWORD));
  }
  translations.insert(translations.end(), std::begin(kUsualTranslations),
                      std::end(kUsualTranslations));
  return translations;
}

std::u16string OriginalFileName(const std::vector<uint8_t>& info) {
  for (const DWORD translation : Translations(info)) {
    wchar_t name[64];
    swprintf(name, std::size(name), L"\\StringFileInfo\\%04x%04x\\OriginalFilename",
             static_cast<unsigned>(LOWORD(translation)),
             static_cast<unsigned>(HIWORD(translation)));
    void* at = nullptr;
    UINT units = 0;
    if (!VerQueryValueW(info.data(), name, &at, &units) || units == 0) continue;
    const auto* const text = static_cast<const char16_t*>(at);
    const std::u16string value(text, units < kNameUnitsMax ? units : kNameUnitsMax);
    return value.substr(0, value.find(u'\0'));
  }
  return {};
}

}  // namespace

VersionInfo ReadVersionInfo(const std::wstring& path) {
  DWORD ignored = 0;
  const DWORD bytes = GetFileVersionInfoSizeW(path.c_str(), &ignored);
  if (bytes == 0 || bytes > kBytesMax) return {};
  std::vector<uint8_t> info(bytes);
  if (!GetFileVersionInfoW(path.c_str(), 0, bytes, info.data())) return {};
  return {FileVersion(info), OriginalFileName(info)};
}

}  // namespace kernelwire
