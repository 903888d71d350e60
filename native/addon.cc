// SPDX-License-Identifier: MIT
// Node-API exports and environment hooks, nothing else.
#include <napi.h>

#include "etl/face_object.h"
#include "linux/exports.h"

namespace {

Napi::Object Initialize(Napi::Env env, Napi::Object exports) {
  kernelwire::DefineLinux(env, exports);
  kernelwire::etl::FaceObject::Define(env, exports);
  return exports;
}

}  // namespace

NODE_API_MODULE(addon, Initialize)
