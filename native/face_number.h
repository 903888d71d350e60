// SPDX-License-Identifier: MIT
#pragma once

namespace kernelwire {

// Raised with every change of what lib/ relies on: what the addon exports and how its records lie.
// lib/native.ts has the same number, and takes an addon with no other.
constexpr int kFaceNumber = 17;

}  // namespace kernelwire
