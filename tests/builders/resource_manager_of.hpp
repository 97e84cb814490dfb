// YARN's ResourceManager alone: the test plays nodes and application masters, in whole GiB.
// What a beat gives out comes as lines:
//
//   "a0 on w1: node", "a0 on w1: rack", "a0 on w1: any", "master of a0 on w1"
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "core/policy/yarn/resource_manager.hpp"
#include "tests/builders/lines.hpp"

namespace forkyard {

constexpr Room gib_room(std::int64_t cores, std::int64_t gib) {
    return {cores, Bytes{gib << 30}};
}

constexpr Millionths percent_of(std::int64_t count) {
    return Millionths{count * 1'000'000};
}

// Of its parent, in percent; with no limit of its own for users.
inline QueueSpec queue_of(std::string name,
                          std::optional<std::int64_t> capacity,
                          std::string parent = "root") {
    QueueSpec queue;
    queue.name = std::move(name);
    queue.parent = std::move(parent);
    if (capacity) {
        queue.capacity = percent_of(*capacity);
    }
    queue.user_limit_factor = Millionths{-1'000'000};
    return queue;
}

class ResourceManagerOf {
public:
    using Nodes = std::map<NodeId, std::uint32_t>;

    ResourceManagerOf(YarnSpec spec, std::uint32_t apps)
        : spec_{std::move(spec)}, apps_{apps}, manager_{spec_, apps} {}
    ResourceManagerOf(const ResourceManagerOf&) = delete;
    ResourceManagerOf& operator=(const ResourceManagerOf&) = delete;

    ResourceManagerOf& node(std::uint32_t number, const Room& room, const std::string& rack = "r") {
        manager_.add_node(NodeId{number}, room, rack);
        return *this;
    }
    // Without a master that takes a container, if none is given.
    ResourceManager::Admission submits(std::uint32_t app,
                                       const std::string& queue = "default",
                                       std::int32_t priority = 0,
                                       const std::optional<Room>& master = {}) {
        return manager_.submit(AppId{app}, queue, priority, master);
    }
    void asks(std::uint32_t app,
              std::uint32_t containers,
              const Room& size = gib_room(1, 1),
              Nodes on_node = {},
              std::vector<NodeId> excluded = {}) {
        manager_.ask(AppId{app}, {containers, size, std::move(on_node), std::move(excluded)});
    }
    // Submitted, and so many containers of one core and one GiB asked for.
    void wants(std::uint32_t app,
               std::uint32_t containers,
               const std::string& queue = "default",
               const Room& size = gib_room(1, 1)) {
        REQUIRE(submits(app, queue) == ResourceManager::Admission::accepted);
        asks(app, containers, size);
    }
    Lines beat() {
        Lines lines;
        for (const ResourceManager::Container& made : manager_.beat()) {
            held_.push_back(made);
            const std::string_view near = made.placed == Placed::node_local   ? "node"
                                          : made.placed == Placed::rack_local ? "rack"
                                                                              : "any";
            lines.push_back(
                made.master ? fmt::format("master of a{} on w{}", made.app.value, made.node.value)
                            : fmt::format("a{} on w{}: {}", made.app.value, made.node.value, near));
        }
        return lines;
    }
    // So many beats, of which each gives what it can.
    Lines beats(std::uint32_t count) {
        Lines lines;
        for (std::uint32_t n = 0; n < count; ++n) {
            append(lines, beat());
        }
        return lines;
    }
    // The container that the application has had there for longest.
    void frees(std::uint32_t app, std::uint32_t node) {
        for (auto held = held_.begin(); held != held_.end(); ++held) {
            if (held->app == AppId{app} && held->node == NodeId{node}) {
                manager_.free(*held);
                held_.erase(held);
                return;
            }
        }
        FAIL("it has none there");
    }
    // What the application has, in GiB.
    [[nodiscard]] std::int64_t gib(std::uint32_t app) const {
        return manager_.app(AppId{app}).used.memory.count >> 30;
    }
    // What each has, in order of number.
    [[nodiscard]] std::vector<std::int64_t> gibs() const {
        std::vector<std::int64_t> all;
        for (std::uint32_t app = 0; app < apps_; ++app) {
            all.push_back(gib(app));
        }
        return all;
    }
    [[nodiscard]] std::uint32_t missed(std::uint32_t app) const {
        return manager_.missed(AppId{app});
    }
    ResourceManager* operator->() { return &manager_; }

private:
    YarnSpec spec_;
    std::uint32_t apps_;
    ResourceManager manager_;
    std::vector<ResourceManager::Container> held_;
};

}  // namespace forkyard
