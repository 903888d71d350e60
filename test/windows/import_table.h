// SPDX-License-Identifier: MIT
// How a stand-in for Windows takes the place of what an addon imports.
#pragma once

#include <napi.h>
#include <windows.h>

#include <map>
#include <string>
#include <vector>

using Replacements = std::map<std::string, void*>;

// Returns the names of those that the loaded module imports, and that are ours now.
inline std::vector<std::string> ReplaceImports(const std::u16string& module,
                                               const Replacements& replacements) {
  std::vector<std::string> replaced;
  auto* const base = reinterpret_cast<uint8_t*>(
      GetModuleHandleW(reinterpret_cast<const wchar_t*>(module.c_str())));
  if (base == nullptr) return replaced;
  const auto* const headers = reinterpret_cast<IMAGE_NT_HEADERS*>(
      base + reinterpret_cast<IMAGE_DOS_HEADER*>(base)->e_lfanew);
  const DWORD imports =
      headers->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_IMPORT].VirtualAddress;
  for (auto* library = reinterpret_cast<IMAGE_IMPORT_DESCRIPTOR*>(base + imports); library->Name;
       library++) {
    auto* name = reinterpret_cast<IMAGE_THUNK_DATA*>(base + library->OriginalFirstThunk);
    auto* address = reinterpret_cast<IMAGE_THUNK_DATA*>(base + library->FirstThunk);
    for (; name->u1.AddressOfData; name++, address++) {
      if (IMAGE_SNAP_BY_ORDINAL(name->u1.Ordinal)) continue;
      const auto* const by_name =
          reinterpret_cast<IMAGE_IMPORT_BY_NAME*>(base + name->u1.AddressOfData);
      const std::string text(reinterpret_cast<const char*>(by_name->Name));
      const auto found = replacements.find(text);
      if (found == replacements.end()) continue;
      DWORD before;
      VirtualProtect(&address->u1.Function, sizeof(void*), PAGE_READWRITE, &before);
      address->u1.Function = reinterpret_cast<ULONGLONG>(found->second);
      VirtualProtect(&address->u1.Function, sizeof(void*), before, &before);
      replaced.push_back(text);
    }
  }
  return replaced;
}

inline Napi::Array NamesOf(Napi::Env env, const std::vector<std::string>& names) {
  Napi::Array array = Napi::Array::New(env, names.size());
  for (uint32_t i = 0; i < names.size(); i++) array[i] = names[i];
  return array;
}
