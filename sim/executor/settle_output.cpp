#include "sim/executor/settle_output.hpp"

#include <string_view>

#include "sim/host/save_message.hpp"

namespace forkyard::sim {

bool settle_output(wire::Unpacker in,
                   const std::function<std::shared_ptr<RunningTask>(std::uint32_t ticket)>& find,
                   const std::function<void(std::span<const std::byte> bytes)>& answer) {
    const auto told = take_save(in);
    if (!told) {
        return false;
    }
    if (!told->commits) {
        if (const auto task = find(told->output.ticket)) {
            task->drops = true;
        }
        drop_output(told->output);
        return true;
    }
    const Result<void> committed = commit_output(told->output);
    wire::Packer packer;
    packer.add(wire::Settled{told->output.ticket});
    packer.add(committed ? std::string_view{} : std::string_view{committed.error().what});
    answer(packer.bytes());
    return true;
}

}  // namespace forkyard::sim
