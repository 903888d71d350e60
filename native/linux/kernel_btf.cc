// SPDX-License-Identifier: MIT
#include "linux/kernel_btf.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <mutex>
#include <vector>

#include "linux/btf_excerpt.h"
#include "linux/plain_pointers.h"
#include "linux/programs.h"

namespace kernelwire {
namespace {

constexpr const char* kPath = "/sys/kernel/btf/vmlinux";

// Kernels have 4 to 12 MB of types.
constexpr size_t kMostBytes = 256 * 1024 * 1024;

// include/uapi/linux/memfd.h, since 6.3: a machine may refuse files that could be executed.
constexpr unsigned kNoExec = 0x0008U;

// A file of sysfs, mapped where the kernel allows it (6.16), else read.
class WholeFile {
 public:
  ~WholeFile() {
    if (mapped_ != MAP_FAILED) munmap(mapped_, bytes_.size);
  }

  // 0 or an errno.
  int Open(const char* path) {
    FileDescriptor file(open(path, O_RDONLY | O_CLOEXEC));
    struct stat status;
    if (!file || fstat(file.get(), &status) != 0) return errno;
    if (static_cast<uint64_t>(status.st_size) > kMostBytes) return EFBIG;
    bytes_.size = static_cast<size_t>(status.st_size);
    mapped_ = mmap(nullptr, bytes_.size, PROT_READ, MAP_PRIVATE, file.get(), 0);
    if (mapped_ == MAP_FAILED) return Read(file.get());
    bytes_.data = static_cast<const std::byte*>(mapped_);
    return 0;
  }

  Bytes bytes() const { return bytes_; }

 private:
  int Read(int file) {
    read_.reset(new std::byte[bytes_.size]);
    size_t done = 0;
    while (done < bytes_.size) {
      const ssize_t count = read(file, read_.get() + done, bytes_.size - done);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return errno;
      if (count == 0) break;
      done += static_cast<size_t>(count);
    }
    bytes_ = {read_.get(), done};
    return 0;
  }

  void* mapped_ = MAP_FAILED;
  std::unique_ptr<std::byte[]> read_;
  Bytes bytes_;
};

// typedef void (*btf_trace_sched_process_exit)(void *, struct task_struct *, bool)
bool HasSecondArgument(const BtfTypes& kernel, uint32_t id) {
  const btf_type* type = kernel.Find(kernel.Resolve(id));
  if (type && BtfTypes::KindOf(*type) == BTF_KIND_PTR) type = kernel.Find(type->type);
  return type && BtfTypes::KindOf(*type) == BTF_KIND_FUNC_PROTO && BtfTypes::CountOf(*type) >= 3;
}

uint32_t KindOf(const Hook& hook) {
  return hook.kind == HookKind::kBtfTracepoint ? BTF_KIND_TYPEDEF : BTF_KIND_FUNC;
}

bool IsNamedKind(uint32_t kind) {
  switch (kind) {
    case BTF_KIND_TYPEDEF:
    case BTF_KIND_STRUCT:
    case BTF_KIND_UNION:
    case BTF_KIND_ENUM:
    case BTF_KIND_ENUM64:
      return true;
  }
  return false;
}

}  // namespace

const KernelBtf* KernelBtf::Get(int* error) {
  static std::mutex mutex;
  static std::unique_ptr<KernelBtf> kernel;
  const std::lock_guard<std::mutex> lock(mutex);
  if (kernel) return kernel.get();

  WholeFile file;
  if ((*error = file.Open(kPath)) != 0) return nullptr;
  std::unique_ptr<KernelBtf> read(new KernelBtf());
  if (!read->Read(file.bytes())) {
    *error = EBADMSG;
    return nullptr;
  }
  kernel = std::move(read);
  return kernel.get();
}

uint32_t KernelBtf::IdOf(std::string_view target) const {
  const auto known = asked_.find(target);
  return known == asked_.end() ? 0 : known->second.id;
}

bool KernelBtf::Read(Bytes bytes) {
  BtfTypes kernel;
  if (!kernel.Read(bytes)) return false;

  WantedNames wanted;
  for (const Bytes& object : ProgramObjects()) {
    BtfTypes own;
    if (own.Read(SectionOf(object, ".BTF"))) wanted.Add(own);
  }
  for (const ProgramSource& source : AllPrograms())
    if (source.hook.kind != HookKind::kTracepoint) Ask(source.hook.target, KindOf(source.hook));
  for (const char* name : kPlainTypes) Ask(name, BTF_KIND_STRUCT);
  Ask(kPlainCast, BTF_KIND_FUNC);

  BtfExcerpt excerpt(kernel, wanted);
  for (uint32_t id = 1; id <= kernel.count(); id++) {
    const btf_type& type = *kernel.Find(id);
    const uint32_t kind = BtfTypes::KindOf(type);
    if (kind == BTF_KIND_FUNC || IsNamedKind(kind)) Remember(kernel.NameOf(type), kind, id);
    if (IsNamedKind(kind) && wanted.types.count(kernel.NameOf(type))) excerpt.Take(id);
  }
  exit_has_group_dead_ = HasSecondArgument(kernel, IdOf("btf_trace_sched_process_exit"));
  KeepExcerpt(excerpt.bytes());
  return true;
}

// The first of several functions with the same name, as libbpf does.
void KernelBtf::Remember(std::string_view name, uint32_t kind, uint32_t id) {
  const auto asked = asked_.find(name);
  if (asked != asked_.end() && asked->second.kind == kind && asked->second.id == 0)
    asked->second.id = id;
}

void KernelBtf::KeepExcerpt(Bytes bytes) {
  FileDescriptor file(memfd_create("kernelwire_btf", MFD_CLOEXEC | kNoExec));
  if (!file && errno == EINVAL) file = FileDescriptor(memfd_create("kernelwire_btf", MFD_CLOEXEC));
  if (bytes.size == 0 || !file) return;
  if (write(file.get(), bytes.data, bytes.size) != static_cast<ssize_t>(bytes.size)) return;
  const std::string path = "/proc/self/fd/" + std::to_string(file.get());
  // Not where /proc is not mounted.
  if (access(path.c_str(), R_OK) != 0) return;
  excerpt_ = std::move(file);
  excerpt_path_ = path;
}

}  // namespace kernelwire
