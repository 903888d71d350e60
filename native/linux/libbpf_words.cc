// SPDX-License-Identifier: MIT
#include "linux/libbpf_words.h"

#include <bpf/libbpf.h>

#include <cstdarg>
#include <cstdio>

namespace kernelwire {
namespace {

constexpr size_t kLimit = 8192;

// libbpf has one print function for the process; each loading thread collects its own words.
thread_local std::string* words_of_this_thread = nullptr;

int Collect(libbpf_print_level level, const char* format, va_list arguments) {
  if (!words_of_this_thread || level == LIBBPF_DEBUG) return 0;
  va_list again;
  va_copy(again, arguments);
  const int length = vsnprintf(nullptr, 0, format, again);
  va_end(again);
  if (length <= 0) return 0;

  std::string text(static_cast<size_t>(length) + 1, '\0');
  vsnprintf(text.data(), text.size(), format, arguments);
  text.pop_back();
  words_of_this_thread->append(text);
  if (words_of_this_thread->size() > kLimit)
    words_of_this_thread->erase(0, words_of_this_thread->size() - kLimit);
  return length;
}

// Before any call of libbpf, which writes to stderr otherwise.
[[maybe_unused]] const libbpf_print_fn_t print_before = libbpf_set_print(Collect);

}  // namespace

LibbpfWords::LibbpfWords() { words_of_this_thread = &text_; }

LibbpfWords::~LibbpfWords() { words_of_this_thread = nullptr; }

}  // namespace kernelwire
