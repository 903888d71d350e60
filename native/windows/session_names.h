// SPDX-License-Identifier: MIT
// Names of our sessions say whose they are, so that those of a sensor that crashed are recognised:
// Windows keeps a session when the program that started it is gone.
#pragma once

#include <string>
#include <vector>

namespace kernelwire {

// "kernelwire PID-CREATED-NUMBER KIND": unique on this machine.
std::wstring NewSessionName(unsigned number, const wchar_t* kind);

struct RunningSession {
  std::wstring name;
  bool is_ours;    // a kernelwire's
  bool is_orphan;  // and nobody's any more
  bool is_kernel;  // takes the kernel's own events
};

// All sessions of this machine that Windows shows us; empty where it shows none.
std::vector<RunningSession> RunningSessions();

// Stops those that a kernelwire left behind. Returns their names.
std::vector<std::wstring> StopOrphans();

}  // namespace kernelwire
