// Decisions about what tasks have made and what executors hold.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/ids.hpp"

namespace forkyard {

struct RegisterMapOutput {
    static constexpr std::string_view kind = "map-output.register";
    AppId app{};
    ShuffleId shuffle{};
    std::uint32_t partition = 0;
    ExecutorId exec{};

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("shuffle", self.shuffle);
        v("partition", self.partition);
        v("exec", self.exec);
    }
};

struct UnregisterMapOutput {
    static constexpr std::string_view kind = "map-output.unregister";
    AppId app{};
    ShuffleId shuffle{};
    std::uint32_t partition = 0;
    ExecutorId exec{};

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("shuffle", self.shuffle);
        v("partition", self.partition);
        v("exec", self.exec);
    }
};

// The ends of tasks that count so far have added up to this.
struct UpdateAccumulator {
    static constexpr std::string_view kind = "accumulator.update";
    AppId app{};
    std::string name{};
    std::int64_t value = 0;

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("name", self.name);
        v("value", self.value);
    }
};

// To every executor: what it has of it goes.
struct RemoveBroadcast {
    static constexpr std::string_view kind = "broadcast.remove";
    AppId app{};
    BroadcastId broadcast{};

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("broadcast", self.broadcast);
    }
};

// To every executor: what it keeps under this number goes.
struct RemoveRdd {
    static constexpr std::string_view kind = "rdd.remove";
    AppId app{};
    RddId rdd{};

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("rdd", self.rdd);
    }
};

// A result that is too big to come with the end of its task: the driver gets it from the
// executor, which keeps it until then.
struct FetchResult {
    static constexpr std::string_view kind = "result.fetch";
    AppId app{};
    TaskAttempt task{};
    ExecutorId exec{};
    std::int64_t bytes = 0;

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("task", self.task);
        v("exec", self.exec);
        v("bytes", self.bytes);
    }
};

}  // namespace forkyard
