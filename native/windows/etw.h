// SPDX-License-Identifier: MIT
// Windows' tracing, with what the headers of mingw-w64 lack.
#pragma once

#include <windows.h>
// After it.
#include <wmistr.h>
//
#include <evntrace.h>
//
#include <evntcons.h>

#ifndef EVENT_TRACE_SYSTEM_LOGGER_MODE
#define EVENT_TRACE_SYSTEM_LOGGER_MODE 0x02000000
#endif
#ifndef EVENT_TRACE_INDEPENDENT_SESSION_MODE
#define EVENT_TRACE_INDEPENDENT_SESSION_MODE 0x08000000
#endif
