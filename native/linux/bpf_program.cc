// SPDX-License-Identifier: MIT
#include "linux/bpf_program.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>

namespace kernelwire {
namespace {

// The reason stands at the end of a verifier log.
constexpr size_t kLogLimit = 8192;

// BPF_LOG_STATS: its errors, without a line for each instruction that it goes through. A log from
// the start spares a program that it refuses the second time through, which libbpf has otherwise.
constexpr __u32 kLogErrors = 4;

// For these lines. libbpf's own buffer has 16 MiB: from then on the allocator keeps what it is
// given back.
constexpr size_t kLogBytes = 64 * 1024;

// libbpf has one print function for the process; each loading thread collects its own words.
thread_local std::string* log_of_this_thread = nullptr;

void KeepLog(const std::string& text) {
  log_of_this_thread->append(text);
  if (log_of_this_thread->size() > kLogLimit)
    log_of_this_thread->erase(0, log_of_this_thread->size() - kLogLimit);
}

int CollectLog(libbpf_print_level level, const char* format, va_list arguments) {
  if (!log_of_this_thread || level == LIBBPF_DEBUG) return 0;
  va_list again;
  va_copy(again, arguments);
  const int length = vsnprintf(nullptr, 0, format, again);
  va_end(again);
  if (length <= 0) return 0;

  std::string text(static_cast<size_t>(length) + 1, '\0');
  vsnprintf(text.data(), text.size(), format, arguments);
  text.pop_back();
  KeepLog(text);
  return length;
}

class LogScope {
 public:
  explicit LogScope(std::string* log) {
    libbpf_set_print(CollectLog);
    log_of_this_thread = log;
  }
  ~LogScope() { log_of_this_thread = nullptr; }
};

struct ObjectCloser {
  void operator()(bpf_object* object) const { bpf_object__close(object); }
};
using Object = std::unique_ptr<bpf_object, ObjectCloser>;

int ShareMaps(bpf_object* object, SharedMaps* maps) {
  bpf_map* map;
  bpf_object__for_each_map(map, object) {
    if (!SharedMaps::Has(bpf_map__name(map))) continue;
    if (maps->IsUnused(bpf_map__name(map))) {
      if (int error = bpf_map__set_autocreate(map, false)) return -error;
      continue;
    }
    const int shared = maps->Find(bpf_map__name(map));
    if (shared < 0) return errno;
    if (int error = bpf_map__reuse_fd(map, shared)) return -error;
  }
  return 0;
}

int SetConstants(bpf_object* object, const settings& constants) {
  bpf_map* map;
  bpf_object__for_each_map(map, object) {
    // The section `settings` is in; a map's own name is cut to 15 characters.
    if (strcmp(bpf_map__name(map), ".rodata.settings") == 0)
      return -bpf_map__set_initial_value(map, &constants, sizeof(constants));
  }
  return 0;
}

// An object may hold several forms of a program: only the one that is asked for is loaded.
bpf_program* SelectOnly(bpf_object* object, const char* name) {
  bpf_program* selected = nullptr;
  bpf_program* program;
  bpf_object__for_each_program(program, object) {
    const bool wanted = strcmp(bpf_program__name(program), name) == 0;
    bpf_program__set_autoload(program, wanted);
    if (wanted) selected = program;
  }
  return selected;
}

// Whether there is the tracepoint that a section names, where it names one: libbpf looks only after
// the verifier has been through the program, and a machine without tracefs has none of them.
bool HasTracepoint(const std::string& section) {
  if (section.rfind("tp/", 0) != 0) return true;
  const std::string id = "events/" + section.substr(3) + "/id";
  return !access(("/sys/kernel/tracing/" + id).c_str(), R_OK) ||
         !access(("/sys/kernel/debug/tracing/" + id).c_str(), R_OK);
}

// Before 5.15 some hooks have no link of their own, and nothing to ask.
bool LinkIsOf(int link, int program) {
  bpf_link_info link_info = {};
  __u32 length = sizeof(link_info);
  if (bpf_obj_get_info_by_fd(link, &link_info, &length)) return false;
  bpf_prog_info program_info = {};
  length = sizeof(program_info);
  if (bpf_obj_get_info_by_fd(program, &program_info, &length)) return false;
  return link_info.prog_id == program_info.id;
}

}  // namespace

BpfProgram::BpfProgram(bpf_object* object, bpf_program* program)
    : object_(object),
      program_(program),
      name_(bpf_program__name(program)),
      hook_(bpf_program__section_name(program)) {}

BpfProgram::~BpfProgram() {
  Detach();
  bpf_object__close(object_);
}

std::unique_ptr<BpfProgram> BpfProgram::Load(const ProgramSource& source, const settings& constants,
                                             SharedMaps* maps, ProgramError* error) {
  LogScope scope(&error->log);
  Object object(bpf_object__open_mem(source.object, source.object_bytes, nullptr));
  if (!object) {
    error->error = errno;
    return nullptr;
  }
  bpf_program* program = SelectOnly(object.get(), source.name);
  error->error = program ? ShareMaps(object.get(), maps) : ENOENT;
  if (!error->error && !HasTracepoint(bpf_program__section_name(program))) {
    error->error = errno;
    error->log = std::string("there is no tracepoint ") + bpf_program__section_name(program);
    return nullptr;
  }
  if (!error->error) error->error = SetConstants(object.get(), constants);
  // Only the load writes to it.
  std::string log(kLogBytes, '\0');
  if (!error->error) error->error = -bpf_program__set_log_level(program, kLogErrors);
  if (!error->error) error->error = -bpf_program__set_log_buf(program, log.data(), log.size());
  if (!error->error) error->error = -bpf_object__load(object.get());
  if (error->error) {
    KeepLog(log.c_str());
    return nullptr;
  }
  return std::unique_ptr<BpfProgram>(new BpfProgram(object.release(), program));
}

bool BpfProgram::Attach(ProgramError* error) {
  if (link_) return true;
  LogScope scope(&error->log);
  link_ = bpf_program__attach(program_);
  if (!link_) error->error = errno;
  is_told_ = link_ && LinkIsOf(bpf_link__fd(link_), bpf_program__fd(program_));
  return link_ != nullptr;
}

bool BpfProgram::IsAttached() const {
  if (!is_told_) return true;
  return link_ && LinkIsOf(bpf_link__fd(link_), bpf_program__fd(program_));
}

void BpfProgram::Detach() {
  if (link_) bpf_link__destroy(link_);
  link_ = nullptr;
}

bool BpfProgram::Uses(const std::string& map) const {
  return bpf_object__find_map_by_name(object_, map.c_str()) != nullptr;
}

int BpfProgram::link_fd() const { return link_ ? bpf_link__fd(link_) : -1; }

uint64_t BpfProgram::MissedRuns() const {
  bpf_prog_info info = {};
  __u32 length = sizeof(info);
  if (bpf_obj_get_info_by_fd(bpf_program__fd(program_), &info, &length)) return 0;
  return info.recursion_misses;
}

bool KernelHasHelper(const char* name) {
  std::string ignored;
  LogScope scope(&ignored);
  btf* kernel = btf__load_vmlinux_btf();
  if (!kernel) return false;

  bool found = false;
  const int id = btf__find_by_name_kind(kernel, "bpf_func_id", BTF_KIND_ENUM);
  const btf_type* type = id > 0 ? btf__type_by_id(kernel, id) : nullptr;
  for (int i = 0; type && i < btf_vlen(type); i++) {
    const char* value = btf__name_by_offset(kernel, btf_enum(type)[i].name_off);
    if (value && strcmp(value, name) == 0) found = true;
  }
  btf__free(kernel);
  return found;
}

bool HasTaskStorage() {
  return libbpf_probe_bpf_helper(BPF_PROG_TYPE_TRACEPOINT, BPF_FUNC_task_storage_get, nullptr) == 1;
}

bool ExitHasGroupDead() {
  std::string ignored;
  LogScope scope(&ignored);
  btf* kernel = btf__load_vmlinux_btf();
  if (!kernel) return false;

  // typedef void (*btf_trace_sched_process_exit)(void *, struct task_struct *, bool)
  bool found = false;
  const int id = btf__find_by_name_kind(kernel, "btf_trace_sched_process_exit", BTF_KIND_TYPEDEF);
  if (id > 0) {
    const btf_type* pointer = btf__type_by_id(kernel, btf__type_by_id(kernel, id)->type);
    const btf_type* function = btf__type_by_id(kernel, pointer->type);
    found = btf_is_func_proto(function) && btf_vlen(function) >= 3;
  }
  btf__free(kernel);
  return found;
}

}  // namespace kernelwire
