// What executor processes save: committed or dropped as the driver tells them.
#include <utility>

#include "sim/host/process_host.hpp"
#include "sim/host/save_message.hpp"

namespace forkyard::sim {

// Under the virtual clock the rename has been done when this returns: what happens to the
// executor later happens to it after its commit.
Result<void> ProcessHost::commit(ExecutorId exec, const AttemptOutput& output) {
    packer_.clear();
    add_save(packer_, output, true);
    answered_ = false;
    Result<void> sent = send(exec, wire::Type::settle, packer_.bytes());
    return sent && !live_ ? pump_until(answered_, exec) : sent;
}

void ProcessHost::drop(ExecutorId exec, const AttemptOutput& output) {
    packer_.clear();
    add_save(packer_, output);
    (void)send(exec, wire::Type::settle, packer_.bytes());
}

void ProcessHost::on_settled(ExecutorId exec, wire::Unpacker in) {
    const auto settled = in.take<wire::Settled>();
    auto why_not = in.take_text(in.left());
    if (!settled || !why_not) {
        garbled(exec, "a note of a commit that is too short");
    } else if (!why_not->empty()) {
        cannot_write(std::move(*why_not));
    } else if (live_) {
        HostNews news;
        news.kind = HostNews::Kind::committed;
        news.exec = exec;
        news.ticket = settled->ticket;
        news_.push_back(std::move(news));
    }
    answered_ = true;
}

// An error of the run, whichever clock: no task is to blame for the disk.
void ProcessHost::cannot_write(std::string what) {
    broken_ = Error{std::move(what), {}, std::string{save_mend}, Exit::cannot_write};
}

}  // namespace forkyard::sim
