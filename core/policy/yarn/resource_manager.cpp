#include "core/policy/yarn/resource_manager.hpp"

#include <algorithm>

#include "core/model/cluster_rules.hpp"

namespace forkyard {

ResourceManager::ResourceManager(const YarnSpec& spec, std::size_t apps)
    : spec_{spec}, scheduler_{make_scheduler(spec)}, queues_{spec}, apps_(apps), wishes_(apps) {}

Room ResourceManager::rounded(const Room& room) const {
    return rounded_up(spec_, room);
}

void ResourceManager::add_node(NodeId id, const Room& total, const std::string& rack) {
    remove_node(id);
    nodes_[id] = {total, total, rack, {}, false, false};
    cluster_ += total;
    stirred_ = true;
}

void ResourceManager::remove_node(NodeId id) {
    const auto found = nodes_.find(id);
    if (found != nodes_.end()) {
        cluster_ -= found->second.total;
        nodes_.erase(found);
    }
}

void ResourceManager::set_silent(NodeId id, bool silent) {
    const auto found = nodes_.find(id);
    if (found != nodes_.end()) {
        found->second.silent = silent;
        stirred_ = stirred_ || !silent;
    }
}

void ResourceManager::drain(NodeId id) {
    const auto found = nodes_.find(id);
    if (found != nodes_.end()) {
        found->second.draining = true;
        found->second.reserved = AppId{};
    }
}

ResourceManager::Admission ResourceManager::submit(AppId id,
                                                   const std::string& queue,
                                                   std::int32_t priority,
                                                   const std::optional<Room>& master) {
    const auto leaf = queues_.leaf(queue);
    if (!leaf) {
        return Admission::unknown_queue;
    }
    if (queues_.at(*leaf).apps.size() >= spec_.applications_max) {
        return Admission::too_many;
    }
    queues_.add_app(*leaf, id);
    YarnApp& app = apps_[id.index()];
    app.queue = *leaf;
    app.priority = priority;
    app.order = ++submitted_;
    app.am_waits = master.has_value();
    app.am = master ? rounded(*master) : Room{};
    app.am_runs = !app.am_waits;
    stirred_ = true;
    return Admission::accepted;
}

void ResourceManager::restart(AppId id) {
    apps_[id.index()].asked = 0;
    apps_[id.index()].am_waits = true;
    wishes_[id.index()] = {};
    stirred_ = true;
}

void ResourceManager::ask(AppId id, const Ask& ask) {
    YarnApp& app = apps_[id.index()];
    Wish& wish = wishes_[id.index()];
    app.asked = ask.containers;
    app.size = rounded(ask.size);
    wish.on_node = ask.on_node;
    wish.excluded = ask.excluded;
    wish.on_rack.clear();
    for (const auto& [node, count] : ask.on_node) {
        const auto found = nodes_.find(node);
        if (found != nodes_.end()) {
            wish.on_rack[found->second.rack] += count;
        }
    }
    stirred_ = stirred_ || app.asked > 0;
}

void ResourceManager::free(const Container& container) {
    YarnApp& app = apps_[container.app.index()];
    queues_.give_back(app.queue, container.room);
    app.used -= container.room;
    if (container.master) {
        queues_.give_back_am(app.queue, container.room);
        app.am_runs = false;
    }
    const auto node = nodes_.find(container.node);
    if (node != nodes_.end()) {
        node->second.free += container.room;
    }
    stirred_ = true;
}

void ResourceManager::remove(AppId id) {
    YarnApp& app = apps_[id.index()];
    queues_.remove_app(app.queue, id);
    app.asked = 0;
    app.am_waits = false;
    wishes_[id.index()] = {};
    for (auto& [node_id, node] : nodes_) {
        if (node.reserved == id) {
            node.reserved = AppId{};
        }
    }
    stirred_ = true;
}

std::vector<ResourceManager::Container> ResourceManager::beat() {
    std::vector<Container> made;
    stirred_ = false;
    for (auto& [id, node] : nodes_) {
        if (!node.silent && !node.draining) {
            fill(id, node, made);
        }
    }
    stirred_ = stirred_ || !made.empty();
    return made;
}

void ResourceManager::fill(NodeId id, Node& node, std::vector<Container>& made) {
    const Room least = rounded({});
    std::uint32_t off_switch = 0;
    for (std::uint32_t n = 0; n < scheduler_->assignments_per_beat(); ++n) {
        if (!fits(least, node.free)) {
            return;
        }
        std::optional<Container> given;
        if (node.reserved.valid()) {
            const AppId app = node.reserved;
            if (apps_[app.index()].asked == 0) {
                node.reserved = AppId{};  // it got its container elsewhere
            } else if (!fits(apps_[app.index()].size, node.free)) {
                return;
            } else {
                node.reserved = AppId{};
                given = assign(app, id, node);
            }
        }
        if (!given) {
            given = assign(0, id, node);
        }
        if (!given) {
            return;
        }
        made.push_back(*given);
        off_switch += given->placed == Placed::off_switch ? 1 : 0;
        if (off_switch >= scheduler_->off_switch_per_beat()) {
            return;
        }
    }
}

bool ResourceManager::fits(const Room& size, const Room& room) const {
    return size.memory <= room.memory && (!counts_cores(spec_) || size.cores <= room.cores);
}

// Down the tree: the first in the scheduler's order that takes a container there.
std::optional<ResourceManager::Container> ResourceManager::assign(std::size_t at,
                                                                  NodeId id,
                                                                  Node& node) {
    const YarnQueue& queue = queues_.at(at);
    if (!scheduler_->may_take(view(), at)) {
        return std::nullopt;
    }
    if (!queue.children.empty()) {
        std::vector<std::size_t> children = queue.children;
        std::stable_sort(children.begin(), children.end(), [&](std::size_t a, std::size_t b) {
            return scheduler_->before(view(), a, b);
        });
        for (const std::size_t child : children) {
            if (auto given = assign(child, id, node)) {
                return given;
            }
            if (node.reserved.valid()) {
                return std::nullopt;
            }
        }
        return std::nullopt;
    }
    std::vector<AppId> apps;
    for (const AppId app : queue.apps) {
        if (apps_[app.index()].am_waits || apps_[app.index()].asked > 0) {
            apps.push_back(app);
        }
    }
    std::stable_sort(apps.begin(), apps.end(), [&](AppId a, AppId b) {
        return scheduler_->before(view(), a, b);
    });
    for (const AppId app : apps) {
        if (auto given = assign(app, id, node)) {
            return given;
        }
        if (node.reserved.valid()) {
            return std::nullopt;
        }
    }
    return std::nullopt;
}

std::optional<ResourceManager::Container> ResourceManager::assign(AppId id, NodeId on, Node& node) {
    YarnApp& app = apps_[id.index()];
    if (app.am_waits) {
        if (!fits(app.am, node.free) || !scheduler_->admits(view(), id)) {
            return std::nullopt;
        }
        app.am_waits = false;
        app.am_runs = true;
        queues_.take_am(app.queue, app.am);
        return give(id, on, node, app.am, true, Placed::off_switch);
    }
    const std::vector<NodeId>& excluded = wishes_[id.index()].excluded;
    if (app.asked == 0 || !app.am_runs || !fits(app.size, node.total) ||
        std::find(excluded.begin(), excluded.end(), on) != excluded.end() ||
        !scheduler_->may_take(view(), id)) {
        return std::nullopt;
    }
    const auto placed = placement(id, on, node);
    if (!placed) {
        return std::nullopt;
    }
    if (!fits(app.size, node.free)) {
        node.reserved = id;
        return std::nullopt;
    }
    Wish& wish = wishes_[id.index()];
    --app.asked;
    const auto less = [](auto& counts, const auto& key) {
        const auto found = counts.find(key);
        if (found != counts.end() && --found->second == 0) {
            counts.erase(found);
        }
    };
    if (*placed == Placed::node_local) {
        less(wish.on_node, on);
    }
    if (*placed != Placed::off_switch) {
        less(wish.on_rack, node.rack);
        wish.missed = 0;
    }
    return give(id, on, node, app.size, false, *placed);
}

// How near this node is to where the application wants a container, if that is near enough by
// now. One that is not counts as missed (CM-YARN-24).
std::optional<Placed> ResourceManager::placement(AppId id, NodeId on, const Node& node) {
    Wish& wish = wishes_[id.index()];
    if (wish.on_node.empty() || spec_.ignores_locality) {
        return Placed::off_switch;
    }
    if (wish.on_node.contains(on)) {
        return Placed::node_local;
    }
    ++wish.missed;
    stirred_ = true;  // one more is a step towards being let in
    const auto nodes = static_cast<std::uint32_t>(nodes_.size());
    if (wish.on_rack.contains(node.rack)) {
        return wish.missed > std::min(spec_.node_locality_delay, nodes)
                   ? std::optional{Placed::rack_local}
                   : std::nullopt;
    }
    return off_switch_allowed(wish, apps_[id.index()].asked) ? std::optional{Placed::off_switch}
                                                             : std::nullopt;
}

bool ResourceManager::off_switch_allowed(const Wish& wish, std::uint32_t asked) const {
    const std::uint64_t nodes = nodes_.size();
    if (spec_.rack_delay) {
        return wish.missed > std::uint64_t{spec_.node_locality_delay} + *spec_.rack_delay;
    }
    // As many as containers are wanted, times the part of the cluster that is asked for by
    // name (nodes and racks); not more than there are nodes.
    const std::uint64_t named = std::min(nodes, wish.on_node.size() + wish.on_rack.size());
    return std::uint64_t{wish.missed} * nodes > std::min(nodes * nodes, asked * named);
}

ResourceManager::Container ResourceManager::give(
    AppId id, NodeId on, Node& node, const Room& size, bool master, Placed placed) {
    node.free -= size;
    apps_[id.index()].used += size;
    queues_.take(apps_[id.index()].queue, size);
    return {id, on, size, master, placed};
}

}  // namespace forkyard
