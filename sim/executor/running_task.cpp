#include "sim/executor/running_task.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "core/data/compute_task.hpp"
#include "sim/executor/mapped_input.hpp"
#include "sim/host/file_cache.hpp"
#include "sim/host/save_message.hpp"
#include "sim/host/task_answer.hpp"

namespace forkyard::sim {

bool RunningTask::take_reads(wire::Unpacker& in) {
    for (std::uint32_t i = 0; i < head.reads; ++i) {
        const auto read = in.take<wire::ReadHead>();
        if (!read) {
            return false;
        }
        const auto places = in.take_list<wire::Region>(read->maps);
        if (!places) {
            return false;
        }
        for (std::uint32_t map = 0; map < read->maps; ++map) {
            const wire::Region& region = (*places)[map];
            if (wire::is_kept_store(read->shuffle)) {
                kept.push_back({{read->shuffle, map, read->partition}, region.holder});
            } else if (region.holder != wire::none) {
                blocks.push_back({{ShuffleId{read->shuffle}, map, read->partition},
                                  ExecutorId{region.holder},
                                  NodeId{region.host},
                                  region.bytes});
            }
        }
    }
    if (in.left() == 0) {
        return true;
    }
    auto told = take_save(in);
    save = told ? std::move(told->output) : AttemptOutput{};
    return told.has_value();
}

void RunningTask::work() {
    using wire::Work;
    time.begin();
    bool finished = true;
    if (real()) {
        compute();
        if (head.work == Work::compute_timed) {
            const std::chrono::microseconds before{head.work_us};
            finished = time.pass(answer.cost, WorkKind::sleep, head.percent / 100.0, before);
        }
    } else {
        finished = time.pass(std::chrono::microseconds{head.work_us},
                             head.work == Work::spin ? WorkKind::spin : WorkKind::sleep);
    }
    if (!finished) {
        answer = {};
        answer.status = TaskAnswer::Status::killed;
    }
    if (answer.status == TaskAnswer::Status::done && !save.folder.empty()) {
        write();
    }
}

// Whoever does not want it any more says so first, and removes what is there then.
void RunningTask::write() {
    Result<void> written = write_output(save, lines_);
    if (drops) {
        drop_output(save);
    } else if (!written) {
        unwritten_ = std::move(written.error().what);
    }
}

void RunningTask::pack_report(wire::Packer& packer) {
    std::string text = answer.result;
    if (answer.status == TaskAnswer::Status::failed) {
        done.status = wire::DoneStatus::failed;
        text = answer.error;
    } else if (answer.status == TaskAnswer::Status::fetch_failed) {
        done.status = wire::DoneStatus::fetch_failed;
        text = answer.error;
    } else if (!unwritten_.empty()) {
        done.status = wire::DoneStatus::cannot_write;
        text = unwritten_;
    } else if (answer.status == TaskAnswer::Status::killed) {
        done.status = wire::DoneStatus::killed;
    }
    done.sizes = static_cast<std::uint32_t>(answer.sizes.size());
    done.cost_us = micros(answer.cost);
    done.made = static_cast<std::uint32_t>(answer.made.size());
    done.spilled_memory = answer.spilled.memory;
    done.spilled_disk = answer.spilled.disk;
    done.accumulated = static_cast<std::uint32_t>(answer.accumulated.size());
    done.places = static_cast<std::uint32_t>(output_places.size());
    done.rows = answer.rows;
    done.records = answer.records;
    done.result_bytes = static_cast<std::uint32_t>(text.size());
    packer.add(done);
    for (const std::int64_t size : answer.sizes) {
        packer.add(size);
    }
    for (const MadeSize& size : answer.made) {
        packer.add(wire::MadeBlock{size.block.rdd.value, size.block.partition, size.bytes});
    }
    for (const std::int64_t amount : answer.accumulated) {
        packer.add(amount);
    }
    for (const wire::BlockPlace& place : output_places) {
        packer.add(place);
    }
    packer.add(std::string_view{text});
}

std::vector<std::vector<std::string_view>> RunningTask::pieces() const {
    std::vector<std::vector<std::string_view>> all;
    for (const Region& region : regions) {
        all.push_back(region.pieces());
    }
    return all;
}

void RunningTask::compute() {
    FileCache files;
    MappedInput found{files, input, *broadcasts};
    Computed<TaskOutput> output = compute_task(*program, head.partition, found, spills);
    if (!output) {
        answer = failed_answer(output.error());
        return;
    }
    answer = answer_of(*output);
    regions = std::move(output->regions);
    lines_ = std::move(output->saved);
    made = std::move(output->made);
}

}  // namespace forkyard::sim
