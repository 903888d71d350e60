// SPDX-License-Identifier: MIT
// Node-API exports and environment hooks, nothing else.
#include <napi.h>

#include "etl/face_object.h"
#include "face_number.h"
#ifdef __linux__
#include "linux/exports.h"
#elif defined(_WIN32)
#include "windows/exports.h"
#endif

namespace {

Napi::Object Initialize(Napi::Env env, Napi::Object exports) {
#ifdef __linux__
  kernelwire::DefineLinux(env, exports);
#elif defined(_WIN32)
  kernelwire::DefineWindows(env, exports);
#endif
  kernelwire::etl::FaceObject::Define(env, exports);
  exports["faceNumber"] = kernelwire::kFaceNumber;
  return exports;
}

}  // namespace

NODE_API_MODULE(addon, Initialize)
