#include "core/policy/yarn/am_allocator.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/check.hpp"

namespace forkyard {

Blame blame_of(std::int32_t status) {
    switch (status) {
        case container_exit::success:
        case container_exit::aborted:
        case container_exit::disks_failed:
        case container_exit::preempted:
        case container_exit::killed_by_master:
        case container_exit::killed_by_manager:
        case container_exit::killed_after_end:
            return Blame::nobody;
        case container_exit::virtual_memory:
        case container_exit::physical_memory:
            return Blame::tasks;
        default:
            return Blame::application;
    }
}

AmAllocator::AmAllocator(const AppConf& conf,
                         std::vector<std::string> rack_of,
                         std::set<NodeId> excluded)
    : conf_{conf},
      rack_of_{std::move(rack_of)},
      failures_max_{conf.executor_failures_max.value_or(AllocationConf::unlimited)},
      nodes_{conf, std::move(excluded)} {}

std::uint32_t AmAllocator::pending() const {
    return anywhere_ + static_cast<std::uint32_t>(local_.size());
}

std::map<NodeId, std::uint32_t> AmAllocator::pending_on() const {
    std::map<NodeId, std::uint32_t> counts;
    for (const std::vector<NodeId>& nodes : local_) {
        for (const NodeId node : nodes) {
            ++counts[node];
        }
    }
    return counts;
}

std::uint32_t AmAllocator::running_on(NodeId node) const {
    const auto found = on_.find(node);
    return found == on_.end() ? 0 : found->second;
}

void AmAllocator::update() {
    const std::int64_t missing = std::int64_t{target_} - pending() - running_;
    // Requests for nodes that no task prefers any more.
    std::vector<std::vector<NodeId>> stale;
    std::vector<std::vector<NodeId>> still;
    for (std::vector<NodeId>& nodes : local_) {
        const bool wanted = std::any_of(nodes.begin(), nodes.end(), [&](NodeId node) {
            return hints_.tasks_on.contains(node);
        });
        (wanted ? still : stale).push_back(std::move(nodes));
    }
    local_ = std::move(still);
    if (missing <= 0) {
        cancel(static_cast<std::uint32_t>(-missing), stale);
        return;
    }
    const auto count =
        static_cast<std::uint32_t>(missing + static_cast<std::int64_t>(stale.size()) + anywhere_);
    if (hints_.tasks_on.empty()) {
        anywhere_ = count;
        return;
    }
    PlacementDemand demand;
    demand.containers = count;
    demand.local_tasks = hints_.local_tasks;
    demand.task_cpus = conf_.task_cpus;
    demand.executor_cores = conf_.executor_cores.value_or(1);
    demand.tasks_on = hints_.tasks_on;
    demand.containers_on = on_;
    demand.pending = local_;
    anywhere_ = 0;
    for (std::vector<NodeId>& nodes : place_containers(demand)) {
        if (nodes.empty()) {
            ++anywhere_;
        } else {
            local_.push_back(std::move(nodes));
        }
    }
}

// Those with a place that nobody wants first, then those without, then the others
// (CM-YARN-05).
void AmAllocator::cancel(std::uint32_t count, std::vector<std::vector<NodeId>>& stale) {
    const auto take = [&](std::size_t there) {
        const std::uint32_t taken = std::min(count, static_cast<std::uint32_t>(there));
        count -= taken;
        return taken;
    };
    stale.resize(stale.size() - take(stale.size()));
    anywhere_ -= take(anywhere_);
    local_.resize(local_.size() - take(local_.size()));
    local_.insert(
        local_.end(), std::make_move_iterator(stale.begin()), std::make_move_iterator(stale.end()));
}

// Matched by node, then by rack, then with requests for anywhere; what is left goes back
// (CM-YARN-04). A container with less memory than asked for matches nothing.
std::vector<AmAllocator::Verdict> AmAllocator::take(const std::vector<Granted>& containers) {
    std::vector<bool> matched(containers.size());
    const Bytes memory = container_memory(conf_.executor_memory, conf_.container);
    const auto match_local = [&](auto&& fits) {
        for (std::size_t i = 0; i < containers.size(); ++i) {
            if (matched[i] || containers[i].memory < memory) {
                continue;
            }
            const auto request =
                std::find_if(local_.begin(), local_.end(), [&](const std::vector<NodeId>& nodes) {
                    return std::any_of(nodes.begin(), nodes.end(), [&](NodeId node) {
                        return fits(containers[i], node);
                    });
                });
            if (request != local_.end()) {
                local_.erase(request);
                matched[i] = true;
            }
        }
    };
    match_local([](const Granted& granted, NodeId node) { return granted.node == node; });
    match_local([&](const Granted& granted, NodeId node) {
        return granted.rack == rack_of_[node.index()];
    });
    std::vector<Verdict> verdicts(containers.size(), Verdict::release);
    for (std::size_t i = 0; i < containers.size(); ++i) {
        if (!matched[i] && anywhere_ > 0 && containers[i].memory >= memory) {
            --anywhere_;
            matched[i] = true;
        }
        if (matched[i] && running_ < target_) {
            verdicts[i] = Verdict::start;
            ++running_;
            ++on_[containers[i].node];
        }
    }
    return verdicts;
}

void AmAllocator::leave(NodeId node) {
    const auto found = on_.find(node);
    FORKYARD_CHECK(found != on_.end(), "what leaves a node ran there");
    --running_;
    if (--found->second == 0) {
        on_.erase(found);
    }
}

void AmAllocator::released(NodeId node) {
    leave(node);
}

bool AmAllocator::ended(SimTime now, NodeId node, std::int32_t status) {
    leave(node);
    if (blame_of(status) == Blame::application) {
        nodes_.executor_failed(now, node);
    }
    return nodes_.failures(now) >= failures_max_;
}

}  // namespace forkyard
