// SPDX-License-Identifier: MIT
// Work that would block the event loop, as a promise. Where the loop ends before the work does, as
// that of a terminated worker thread, the result is dropped and the promise stays as it is.
#pragma once

#include <napi.h>

#include <functional>
#include <utility>

namespace kernelwire {

// Runs `work` on a thread of libuv's pool, then makes the promise's value of its result on the
// loop's thread. `Result` is moved. Out of memory rejects the promise.
template <typename Result>
class Background : public Napi::AsyncWorker {
 public:
  using Work = std::function<Result()>;
  using Convert = std::function<Napi::Value(Napi::Env, Result)>;

  static Napi::Promise Run(Napi::Env env, Work work, Convert convert) {
    auto* worker = new Background(env, std::move(work), std::move(convert));
    Napi::Promise promise = worker->deferred_.Promise();
    worker->Queue();  // deletes itself when done
    return promise;
  }

 private:
  Background(Napi::Env env, Work work, Convert convert)
      : Napi::AsyncWorker(env, "kernelwire"),
        deferred_(env),
        work_(std::move(work)),
        convert_(std::move(convert)) {}

  void Execute() override { result_ = work_(); }
  void OnOK() override {
    if (CanRunJavaScript()) deferred_.Resolve(convert_(Env(), std::move(result_)));
  }
  void OnError(const Napi::Error& error) override { deferred_.Reject(error.Value()); }

  // Node-API has no such question, but whatever could run JavaScript fails when none may run.
  bool CanRunJavaScript() {
    bool ignored;
    return napi_has_named_property(Env(), Env().Global(), "Object", &ignored) == napi_ok;
  }

  Napi::Promise::Deferred deferred_;
  Work work_;
  Convert convert_;
  Result result_{};
};

}  // namespace kernelwire
