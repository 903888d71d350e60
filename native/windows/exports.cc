// SPDX-License-Identifier: MIT
#include "windows/exports.h"

#include "windows/handle.h"
#include "windows/inspector_object.h"
#include "windows/privilege.h"
#include "windows/session_names.h"
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

// Whether this process has the rights of an administrator.
Napi::Value IsElevated(const Napi::CallbackInfo& info) {
  Handle token;
  TOKEN_ELEVATION elevation{};
  DWORD length = 0;
  const bool is_elevated =
      OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, token.out()) &&
      GetTokenInformation(token.get(), TokenElevation, &elevation, sizeof(elevation), &length) &&
      elevation.TokenIsElevated != 0;
  return Napi::Boolean::New(info.Env(), is_elevated);
}

// Names of the privileges that a sensor uses and this process has not.
Napi::Value MissingPrivileges(const Napi::CallbackInfo& info) {
  Napi::Array names = Napi::Array::New(info.Env());
  uint32_t count = 0;
  for (const wchar_t* const name : {SE_SYSTEM_PROFILE_NAME, SE_DEBUG_NAME}) {
    if (HasPrivilege(name)) continue;
    names[count++] = Napi::String::New(info.Env(), reinterpret_cast<const char16_t*>(name));
  }
  return names;
}

// Names of the sessions that have the kernel's events, of which Windows gives few.
Napi::Value KernelSessions(const Napi::CallbackInfo& info) {
  Napi::Array names = Napi::Array::New(info.Env());
  uint32_t count = 0;
  for (const RunningSession& session : RunningSessions()) {
    if (!session.is_kernel) continue;
    const auto* const name = reinterpret_cast<const char16_t*>(session.name.data());
    names[count++] = Napi::String::New(info.Env(), name, session.name.size());
  }
  return names;
}

}  // namespace

void DefineWindows(Napi::Env env, Napi::Object exports) {
  exports["EtwSource"] = EtwSourceObject::Define(env);
  exports["FileInspector"] = FileInspectorObject::Define(env);
  exports["isElevated"] = Napi::Function::New(env, IsElevated, "isElevated");
  exports["kernelSessions"] = Napi::Function::New(env, KernelSessions, "kernelSessions");
  exports["machineGuid"] = Napi::Function::New(env, MachineGuid, "machineGuid");
  exports["missingPrivileges"] = Napi::Function::New(env, MissingPrivileges, "missingPrivileges");
}

}  // namespace kernelwire
