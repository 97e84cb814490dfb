// What the tasks of an executor fetch before they take a slot.
//
// ShuffleFetcher says what each asks for and when; this sends the requests, maps what is
// granted, checks it, and asks again. A block is in flight until then. The main thread does
// all of it: to check is quicker than to hand over to a slot, and a slot may be long at work.
// Kept partitions are asked for at once, one by one: nothing limits them.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "core/executor/shuffle_fetcher.hpp"
#include "sim/executor/block_store.hpp"
#include "sim/executor/running_task.hpp"
#include "sim/host/wire.hpp"

namespace forkyard::sim {

class TaskFetches {
public:
    using Task = std::shared_ptr<RunningTask>;
    using Send = std::function<void(wire::Type type, std::span<const std::byte> bytes)>;
    using Hand = std::function<void(const Task& task)>;

    // `ended`: a task's input is there, or its answer says that the fetch failed.
    TaskFetches(const BlockStore& store, Send send, Hand ended)
        : store_{store}, send_{std::move(send)}, ended_{std::move(ended)} {}

    // Which executor this is, and by what conf it goes.
    void configure(const wire::Hello& hello) { reader_ = hello; }

    void begin(const Task& task);
    // The messages blocks and refused. False: they make no sense.
    [[nodiscard]] bool on_blocks(wire::Unpacker in);
    [[nodiscard]] bool on_refused(wire::Unpacker in);
    [[nodiscard]] Task find(std::uint32_t ticket) const;
    // Nobody waits for it any more.
    void forget(std::uint32_t ticket) { fetching_.erase(ticket); }

    // When something has to be asked for again; the end of time: nothing has.
    [[nodiscard]] std::chrono::steady_clock::time_point retries_at() const;
    void retry();  // what is due

private:
    // Requests of kept partitions have numbers from here on, in the order of the task's list.
    static constexpr std::uint32_t first_kept = 0x80000000;

    struct Fetching {
        Task task;
        ShuffleFetcher shuffles;
        std::size_t kept_left = 0;
    };
    using Entry = std::map<std::uint32_t, Fetching>::iterator;

    [[nodiscard]] bool carry_out(Entry entry, FetchActions actions);
    void ask(const RunningTask& task,
             std::uint32_t request,
             std::uint32_t holder,
             const std::vector<wire::BlockName>& blocks);
    [[nodiscard]] FetchActions take_block(Fetching& fetching,
                                          std::uint32_t request,
                                          int pid,
                                          const wire::BlockPlace& place);
    [[nodiscard]] bool take_kept(Entry entry,
                                 std::uint32_t request,
                                 int pid,
                                 const std::vector<wire::BlockPlace>& places);
    void end_if_done(Entry entry);
    void fail(Entry entry, ExecutorId holder, const wire::BlockName& block, FetchTrouble trouble);

    const BlockStore& store_;
    Send send_;
    Hand ended_;
    wire::Hello reader_;
    std::map<std::uint32_t, Fetching> fetching_;  // by ticket
    wire::Packer packer_;
};

}  // namespace forkyard::sim
