// SPDX-License-Identifier: MIT
// The addon imports Node-API from "node.exe", late. This answers with the program that has loaded
// us, whatever it is called. (MSVC's builds get the same from cmake-js: win_delay_load_hook.cc.)
#include <windows.h>
// After it.
#include <delayimp.h>

#include <cstring>

namespace {

FARPROC WINAPI FindHost(unsigned event, PDelayLoadInfo info) {
  if (event != dliNotePreLoadLibrary || _stricmp(info->szDll, "node.exe") != 0) return nullptr;
  return reinterpret_cast<FARPROC>(GetModuleHandleW(nullptr));
}

}  // namespace

extern "C" {
extern PfnDliHook __pfnDliNotifyHook2;
PfnDliHook __pfnDliNotifyHook2 = FindHost;
}
