// SPDX-License-Identifier: MIT
#include "linux/find_files.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "background.h"
#include "linux/file_finder.h"
#include "linux/file_version.h"

namespace kernelwire {
namespace {

using Found = std::vector<FoundFile>;

FileWish WishOf(const Napi::Object& object) {
  FileWish wish;
  const auto words = object.Get("identity").As<Napi::Uint32Array>();
  memcpy(&wish.identity, words.Data(), std::min(words.ByteLength(), sizeof(wish.identity)));
  wish.pid = object.Get("pid").As<Napi::Number>().Uint32Value();
  wish.start_boot_ns =
      static_cast<uint64_t>(object.Get("startHigh").As<Napi::Number>().Uint32Value()) << 32 |
      object.Get("startLow").As<Napi::Number>().Uint32Value();
  wish.link = object.Get("link").As<Napi::String>().Utf8Value();
  wish.path = object.Get("path").As<Napi::String>().Utf8Value();
  return wish;
}

// Whole milliseconds since 1970.
double Milliseconds(const statx_timestamp& time) {
  return static_cast<double>(time.tv_sec) * 1000 + time.tv_nsec / 1000000;
}

Napi::Value AnswerOf(Napi::Env env, FoundFile found) {
  Napi::Object answer = Napi::Object::New(env);
  answer["error"] = static_cast<int>(found.error);
  answer["fd"] = found.file.Release();
  const struct statx& status = found.status;
  if (status.stx_mask == 0) return answer;
  answer["sizeBytes"] = static_cast<double>(status.stx_size);
  answer["modificationMs"] = Milliseconds(status.stx_mtime);
  answer["accessMs"] = Milliseconds(status.stx_atime);
  // A file system that was made from an image may have kept nothing.
  if ((status.stx_mask & STATX_BTIME) && status.stx_btime.tv_sec != 0)
    answer["creationMs"] = Milliseconds(status.stx_btime);
  answer["version"] = VersionOf(status).data();
  return answer;
}

}  // namespace

Napi::Value FindFiles(const Napi::CallbackInfo& info) {
  const auto objects = info[0].As<Napi::Array>();
  const auto limit_bytes = static_cast<uint64_t>(info[1].As<Napi::Number>().Int64Value());
  std::vector<FileWish> wishes;
  for (uint32_t i = 0; i < objects.Length(); i++)
    wishes.push_back(WishOf(objects.Get(i).As<Napi::Object>()));
  return Background<Found>::Run(
      info.Env(),
      [wishes = std::move(wishes), limit_bytes] {
        FileFinder finder(limit_bytes);
        Found found;
        for (const FileWish& wish : wishes) found.push_back(finder.Find(wish));
        return found;
      },
      [](Napi::Env env, Found found) -> Napi::Value {
        Napi::Array answers = Napi::Array::New(env, found.size());
        for (uint32_t i = 0; i < found.size(); i++) answers[i] = AnswerOf(env, std::move(found[i]));
        return answers;
      });
}

}  // namespace kernelwire
