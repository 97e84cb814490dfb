// Where an attempt saves, between driver and executor.
#pragma once

#include <optional>
#include <string_view>
#include <utility>

#include "sim/host/attempt_output.hpp"
#include "sim/host/wire.hpp"

namespace forkyard::sim {

struct SaveMessage {
    AttemptOutput output;
    bool commits = false;  // settle: else it is dropped
};

inline void add_save(wire::Packer& packer, const AttemptOutput& output, bool commits = false) {
    packer.add(wire::SaveHead{output.algorithm,
                              output.app,
                              output.job,
                              output.partition,
                              output.ticket,
                              commits ? 1U : 0U});
    packer.add(std::string_view{output.folder});
}

// All that is left of a message. None: it is cut off.
[[nodiscard]] inline std::optional<SaveMessage> take_save(wire::Unpacker& in) {
    const auto head = in.take<wire::SaveHead>();
    auto folder = in.take_text(in.left());
    if (!head || !folder || folder->empty()) {
        return std::nullopt;
    }
    return SaveMessage{
        {std::move(*folder), head->algorithm, head->app, head->job, head->partition, head->ticket},
        head->commits != 0};
}

}  // namespace forkyard::sim
