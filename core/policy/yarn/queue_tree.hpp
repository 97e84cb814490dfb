// YARN's queues: a tree, what each is guaranteed, and what its applications have.
//
// Room that an application is given counts in its queue and all above it. Which queue is
// served first is the scheduler's matter (capacity_scheduler, fair_scheduler).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.hpp"
#include "core/model/room.hpp"
#include "core/model/yarn_conf.hpp"

namespace forkyard {

// An application as the resource manager sees it.
struct YarnApp {
    std::size_t queue = 0;
    std::int32_t priority = 0;
    std::uint64_t order = 0;  // of submission
    Room used{};
    Room am{};              // of its application master; none: it takes no container
    bool am_waits = false;  // has none yet, and wants one
    bool am_runs = false;
    std::uint32_t asked = 0;  // containers, wherever they are
    Room size{};              // of each

    template <class Self, class V>
    static void members(Self& self, V& v) {
        v(self.queue, self.priority, self.order, self.used, self.am, self.am_waits);
        v(self.am_runs, self.asked, self.size);
    }
};

struct YarnQueue {
    std::string name;
    std::optional<std::size_t> parent;
    std::vector<std::size_t> children;
    Millionths guaranteed = one;  // part of the cluster
    Millionths most = one;
    Millionths weight = one;
    Millionths user_limit_factor = one;  // below 0: no limit
    std::uint32_t user_limit_min = 100;  // percent
    Room used{};
    Room am_used{};
    std::vector<AppId> apps{};  // in order of submission; of a leaf

    template <class Self, class V>
    static void members(Self& self, V& v) {
        v(self.used, self.am_used, self.apps);
    }
};

class QueueTree {
public:
    explicit QueueTree(const YarnSpec& spec);

    [[nodiscard]] const std::vector<YarnQueue>& all() const { return queues_; }
    [[nodiscard]] const YarnQueue& at(std::size_t queue) const { return queues_[queue]; }
    [[nodiscard]] std::optional<std::size_t> leaf(std::string_view name) const;

    void add_app(std::size_t queue, AppId app) { queues_[queue].apps.push_back(app); }
    void remove_app(std::size_t queue, AppId app) { std::erase(queues_[queue].apps, app); }
    // In the queue and all above.
    void take(std::size_t queue, const Room& room);
    void give_back(std::size_t queue, const Room& room);
    void take_am(std::size_t queue, const Room& room) { queues_[queue].am_used += room; }
    void give_back_am(std::size_t queue, const Room& room) { queues_[queue].am_used -= room; }

    template <class Self, class V>
    static void members(Self& self, V& v) {
        for (auto& queue : self.queues_) {
            v(queue);
        }
    }

private:
    std::vector<YarnQueue> queues_;  // the root first, parents before children
};

// Of a room, so many millionths.
[[nodiscard]] Room part_of(const Room& whole, Millionths part);

}  // namespace forkyard
