// SPDX-License-Identifier: MIT
#include "windows/exports.h"

#include "windows/source_object.h"

namespace kernelwire {

namespace {

// Windows gives it to a machine once, when it is installed.
Napi::Value MachineGuid(const Napi::CallbackInfo& info) {
  wchar_t guid[64];
  DWORD bytes = sizeof(guid);
  const LSTATUS error = RegGetValueW(HKEY_LOCAL_MACHINE, L"SOFTWARE\\Microsoft\\Cryptography",
                                     L"MachineGuid", RRF_RT_REG_SZ, nullptr, guid, &bytes);
  const auto* const text = reinterpret_cast<const char16_t*>(guid);
  const size_t units = error == ERROR_SUCCESS ? bytes / sizeof(wchar_t) - 1 : 0;
  return Napi::String::New(info.Env(), text, units);
}

}  // namespace

void DefineWindows(Napi::Env env, Napi::Object exports) {
  exports["EtwSource"] = EtwSourceObject::Define(env);
  exports["machineGuid"] = Napi::Function::New(env, MachineGuid, "machineGuid");
}

}  // namespace kernelwire
