// The programs of stage attempts that an executor has been sent, by the driver's number.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <utility>

#include "core/data/stage_program.hpp"
#include "sim/host/wire.hpp"

namespace forkyard::sim {

class ProgramStore {
public:
    // The message program. False: it makes no sense.
    [[nodiscard]] bool take(wire::Unpacker in) {
        const auto head = in.take<wire::ProgramHead>();
        const auto encoded = in.take_text(in.left());
        if (!head || !encoded) {
            return false;
        }
        Computed<StageProgram> program = decode_program(*encoded);
        if (!program) {
            return false;
        }
        programs_[head->program] = std::make_shared<const StageProgram>(std::move(*program));
        return true;
    }
    // Null: it was not sent.
    [[nodiscard]] std::shared_ptr<const StageProgram> find(std::uint64_t number) const {
        const auto found = programs_.find(number);
        return found == programs_.end() ? nullptr : found->second;
    }

private:
    std::map<std::uint64_t, std::shared_ptr<const StageProgram>> programs_{};
};

}  // namespace forkyard::sim
