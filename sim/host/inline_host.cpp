#include "sim/host/inline_host.hpp"

#include <algorithm>
#include <utility>

#include "core/check.hpp"
#include "core/data/compute_task.hpp"
#include "sim/host/file_cache.hpp"
#include "sim/host/spill_file.hpp"
#include "sim/host/task_answer.hpp"

namespace forkyard::sim {

namespace {

std::string whole(const Region& region) {
    std::string bytes;
    bytes.reserve(region.size());
    for (const std::string_view piece : region.pieces()) {
        bytes += piece;
    }
    return bytes;
}

}  // namespace

// Reads from the stores of the executors that hold the blocks.
class InlineHost::Input final : public TaskInput {
public:
    Input(InlineHost& host, const TaskOrder& order) : host_{host}, order_{order} {}

    Computed<FileBytes> file(const std::string& path) override { return host_.files_->file(path); }

    std::vector<std::string_view> blocks(ShuffleId shuffle, std::uint32_t partition) override {
        std::vector<std::string_view> regions;
        for (const PartRead& read : order_.reads) {
            if (read.shuffle != shuffle || read.partition != partition) {
                continue;
            }
            for (std::uint32_t map = 0; map < read.holders.size(); ++map) {
                if (read.holders[map].valid()) {
                    regions.emplace_back(
                        host_.output(read.holders[map], {order_.app, shuffle, map})[partition]);
                }
            }
        }
        return regions;
    }

    Computed<std::shared_ptr<const Value>> broadcast(BroadcastId id) override {
        const auto used =
            std::find_if(order_.broadcasts.begin(),
                         order_.broadcasts.end(),
                         [&](const UsedBroadcast& broadcast) { return broadcast.id == id; });
        FORKYARD_CHECK(used != order_.broadcasts.end(), "a task has the broadcasts that it uses");
        MadeBroadcast& made = host_.broadcasts_[{order_.app, id}];
        if (made.of != used->value) {
            const std::vector<std::string_view> pieces{used->value->pieces.begin(),
                                                       used->value->pieces.end()};
            Computed<Value> value = join_broadcast(pieces, used->value->compressed);
            if (!value) {
                return tl::make_unexpected(std::move(value.error()));
            }
            made = {used->value, std::make_shared<const Value>(std::move(*value))};
        }
        return made.value;
    }

    std::optional<std::string_view> kept(RddBlock block) override {
        for (const KeptRead& read : order_.kept) {
            if (read.block == block) {
                return host_.blocks_.at(read.holder).at({order_.app, block});
            }
        }
        return std::nullopt;
    }

private:
    InlineHost& host_;
    const TaskOrder& order_;
};

InlineHost::InlineHost() : files_{std::make_unique<FileCache>()} {}
InlineHost::~InlineHost() = default;

const std::vector<std::string>& InlineHost::output(ExecutorId holder, const OutputKey& key) const {
    const auto store = stores_.find(holder);
    FORKYARD_CHECK(store != stores_.end(), "a task reads from executors that live");
    const auto output = store->second.find(key);
    FORKYARD_CHECK(output != store->second.end(), "a registered output is in its store");
    return output->second;
}

Result<void> InlineHost::start(const ExecutorStart& executor) {
    stores_.try_emplace(executor.exec);
    return {};
}

Result<void> InlineHost::launch(const TaskOrder& order) {
    Input input{*this, order};
    SpillFile spills;
    Computed<TaskOutput> output = compute_task(*order.program, order.task.partition, input, spills);
    if (!output) {
        answers_[order.ticket] = failed_answer(output.error());
        return {};
    }
    answers_[order.ticket] = answer_of(*output);
    if (!output->made.empty()) {
        made_[order.ticket] = std::move(output->made);
    }
    if (order.output.valid()) {
        std::vector<std::string>& stored =
            stores_[order.exec][{order.app, order.output, order.task.partition}];
        stored.clear();
        for (Region& region : output->regions) {
            stored.push_back(whole(region));
        }
    }
    return order.save.folder.empty() ? Result<void>{} : write_output(order.save, output->saved);
}

Result<TaskAnswer> InlineHost::await(std::uint32_t ticket) {
    const auto found = answers_.find(ticket);
    FORKYARD_CHECK(found != answers_.end(),
                   "an answer is awaited once, of a task that was launched");
    TaskAnswer answer = std::move(found->second);
    answers_.erase(found);
    return answer;
}

Result<void> InlineHost::kill(ExecutorId exec) {
    blocks_.erase(exec);
    if (!kept_.contains(exec)) {
        stores_.erase(exec);
    }
    return {};
}

Result<void> InlineHost::copy_output(ExecutorId from,
                                     ExecutorId to,
                                     const WrittenShuffle& shuffle,
                                     std::uint32_t map) {
    const OutputKey key{shuffle.app, shuffle.shuffle, map};
    stores_[to][key] = stores_.at(from).at(key);
    return {};
}

Result<void> InlineHost::keep_made(ExecutorId exec,
                                   AppId app,
                                   std::uint32_t ticket,
                                   const std::vector<KeptBlock>& kept) {
    for (MadeBlock& made : made_[ticket]) {
        if (std::any_of(kept.begin(), kept.end(), [&](const KeptBlock& block) {
                return block.block == made.block;
            })) {
            blocks_[exec][{app, made.block}] = std::move(made.bytes);
        }
    }
    made_.erase(ticket);
    return {};
}

Result<void> InlineHost::place(ExecutorId exec, AppId app, const KeptBlock& block) {
    if (block.place == BlockPlace::nowhere) {
        blocks_[exec].erase({app, block.block});
    }
    return {};
}

Result<void> InlineHost::copy_block(ExecutorId from,
                                    ExecutorId to,
                                    AppId app,
                                    const KeptBlock& block) {
    blocks_[to][{app, block.block}] = blocks_.at(from).at({app, block.block});
    return {};
}

Result<void> InlineHost::keep_files(ExecutorId exec,
                                    const std::vector<WrittenShuffle>& /*all that it has*/) {
    kept_.insert(exec);
    return {};
}

Result<void> InlineHost::drop_files(ExecutorId exec) {
    if (kept_.erase(exec) > 0) {
        stores_.erase(exec);
    }
    return {};
}

void InlineHost::stop(ExecutorId exec) {
    blocks_.erase(exec);
    stores_.erase(exec);
}

}  // namespace forkyard::sim
