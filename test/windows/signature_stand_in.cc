// SPDX-License-Identifier: MIT
// A stand-in for what Windows says of signatures, for tests: in the import table of the addon that is
// shipped. What no test wishes otherwise goes to Windows, or whatever runs in its place.
#include <napi.h>
#include <windows.h>
// After it.
#include <wincrypt.h>
//
#include <wintrust.h>
//
#include <mscat.h>

#include <cstring>
#include <mutex>
#include <string>
#include <vector>

#include "import_table.h"

namespace {

constexpr LONG kAsItIs = -1;

std::mutex mutex;
LONG own_error = kAsItIs;
LONG catalog_error = kAsItIs;     // kAsItIs: no catalog lists the file
std::wstring catalog_algorithm;   // by which it does
std::wstring asked_algorithm;     // of the context that is open
std::vector<std::string> calls;
int open_states = 0, open_contexts = 0;

std::string Narrow(const std::wstring& text) { return {text.begin(), text.end()}; }

bool HasCatalogs() { return catalog_error != kAsItIs; }

void NoteVerify(const WINTRUST_DATA& data) {
  char text[128];
  snprintf(text, sizeof(text), " ui %lu revocation %lu flags %lx",
           static_cast<unsigned long>(data.dwUIChoice),
           static_cast<unsigned long>(data.fdwRevocationChecks),
           static_cast<unsigned long>(data.dwProvFlags));
  if (data.dwUnionChoice == WTD_CHOICE_FILE) {
    calls.push_back(std::string("verify file") + text);
    return;
  }
  const WINTRUST_CATALOG_INFO& info = *data.pCatalog;
  calls.push_back("verify " + Narrow(info.pcwszMemberTag) + " in " +
                  Narrow(info.pcwszCatalogFilePath) + text);
}

LONG WINAPI VerifyHere(HWND window, GUID* policy, LPVOID given) {
  auto& data = *static_cast<WINTRUST_DATA*>(given);
  const std::lock_guard<std::mutex> lock(mutex);
  const bool is_file = data.dwUnionChoice == WTD_CHOICE_FILE;
  if (data.dwStateAction == WTD_STATEACTION_CLOSE) {
    open_states--;
    return is_file ? WinVerifyTrust(window, policy, &data) : ERROR_SUCCESS;
  }
  open_states++;
  NoteVerify(data);
  if (!is_file) return catalog_error;
  const LONG error = WinVerifyTrust(window, policy, &data);
  return own_error == kAsItIs ? error : own_error;
}

BOOL WINAPI AcquireHere(HCATADMIN* admin, const GUID*, const WCHAR* algorithm,
                        const CERT_STRONG_SIGN_PARA*, DWORD) {
  const std::lock_guard<std::mutex> lock(mutex);
  asked_algorithm = algorithm;
  calls.push_back("catalogs of " + Narrow(algorithm));
  *admin = reinterpret_cast<HCATADMIN>(0x10);
  open_contexts++;
  return TRUE;
}

BOOL WINAPI HashHere(HCATADMIN, HANDLE, DWORD* bytes, BYTE* hash, DWORD) {
  *bytes = 3;
  memcpy(hash, "\x01\xab\xff", 3);
  return TRUE;
}

HCATINFO WINAPI EnumHere(HCATADMIN, BYTE*, DWORD, DWORD, HCATINFO*) {
  const std::lock_guard<std::mutex> lock(mutex);
  if (asked_algorithm != catalog_algorithm) return nullptr;
  open_contexts++;
  return reinterpret_cast<HCATINFO>(0x20);
}

BOOL WINAPI InfoHere(HCATINFO, CATALOG_INFO* info, DWORD) {
  wcscpy(info->wszCatalogFile, L"C:\\test.cat");
  return TRUE;
}

BOOL WINAPI ReleaseCatalogHere(HCATADMIN, HCATINFO, DWORD) {
  open_contexts--;
  return TRUE;
}

BOOL WINAPI ReleaseHere(HCATADMIN, DWORD) {
  open_contexts--;
  return TRUE;
}

FARPROC WINAPI FindHere(HMODULE module, LPCSTR name) {
  const auto is = [name](const char* other) {
    return !IS_INTRESOURCE(name) && strcmp(name, other) == 0;
  };
  if (HasCatalogs() && is("CryptCATAdminAcquireContext2"))
    return reinterpret_cast<FARPROC>(reinterpret_cast<void*>(AcquireHere));
  if (HasCatalogs() && is("CryptCATAdminCalcHashFromFileHandle2"))
    return reinterpret_cast<FARPROC>(reinterpret_cast<void*>(HashHere));
  return GetProcAddress(module, name);
}

// install(module): the names of the functions that the module imports and that are ours now.
Napi::Value Install(const Napi::CallbackInfo& info) {
  const Replacements functions = {
      {"WinVerifyTrust", reinterpret_cast<void*>(VerifyHere)},
      {"GetProcAddress", reinterpret_cast<void*>(FindHere)},
      {"CryptCATAdminEnumCatalogFromHash", reinterpret_cast<void*>(EnumHere)},
      {"CryptCATCatalogInfoFromContext", reinterpret_cast<void*>(InfoHere)},
      {"CryptCATAdminReleaseCatalogContext", reinterpret_cast<void*>(ReleaseCatalogHere)},
      {"CryptCATAdminReleaseContext", reinterpret_cast<void*>(ReleaseHere)},
  };
  return NamesOf(info.Env(), ReplaceImports(info[0].As<Napi::String>(), functions));
}

// wish({ own, catalog, algorithm }): error numbers; what is not given is as it is.
Napi::Value Wish(const Napi::CallbackInfo& info) {
  const Napi::Object wish = info[0].As<Napi::Object>();
  const auto number = [&wish](const char* name) {
    if (!wish.Has(name)) return kAsItIs;
    return static_cast<LONG>(wish.Get(name).As<Napi::Number>().Uint32Value());
  };
  const std::lock_guard<std::mutex> lock(mutex);
  own_error = number("own");
  catalog_error = number("catalog");
  catalog_algorithm.clear();
  if (wish.Has("algorithm")) {
    const std::u16string name = wish.Get("algorithm").As<Napi::String>();
    catalog_algorithm.assign(name.begin(), name.end());
  }
  calls.clear();
  return info.Env().Undefined();
}

Napi::Value Calls(const Napi::CallbackInfo& info) {
  const std::lock_guard<std::mutex> lock(mutex);
  return NamesOf(info.Env(), calls);
}

// How much of what was opened is not closed.
Napi::Value Left(const Napi::CallbackInfo& info) {
  const std::lock_guard<std::mutex> lock(mutex);
  return Napi::Number::New(info.Env(), open_states + open_contexts);
}

Napi::Object Initialize(Napi::Env env, Napi::Object exports) {
  exports["install"] = Napi::Function::New(env, Install);
  exports["wish"] = Napi::Function::New(env, Wish);
  exports["calls"] = Napi::Function::New(env, Calls);
  exports["left"] = Napi::Function::New(env, Left);
  return exports;
}

}  // namespace

NODE_API_MODULE(signature_stand_in, Initialize)
