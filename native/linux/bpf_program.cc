// SPDX-License-Identifier: MIT
#include "linux/bpf_program.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <vector>

#include "linux/libbpf_words.h"
#include "linux/plain_pointers.h"

namespace kernelwire {
namespace {

// BPF_LOG_STATS: its errors and how much it went through, without a line for each instruction. A
// log from the start spares a program that it refuses the second time through.
constexpr __u32 kLogErrors = 4;

struct ObjectCloser {
  void operator()(bpf_object* object) const { bpf_object__close(object); }
};
using Object = std::unique_ptr<bpf_object, ObjectCloser>;

int ShareMaps(bpf_object* object, SharedMaps* maps, std::set<std::string>* names) {
  bpf_map* map;
  bpf_object__for_each_map(map, object) {
    names->insert(bpf_map__name(map));
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

// A load that is under way. libbpf hands on the address of the log and nothing else of ours, so
// this begins with it: 64 KiB hold the errors.
struct Loading {
  char log[64 * 1024];
  const Hook* hook;
  uint32_t btf_id;
  const KernelBtf* kernel;
  FileDescriptor program;
  int error;
  bool was_asked;  // whether libbpf came that far
};

// Called by libbpf when instructions and maps are ready. It would go on to read all of the kernel's
// types for each program that is attached by one, so the rest is done here, and libbpf's own load
// ends with ECANCELED in any case.
int LoadNow(bpf_program* program, bpf_prog_load_opts* options, long) {
  size_t bytes;
  char* log = const_cast<char*>(bpf_program__log_buf(program, &bytes));
  auto* loading = reinterpret_cast<Loading*>(log);
  options->expected_attach_type = static_cast<bpf_attach_type>(loading->hook->attach_type);
  options->attach_btf_id = loading->btf_id;
  options->log_level = kLogErrors;
  options->log_buf = log;
  options->log_size = static_cast<__u32>(bytes);
  loading->was_asked = true;
  // A second time without casts where the kernel describes them and refuses them all the same.
  for (const KernelBtf* kernel : {loading->kernel, static_cast<const KernelBtf*>(nullptr)}) {
    const bpf_insn* first = bpf_program__insns(program);
    std::vector<bpf_insn> instructions(first, first + bpf_program__insn_cnt(program));
    const bool has_cast = ResolvePlainPointers(&instructions, kernel);
    loading->program = FileDescriptor(bpf_prog_load(
        static_cast<bpf_prog_type>(loading->hook->program_type), bpf_program__name(program),
        "Dual MIT/GPL", instructions.data(), instructions.size(), options));
    loading->error = loading->program ? 0 : errno;
    if (loading->program || !has_cast) break;
  }
  return -ECANCELED;
}

// libbpf keeps such handlers for the whole process, in memory that it moves when another one comes:
// so there is one, before the first object is opened, for sections that nobody else has. Another
// copy of this addon may find it in the place of its own, which does the same.
class Handler {
 public:
  static int Register() {
    static const Handler handler;
    return handler.id_ < 0 ? -handler.id_ : 0;
  }

 private:
  Handler() {
    LIBBPF_OPTS(libbpf_prog_handler_opts, options);
    options.prog_prepare_load_fn = LoadNow;
    // A type for which libbpf reads no types of the kernel.
    id_ = libbpf_register_prog_handler((std::string(kHookSection) + "+").c_str(),
                                       BPF_PROG_TYPE_TRACEPOINT, static_cast<bpf_attach_type>(0),
                                       &options);
  }
  // The addon may be taken out of memory, libbpf not.
  ~Handler() {
    if (id_ > 0) libbpf_unregister_prog_handler(id_);
  }
  int id_;
};

}  // namespace

std::unique_ptr<BpfProgram> BpfProgram::Load(const ProgramSource& source, const settings& constants,
                                             ProgramHooks* hooks, SharedMaps* maps,
                                             ProgramError* error) {
  HookTarget target;
  if (!hooks->Find(source.hook, &target, error)) return nullptr;
  if ((error->error = Handler::Register()) != 0) return nullptr;

  const LibbpfWords words;
  LIBBPF_OPTS(bpf_object_open_opts, options);
  const KernelBtf* kernel = hooks->btf();
  if (kernel && !kernel->excerpt_path().empty())
    options.btf_custom_path = kernel->excerpt_path().c_str();
  const Object object(bpf_object__open_mem(source.object.data, source.object.size, &options));
  if (!object) {
    *error = {errno, words.text()};
    return nullptr;
  }
  std::unique_ptr<BpfProgram> made(new BpfProgram(source, target));
  bpf_program* program = SelectOnly(object.get(), source.name);
  error->error = program ? ShareMaps(object.get(), maps, &made->maps_) : ENOENT;
  if (!error->error) error->error = SetConstants(object.get(), constants);

  const auto loading = std::make_unique<Loading>();
  loading->hook = &source.hook;
  loading->btf_id = target.btf_id;
  loading->kernel = kernel;
  if (!error->error)
    error->error = -bpf_program__set_log_buf(program, loading->log, sizeof(loading->log));
  if (!error->error) error->error = -bpf_object__load(object.get());
  if (loading->was_asked) error->error = loading->error;
  if (error->error) {
    error->log = loading->was_asked ? loading->log : words.text();
    return nullptr;
  }
  made->fd_ = std::move(loading->program);
  error->log = loading->log;
  return made;
}

bool BpfProgram::Attach(ProgramError* error) {
  if (link_) return true;
  error->error = BpfLink::Attach(fd_.get(), hook_, target_.tracepoint, &link_);
  is_told_ = link_.IsOf(fd_.get());
  // What the verifier said is no reason.
  if (error->error) error->log.clear();
  return error->error == 0;
}

BpfLink BpfProgram::Detach() {
  BpfLink link = std::move(link_);
  return hook_.kind == HookKind::kTracepoint ? std::move(link) : BpfLink();
}

uint64_t BpfProgram::MissedRuns() const {
  bpf_prog_info info = {};
  __u32 length = sizeof(info);
  if (bpf_obj_get_info_by_fd(fd_.get(), &info, &length)) return 0;
  return info.recursion_misses;
}

bool HasLoop() {
  return libbpf_probe_bpf_helper(BPF_PROG_TYPE_TRACEPOINT, BPF_FUNC_loop, nullptr) == 1;
}

bool HasTaskStorage() {
  return libbpf_probe_bpf_helper(BPF_PROG_TYPE_TRACEPOINT, BPF_FUNC_task_storage_get, nullptr) == 1;
}

}  // namespace kernelwire
