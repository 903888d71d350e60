// SPDX-License-Identifier: MIT
#include "linux/exports.h"

#include <unistd.h>

#include "background.h"
#include "linux/boot_clock.h"
#include "linux/hasher_object.h"
#include "linux/source_object.h"
#include "linux/user_name.h"

namespace kernelwire {
namespace {

constexpr double kNsPerMs = 1e6;

Napi::Value LookUpUser(const Napi::CallbackInfo& info) {
  const uint32_t uid = info[0].As<Napi::Number>().Uint32Value();
  return Background<std::string>::Run(
      info.Env(), [uid] { return UserName(uid); },
      [](Napi::Env env, std::string name) -> Napi::Value {
        return name.empty() ? env.Undefined() : Napi::String::New(env, name);
      });
}

// Milliseconds of CLOCK_BOOTTIME, now.
Napi::Value BootMs(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(BootNs()) / kNsPerMs);
}

// What must be added to CLOCK_BOOTTIME, in milliseconds, to have the time since 1970. The best of
// a few readings, since an interrupt may come between the two clocks.
Napi::Value BootToEpochMs(const Napi::CallbackInfo& info) {
  uint64_t shortest = UINT64_MAX;
  double offset = 0;
  for (int i = 0; i < 5; i++) {
    const uint64_t before = BootNs();
    const uint64_t wall = ClockNs(CLOCK_REALTIME);
    const uint64_t after = BootNs();
    if (after - before >= shortest) continue;
    shortest = after - before;
    const auto middle = static_cast<int64_t>(before + shortest / 2);
    offset = static_cast<double>(static_cast<int64_t>(wall) - middle) / kNsPerMs;
  }
  return Napi::Number::New(info.Env(), offset);
}

}  // namespace

void DefineLinux(Napi::Env env, Napi::Object exports) {
  exports["Source"] = SourceObject::Define(env);
  exports["Hasher"] = HasherObject::Define(env);
  exports["userName"] = Napi::Function::New(env, LookUpUser, "userName");
  exports["bootMs"] = Napi::Function::New(env, BootMs, "bootMs");
  exports["bootToEpochMs"] = Napi::Function::New(env, BootToEpochMs, "bootToEpochMs");
  exports["pageBytes"] = Napi::Number::New(env, static_cast<double>(sysconf(_SC_PAGESIZE)));
}

}  // namespace kernelwire
