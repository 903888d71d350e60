// SPDX-License-Identifier: MIT
#include "linux/bpf_map.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <sys/mman.h>

#include <cerrno>

namespace kernelwire {

int Mapping::Create(int fd, size_t offset, size_t bytes, bool writable,
                    std::shared_ptr<Mapping>* mapping) {
  const int protection = writable ? PROT_READ | PROT_WRITE : PROT_READ;
  void* data = mmap(nullptr, bytes, protection, MAP_SHARED, fd, static_cast<off_t>(offset));
  if (data == MAP_FAILED) return errno;
  mapping->reset(new Mapping(static_cast<std::byte*>(data), bytes));
  return 0;
}

Mapping::~Mapping() { munmap(data_, size_); }

// kernel/bpf/ringbuf.c, ringbuf_map_mmap: a page with the consumer's position, which only we
// write, a page with the producers', then the data twice.
int BpfRing::Create(size_t bytes, std::unique_ptr<BpfRing>* ring) {
  const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  FileDescriptor fd(bpf_map_create(BPF_MAP_TYPE_RINGBUF, "kernelwire_ring", 0, 0,
                                   static_cast<uint32_t>(bytes), nullptr));
  if (!fd) return errno;

  std::shared_ptr<Mapping> consumer, data;
  if (int error = Mapping::Create(fd.get(), 0, page, true, &consumer)) return error;
  if (int error = Mapping::Create(fd.get(), page, page + 2 * bytes, false, &data)) return error;
  ring->reset(new BpfRing(std::move(fd), std::move(consumer), std::move(data), page, bytes));
  return 0;
}

BpfRing::BpfRing(FileDescriptor fd, std::shared_ptr<Mapping> consumer,
                 std::shared_ptr<Mapping> data, size_t page, size_t bytes)
    : Ring(data->data() + page, bytes, reinterpret_cast<const uint64_t*>(data->data()),
           reinterpret_cast<uint64_t*>(consumer->data())),
      fd_(std::move(fd)),
      consumer_mapping_(std::move(consumer)),
      data_mapping_(std::move(data)) {}

int BpfArray::Create(const char* name, size_t value_bytes, size_t entries, bool writable,
                     std::unique_ptr<BpfArray>* array) {
  LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_MMAPABLE);
  FileDescriptor fd(bpf_map_create(BPF_MAP_TYPE_ARRAY, name, sizeof(uint32_t),
                                   static_cast<uint32_t>(value_bytes),
                                   static_cast<uint32_t>(entries), &options));
  if (!fd) return errno;

  const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  const size_t bytes = (value_bytes * entries + page - 1) / page * page;
  std::shared_ptr<Mapping> mapping;
  if (int error = Mapping::Create(fd.get(), 0, bytes, writable, &mapping)) return error;
  array->reset(new BpfArray(std::move(fd), std::move(mapping)));
  return 0;
}

FileDescriptor CreateHash(const char* name, size_t key_bytes, size_t value_bytes, size_t entries) {
  return FileDescriptor(bpf_map_create(BPF_MAP_TYPE_HASH, name, static_cast<uint32_t>(key_bytes),
                                       static_cast<uint32_t>(value_bytes),
                                       static_cast<uint32_t>(entries), nullptr));
}

// The kernel wants to know of what types it is (kernel/bpf/bpf_local_storage.c): a number, and
// numbers. `value_bytes`: a multiple of theirs.
FileDescriptor CreateTaskStorage(const char* name, size_t value_bytes) {
  const std::unique_ptr<btf, decltype(&btf__free)> types(btf__new_empty(), btf__free);
  if (!types) return FileDescriptor(-1);
  const int number = btf__add_int(types.get(), "int", sizeof(int), BTF_INT_SIGNED);
  const int numbers =
      btf__add_array(types.get(), number, number, static_cast<uint32_t>(value_bytes / sizeof(int)));
  if (number < 0 || numbers < 0) return FileDescriptor(-1);
  if (int error = btf__load_into_kernel(types.get())) {
    errno = -error;
    return FileDescriptor(-1);
  }
  LIBBPF_OPTS(bpf_map_create_opts, options, .btf_fd = static_cast<uint32_t>(btf__fd(types.get())),
              .btf_key_type_id = static_cast<uint32_t>(number),
              .btf_value_type_id = static_cast<uint32_t>(numbers), .map_flags = BPF_F_NO_PREALLOC);
  return FileDescriptor(bpf_map_create(BPF_MAP_TYPE_TASK_STORAGE, name, sizeof(int),
                                       static_cast<uint32_t>(value_bytes), 0, &options));
}

}  // namespace kernelwire
