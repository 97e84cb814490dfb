#include "tests/builders/dag_world.hpp"

namespace forkyard {

namespace {

std::vector<Lines> places_of(const TaskSet& set) {
    std::vector<Lines> all(set.partitions.size());
    for (std::uint32_t i = 0; i < all.size(); ++i) {
        for (const Place& place : set.places.of(i)) {
            all[i].push_back(place.exec.valid()
                                 ? fmt::format("e{} on w{}", place.exec.value, place.node.value)
                                 : fmt::format("w{}", place.node.value));
        }
    }
    return all;
}
std::string run_line(const TaskSet& set) {
    std::string partitions;
    for (const std::uint32_t p : set.partitions) {
        partitions += fmt::format("{}{}", partitions.empty() ? "" : ", ", p);
    }
    return fmt::format("run {} on {{{}}}", text_of(set.stage), partitions);
}

}  // namespace

DagWorld::DagWorld(AppSpec app)
    : scenario_{cluster_with(std::move(app))},
      program_{scenario_.apps[0], {}},
      executors_{scenario_.cluster, 1, scenario_.apps[0].conf.retained_decommissioned},
      dag_{AppId{0}, scenario_, program_, executors_, {}} {
    // Where outputs can be: executor n is on node n.
    for (std::uint32_t n = 1; n < executors; ++n) {
        executors_.add(ExecutorId{n}, NodeId{n}, 1);
    }
}

DagWorld::~DagWorld() = default;

Lines DagWorld::decide(const std::function<void(Step&)>& what) {
    decisions_.clear();
    Step step{now_, decisions_, chooser_};
    what(step);
    Lines lines = lines_of(decisions_.actions);
    for (const TimerRequest& request : decisions_.timers) {
        const std::int64_t wait = micros(request.at - now_) / 1000;
        lines.push_back(fmt::format("timer in {} ms", wait));
        timers_.insert(request.at);
    }
    const DagScheduler::Orders orders = dag_.take_orders();
    for (const auto& done : orders.done) {
        lines.push_back(fmt::format("done s{}/p{}", done.stage.value, done.partition));
    }
    for (const auto& stop : orders.stop) {
        lines.push_back(fmt::format("stop s{}: {}", stop.stage.value, stop.reason));
    }
    for (const TaskSet& set : orders.submit) {
        lines.push_back(run_line(set));
        epochs_[set.stage] = set.epoch;
        jobs_[set.stage.stage.value] = set.priority;
        places_[set.stage] = places_of(set);
    }
    return lines;
}

}  // namespace forkyard
