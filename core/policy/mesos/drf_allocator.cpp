#include "core/policy/mesos/drf_allocator.hpp"

#include <algorithm>
#include <set>

#include "core/policy/share.hpp"

namespace forkyard {

DrfAllocator::DrfAllocator(SimDuration interval, const std::vector<RoleSpec>& roles)
    : interval_{interval} {
    for (const RoleSpec& role : roles) {
        roles_[role.name].weight = role.weight;
        roles_[role.name].quota = {role.cores, role.memory};
        quotas_ = quotas_ || roles_[role.name].quota != Room{};
    }
}

void DrfAllocator::add_agent(NodeId id, const Room& total, const std::string& role) {
    remove_agent(id);
    agents_[id] = {total, total, false, role};
    total_ += total;
    note_available(id);
}

void DrfAllocator::remove_agent(NodeId id) {
    const auto found = agents_.find(id);
    if (found == agents_.end()) {
        return;
    }
    for (auto& [app, framework] : frameworks_) {
        const auto on = framework.on.find(id);
        if (on != framework.on.end()) {
            framework.share.allocated -= on->second;
            if (!framework.role.empty()) {
                roles_.at(framework.role).share.allocated -= on->second;
            }
            framework.on.erase(on);
        }
        if (id.index() < framework.filters.size()) {
            framework.filters[id.index()] = {};
        }
    }
    total_ -= found->second.total;
    close(id);
    agents_.erase(found);
}

void DrfAllocator::drain(NodeId id) {
    agents_.at(id).draining = true;
    note_available(id);
}

// What it may still have of an earlier life counts in its role again.
void DrfAllocator::add_framework(AppId id, const std::string& role) {
    frameworks_[id].role = role;
    roles_[role].share.allocated += frameworks_[id].share.allocated;
}

// What it has on agents comes back by `recover`, but its role does not have it any more.
void DrfAllocator::remove_framework(AppId id) {
    Framework& framework = frameworks_.at(id);
    roles_.at(framework.role).share.allocated -= framework.share.allocated;
    framework.filters.clear();
    framework.role.clear();
}

void DrfAllocator::note_available(NodeId id) {
    const Agent& agent = agents_.at(id);
    close(id);
    if (agent.available.cores > 0 && !agent.draining) {
        open_.emplace(id, agent.available);
        spare_ += agent.role.empty() ? agent.available : Room{};
    }
}

void DrfAllocator::close(NodeId id) {
    const auto found = open_.find(id);
    if (found != open_.end()) {
        spare_ -= agents_.at(id).role.empty() ? found->second : Room{};
        open_.erase(found);
    }
}

Room DrfAllocator::lacking(const Role& role) {
    const Room& has = role.share.allocated;
    return {std::max<std::int64_t>(0, role.quota.cores - has.cores),
            Bytes{std::max<std::int64_t>(0, role.quota.memory.count - has.memory.count)}};
}

Room DrfAllocator::lacking() const {
    Room sum;
    for (const auto& [name, role] : roles_) {
        sum += lacking(role);
    }
    return sum;
}

bool DrfAllocator::may_go_to(const std::string& name, NodeId id) const {
    const Agent& agent = agents_.at(id);
    if (!agent.role.empty()) {
        return agent.role == name;
    }
    if (!quotas_) {
        return true;
    }
    const auto role = roles_.find(name);
    if (role != roles_.end() && lacking(role->second) != Room{}) {
        return true;
    }
    Room rest = spare_;
    rest -= agent.available;
    return rest.holds(lacking());
}

bool DrfAllocator::less(const Account& a,
                        Millionths weight_a,
                        const Account& b,
                        Millionths weight_b) const {
    const Share first = dominant_share(a.allocated, total_);
    const Share second = dominant_share(b.allocated, total_);
    const auto order = compare(first, weight_a.count, second, weight_b.count);
    return order != 0 ? order < 0 : a.allocations < b.allocations;
}

SimTime DrfAllocator::offered_from(AppId id, NodeId agent) const {
    const Framework& framework = frameworks_.at(id);
    return may_go_to(framework.role, agent)
               ? offered_from(framework, agent, agents_.at(agent).available)
               : time_never;
}

SimTime DrfAllocator::offered_from(const Framework& framework, NodeId agent, const Room& room) {
    if (agent.index() >= framework.filters.size()) {
        return SimTime{};
    }
    const Filter& filter = framework.filters[agent.index()];
    return filter.refused.holds(room) ? filter.until : SimTime{};
}

// Frameworks of each role, who is served first in front.
struct DrfAllocator::Order {
    struct Place {
        AppId id;
        const Framework* framework;
    };
    struct ByShare {
        const DrfAllocator* allocator;
        bool operator()(const Place& a, const Place& b) const {
            const Account& first = a.framework->share;
            const Account& second = b.framework->share;
            if (allocator->less(first, one, second, one)) {
                return true;
            }
            return !allocator->less(second, one, first, one) && a.id < b.id;
        }
    };
    using Frameworks = std::set<Place, ByShare>;

    explicit Order(const DrfAllocator& allocator) {
        for (const auto& [id, framework] : allocator.frameworks_) {
            if (!framework.role.empty()) {
                by_role.try_emplace(framework.role, ByShare{&allocator})
                    .first->second.insert({id, &framework});
            }
        }
    }

    std::map<std::string, Frameworks> by_role;
};

// Whom the agent's room goes to; invalid: to nobody, by their filters.
AppId DrfAllocator::next_for(
    SimTime now, NodeId agent, const Room& room, const Order& order, Stage stage) const {
    std::vector<const std::string*> names;
    for (const auto& [name, frameworks] : order.by_role) {
        const bool served = stage == Stage::fair || lacking(roles_.at(name)) != Room{};
        if (served && may_go_to(name, agent)) {
            names.push_back(&name);
        }
    }
    std::stable_sort(names.begin(), names.end(), [&](const std::string* a, const std::string* b) {
        const Role& first = roles_.at(*a);
        const Role& second = roles_.at(*b);
        return less(first.share, first.weight, second.share, second.weight);
    });
    for (const std::string* name : names) {
        for (const Order::Place& place : order.by_role.at(*name)) {
            if (offered_from(*place.framework, agent, room) <= now) {
                return place.id;
            }
        }
    }
    return AppId{};
}

std::vector<DrfAllocator::Offer> DrfAllocator::allocate(SimTime now, std::optional<NodeId> only) {
    std::vector<Offer> offers;
    Order order{*this};
    if (quotas_) {
        allocate(now, only, Stage::quota, order, offers);
    }
    allocate(now, only, Stage::fair, order, offers);
    return offers;
}

void DrfAllocator::allocate(SimTime now,
                            std::optional<NodeId> only,
                            Stage stage,
                            Order& order,
                            std::vector<Offer>& offers) {
    const std::map<NodeId, Room> open = open_;
    for (const auto& [agent, room] : open) {
        const AppId id =
            only && *only != agent ? AppId{} : next_for(now, agent, room, order, stage);
        if (!id.valid()) {
            continue;
        }
        Framework& framework = frameworks_.at(id);
        Role& role = roles_.at(framework.role);
        order.by_role.at(framework.role).erase({id, &framework});  // its place changes
        for (Account* share : {&framework.share, &role.share}) {
            share->allocated += room;
            ++share->allocations;
        }
        order.by_role.at(framework.role).insert({id, &framework});
        framework.on[agent] += room;
        agents_.at(agent).available = {};
        note_available(agent);
        offers.push_back({id, agent, room});
    }
}

void DrfAllocator::recover(
    AppId id, NodeId agent, const Room& room, SimTime now, std::optional<SimDuration> refuse) {
    Framework& framework = frameworks_.at(id);
    const auto on = framework.on.find(agent);
    if (on == framework.on.end()) {
        return;  // the agent went away meanwhile
    }
    on->second -= room;
    if (on->second == Room{}) {
        framework.on.erase(on);
    }
    framework.share.allocated -= room;
    if (!framework.role.empty()) {
        roles_.at(framework.role).share.allocated -= room;
    }
    agents_.at(agent).available += room;
    note_available(agent);
    if (refuse && *refuse > SimDuration{0}) {
        // Also in the next batch, however short the time (CM-MESOS-05).
        const SimTime batch = multiple_from(now + SimDuration{1}, interval_) + SimDuration{1};
        const SimTime until = *refuse < interval_ ? batch : now + *refuse;
        if (framework.filters.size() <= agent.index()) {
            framework.filters.resize(agent.index() + 1);
        }
        framework.filters[agent.index()] = {agents_.at(agent).available, until};
    }
}

void DrfAllocator::take(NodeId agent, const Room& room) {
    agents_.at(agent).available -= room;
    note_available(agent);
}

void DrfAllocator::give_back(NodeId agent, const Room& room) {
    if (agents_.contains(agent)) {
        agents_.at(agent).available += room;
        note_available(agent);
    }
}

}  // namespace forkyard
