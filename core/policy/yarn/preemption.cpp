#include "core/policy/yarn/preemption.hpp"

#include <algorithm>
#include <tuple>

#include "core/int128.hpp"

namespace forkyard {

namespace {

std::int64_t part(std::int64_t whole, Millionths share) {
    return static_cast<std::int64_t>(int128{whole} * share.count / one.count);
}

// The whole is shared by weight; who wants less leaves the rest to the others.
std::vector<std::int64_t> ideal_shares(std::int64_t whole,
                                       const std::vector<std::int64_t>& demands,
                                       const std::vector<std::int64_t>& weights) {
    std::vector<std::int64_t> shares(demands.size());
    for (bool more = true; more && whole > 0;) {
        std::int64_t sum = 0;
        for (std::size_t q = 0; q < demands.size(); ++q) {
            sum += shares[q] < demands[q] ? weights[q] : 0;
        }
        more = false;
        const std::int64_t left = whole;
        for (std::size_t q = 0; q < demands.size() && sum > 0; ++q) {
            if (shares[q] < demands[q]) {
                const std::int64_t given =
                    std::min(demands[q] - shares[q],
                             static_cast<std::int64_t>(int128{left} * weights[q] / sum));
                shares[q] += given;
                whole -= given;
                more = more || given > 0;
            }
        }
    }
    return shares;
}

}  // namespace

// Cores and memory are looked at one by one, in the same way.
std::vector<Room> Preemption::asked_back(const YarnScheduler::View& view,
                                         const std::vector<Running>& running) const {
    const std::vector<YarnQueue>& queues = view.queues.all();
    std::vector<Room> demands(queues.size());
    std::vector<Room> used(queues.size());
    for (std::size_t q = 0; q < queues.size(); ++q) {
        if (!queues[q].children.empty()) {
            continue;
        }
        used[q] = queues[q].used;
        demands[q] = queues[q].used;
        for (const AppId id : queues[q].apps) {
            const YarnApp& app = view.apps[id.index()];
            demands[q] += app.am_waits ? app.am : Room{};
            demands[q] += {app.size.cores * app.asked, Bytes{app.size.memory.count * app.asked}};
        }
    }
    for (const Running& each : running) {
        if (marked_.contains(each.exec)) {
            used[view.apps[each.app.index()].queue] -= each.room;
        }
    }
    const auto back = [&](auto&& amount) {
        std::vector<std::int64_t> demand;
        std::vector<std::int64_t> weight;
        for (std::size_t q = 0; q < queues.size(); ++q) {
            demand.push_back(amount(demands[q]));
            weight.push_back(queues[q].guaranteed.count);
        }
        const std::int64_t whole = amount(view.cluster);
        const std::vector<std::int64_t> ideal = ideal_shares(whole, demand, weight);
        std::vector<std::int64_t> out(queues.size());
        std::int64_t sum = 0;
        for (std::size_t q = 0; q < queues.size(); ++q) {
            const std::int64_t guaranteed = part(whole, queues[q].guaranteed);
            const std::int64_t has = amount(used[q]);
            if (has > ideal[q] && has > guaranteed + part(guaranteed, spec_.preemption_ignored)) {
                // Rounded up: a gap is never too small to be closed.
                const std::int64_t gap = has - ideal[q];
                out[q] = gap - part(gap, Millionths{one.count - spec_.preemption_natural.count});
                sum += out[q];
            }
        }
        const std::int64_t most = part(whole, spec_.preemption_per_round);
        for (std::int64_t& each : out) {
            each = sum > most ? static_cast<std::int64_t>(int128{each} * most / sum) : each;
        }
        return out;
    };
    const std::vector<std::int64_t> cores = back([](const Room& room) { return room.cores; });
    const std::vector<std::int64_t> memory =
        back([](const Room& room) { return room.memory.count; });
    std::vector<Room> out(queues.size());
    for (std::size_t q = 0; q < queues.size(); ++q) {
        out[q] = {cores[q], Bytes{memory[q]}};
    }
    return out;
}

Preemption::Round Preemption::round(SimTime now,
                                    const YarnScheduler::View& view,
                                    const std::vector<Running>& running) {
    Round round;
    // A killed one counts as given back until its end is known.
    for (auto& [exec, when] : marked_) {
        if (when <= now) {
            round.killed.push_back(exec);
            when = time_never;
        }
    }
    std::vector<Room> back = asked_back(view, running);
    std::vector<Running> newest = running;
    std::sort(newest.begin(), newest.end(), [&](const Running& a, const Running& b) {
        const auto age = [&](const Running& each) {
            return std::tuple{view.apps[each.app.index()].order, each.exec};
        };
        return age(a) > age(b);
    });
    for (const Running& each : newest) {
        Room& wanted = back[view.apps[each.app.index()].queue];
        if (any(wanted) && !marked_.contains(each.exec)) {
            wanted -= each.room;
            marked_.emplace(each.exec, now + spec_.preemption_wait);
            round.marked.push_back(each.exec);
        }
    }
    return round;
}

bool Preemption::wants(SimTime now,
                       const YarnScheduler::View& view,
                       const std::vector<Running>& running) const {
    if (const auto kill = next_kill(); kill && *kill <= now) {
        return true;
    }
    const std::vector<Room> back = asked_back(view, running);
    return std::any_of(running.begin(), running.end(), [&](const Running& each) {
        return !marked_.contains(each.exec) && any(back[view.apps[each.app.index()].queue]);
    });
}

std::optional<SimTime> Preemption::next_kill() const {
    std::optional<SimTime> first;
    for (const auto& [exec, when] : marked_) {
        if (when != time_never) {
            first = std::min(first.value_or(when), when);
        }
    }
    return first;
}

}  // namespace forkyard
