// A task attempt in an executor: what was asked, what it reads, what it made.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/data/compute_task.hpp"
#include "core/data/stage_program.hpp"
#include "core/executor/shuffle_fetcher.hpp"
#include "sim/executor/block_reader.hpp"
#include "sim/executor/broadcast_store.hpp"
#include "sim/executor/task_time.hpp"
#include "sim/host/executor_host.hpp"
#include "sim/host/spill_file.hpp"
#include "sim/host/wire.hpp"

namespace forkyard::sim {

// One task between its launch and its report. The main thread owns it until a slot
// takes it, and again when it is finished; its time may be touched at any moment.
struct RunningTask {
    explicit RunningTask(const wire::LaunchHead& launch)
        : head{launch},
          time{launch.work == wire::Work::compute_timed
                   ? static_cast<double>(launch.factor_millionths) / 1e6
                   : 1.0} {
        done.ticket = launch.ticket;
        time.hang(launch.hangs != 0);
    }
    [[nodiscard]] bool real() const {
        return head.work == wire::Work::compute || head.work == wire::Work::compute_timed;
    }

    wire::LaunchHead head;
    TaskTime time;
    std::shared_ptr<const StageProgram> program;
    BroadcastStore* broadcasts = nullptr;  // its executor's; real tasks only
    // What it reads, and from whom: of map outputs, and kept partitions.
    struct KeptRead {
        wire::BlockName block;
        std::uint32_t holder = 0;
    };
    std::vector<BlockToFetch> blocks;
    std::vector<KeptRead> kept;
    BlockReader input;
    wire::DoneHead done;
    TaskAnswer answer;
    SpillFile spills;  // before what may lie in it
    std::vector<Region> regions;
    AttemptOutput save;               // no folder: it saves nothing
    std::atomic<bool> drops = false;  // what it saves: it is not wanted any more
    std::vector<MadeBlock> made;
    std::vector<wire::BlockPlace> output_places;  // of its output, if they are to be told

    // What follows the head of its launch. False: it is cut off.
    [[nodiscard]] bool take_reads(wire::Unpacker& in);

    // In a slot's thread: computes, and under the wall clock takes its time.
    void work();
    // Of its regions, where they lie.
    [[nodiscard]] std::vector<std::vector<std::string_view>> pieces() const;
    // What its executor tells the driver in the end.
    void pack_report(wire::Packer& packer);

private:
    void compute();
    void write();

    std::string lines_;      // to save
    std::string unwritten_;  // why they could not be
};

}  // namespace forkyard::sim
