#include "core/driver/task_places.hpp"

#include <algorithm>
#include <functional>
#include <iterator>
#include <map>
#include <optional>
#include <utility>

#include "core/model/draw.hpp"
#include "core/model/input_places.hpp"

namespace forkyard {

namespace {

constexpr std::uint32_t tasks_max = 1000;  // maps and reducers beyond this have no preference
constexpr std::int64_t share = 5;          // a holder of one part in so many is preferred

}  // namespace

// How much of each reducer's input the executors hold (SCH-DAG-21).
class TaskPlaces::Reducers {
public:
    Reducers(const TaskPlaces& places,
             const PlanStage& writer,
             ShuffleId shuffle,
             std::uint32_t reducers)
        : places_{places}, shuffle_{shuffle}, maps_{writer.tasks} {
        if (writer.synthetic) {
            const AppSpec& app = places.scenario_.apps[places.app_.index()];
            const StageSpec& spec = app.stages[writer.spec];
            std::vector<std::int64_t> sizes;
            for (const Bytes bytes : split_bytes(spec.shuffle_write, spec.skew, reducers)) {
                sizes.push_back(bytes.count);
            }
            alike_.emplace(sizes, app.conf.map_sizes);
        }
    }

    [[nodiscard]] std::vector<Place> of(std::uint32_t reducer) {
        std::map<ExecutorId, std::int64_t> held;
        std::int64_t total = 0;
        if (alike_) {  // each map wrote the same: their number decides
            if (alike_->of(reducer) == 0) {
                return {};
            }
            if (counts_.empty()) {
                for (std::uint32_t map = 0; map < maps_; ++map) {
                    ++counts_[places_.outputs_.location(shuffle_, map)];
                }
            }
            held = counts_;
            total = maps_;
        } else {
            for (std::uint32_t map = 0; map < maps_; ++map) {
                const std::int64_t bytes = places_.outputs_.size(shuffle_, map, reducer);
                if (bytes > 0) {
                    held[places_.outputs_.location(shuffle_, map)] += bytes;
                    total += bytes;
                }
            }
        }
        std::vector<Place> nodes;
        for (const auto& [exec, bytes] : held) {
            if (!exec.valid()) {
                continue;  // of outputs that nobody has
            }
            const Place place = exec == fallback_storage
                                    ? Place{}  // nobody is there
                                    : Place{.node = places_.executors_.at(exec).node};
            const bool known = std::find(nodes.begin(), nodes.end(), place) != nodes.end();
            if (bytes * share >= total && !known) {
                nodes.push_back(place);
            }
        }
        return nodes;
    }

private:
    const TaskPlaces& places_;
    ShuffleId shuffle_;
    std::uint32_t maps_;
    std::optional<MapSizes> alike_{};
    std::map<ExecutorId, std::int64_t> counts_{};
};

Places TaskPlaces::of(PlanId id,
                      std::span<const ShuffleId> reads,
                      std::span<const std::uint32_t> partitions) const {
    return program_.stage(id).synthetic ? of_synthetic(id, reads, partitions)
                                        : of_real(program_.stage(id), reads, partitions);
}

Places TaskPlaces::of_synthetic(PlanId id,
                                std::span<const ShuffleId> reads,
                                std::span<const std::uint32_t> partitions) const {
    const PlanStage& stage = program_.stage(id);
    const AppSpec& app = scenario_.apps[app_.index()];
    const StageSpec& spec = app.stages[stage.spec];
    std::optional<Reducers> reducers;
    // A join reads several shuffles, and Spark gives it no preference.
    if (app.conf.reduce_locality && reads.size() == 1 && stage.tasks < tasks_max &&
        program_.stage(stage.parents.front()).tasks < tasks_max) {
        reducers.emplace(*this, program_.stage(stage.parents.front()), reads.front(), stage.tasks);
    }
    Places out;
    if (!stage.kept && !reducers && !spec.input) {
        return out;
    }
    for (const std::uint32_t partition : partitions) {
        std::vector<Place> places;
        if (stage.kept) {
            places = cached({*stage.kept, partition});
        }
        if (places.empty()) {
            places = replicas(spec, partition);
        }
        if (places.empty() && reducers) {
            places = reducers->of(partition);
        }
        out.add(places);
    }
    return out;
}

// Where what it is made of is cached; of the shuffles that its datasets read those that have a
// preference; the first narrow parents first (DP-DAG-07).
class TaskPlaces::Nearest {
public:
    Nearest(const TaskPlaces& places, const PlanStage& stage, std::span<const ShuffleId> reads)
        : places_{places} {
        const Program& program = places.program_;
        const bool prefers = places.scenario_.apps[places.app_.index()].conf.reduce_locality;
        for (std::size_t i = 0; prefers && i < reads.size(); ++i) {
            const PlanStage& writer = program.stage(stage.parents[i]);
            if (writer.tasks < tasks_max && writer.children_partitions < tasks_max) {
                reducers_.emplace(*writer.writes,
                                  Reducers{places, writer, reads[i], writer.children_partitions});
            }
        }
    }

    [[nodiscard]] std::vector<Place> of(DatasetId dataset, std::uint32_t partition) {
        known_.clear();
        std::vector<Place> nearest;
        places_.program_.lineage().each_near(dataset, partition, [&](const Lineage::NearTo& near) {
            if (const auto* block = std::get_if<RddBlock>(&near)) {
                nearest = places_.cached(*block);
                return nearest.empty();
            }
            if (const auto* pairs = std::get_if<DatasetPart>(&near)) {
                nearest = own(*pairs);
                return nearest.empty();
            }
            nearest = holders(std::get<ShufflePart>(near));
            return nearest.empty();
        });
        return nearest;
    }

private:
    [[nodiscard]] std::vector<Place> holders(const ShufflePart& part) {
        const auto found = reducers_.find(part.shuffle);
        return found == reducers_.end() ? std::vector<Place>{} : found->second.of(part.partition);
    }

    [[nodiscard]] std::vector<Place> own(const DatasetPart& part) {
        if (const auto known = known_.find(part); known != known_.end()) {
            return known->second;
        }
        const OwnPreference preference = places_.program_.lineage().own_preference(part);
        std::vector<Place> any =
            preference.shuffle ? holders(*preference.shuffle) : std::vector<Place>{};
        std::optional<std::vector<Place>> common;
        for (const DatasetPart& parent : preference.parents) {
            const std::vector<Place> places = own(parent);
            const auto among = [](const std::vector<Place>& all) {
                return [&all](const Place& place) {
                    return std::find(all.begin(), all.end(), place) != all.end();
                };
            };
            std::remove_copy_if(places.begin(), places.end(), std::back_inserter(any), among(any));
            if (common) {
                std::erase_if(*common, std::not_fn(among(places)));
            } else {
                common = places;
            }
        }
        if (preference.in_common && common && !common->empty()) {
            any = std::move(*common);
        }
        known_.emplace(part, any);
        return any;
    }

    const TaskPlaces& places_;
    std::map<DatasetPart, std::vector<Place>> known_{};  // of the partition asked for
    std::map<std::uint32_t, Reducers> reducers_{};       // by shuffle of the lineage
};

Places TaskPlaces::of_real(const PlanStage& stage,
                           std::span<const ShuffleId> reads,
                           std::span<const std::uint32_t> partitions) const {
    Places out;
    Nearest nearest{*this, stage, reads};
    for (const std::uint32_t partition : partitions) {
        out.add(nearest.of(stage.root, partition));
    }
    return out;
}

std::vector<Place> TaskPlaces::cached(RddBlock block) const {
    std::vector<Place> places;
    for (const ExecutorId exec : cache_.holders(block)) {
        places.push_back({.node = executors_.at(exec).node, .exec = exec});
    }
    return places;
}

std::vector<Place> TaskPlaces::replicas(const StageSpec& spec, std::uint32_t partition) const {
    std::vector<Place> places;
    for (const NodeId node : input_places(scenario_, app_, spec, partition)) {
        places.push_back({.node = node});
    }
    return places;
}

}  // namespace forkyard
