#include "core/policy/yarn/queue_tree.hpp"

#include <algorithm>

#include "core/int128.hpp"

namespace forkyard {

namespace {

Millionths times(Millionths a, Millionths b) {
    return Millionths{static_cast<std::int64_t>(int128{a.count} * b.count / one.count)};
}

// Percent, as written.
Millionths percent(Millionths value) {
    return Millionths{value.count / 100};
}

}  // namespace

Room part_of(const Room& whole, Millionths part) {
    return {static_cast<std::int64_t>(int128{whole.cores} * part.count / one.count),
            Bytes{static_cast<std::int64_t>(int128{whole.memory.count} * part.count / one.count)}};
}

// Specs may come in any order; a parent is entered before its children. What siblings do not
// name of the whole is shared by those that say nothing, by weight; equally, if none has any.
QueueTree::QueueTree(const YarnSpec& spec) {
    queues_.push_back(YarnQueue{.name = "root", .parent = {}, .children = {}});
    std::vector<QueueSpec> specs = spec.queues;
    if (specs.empty()) {
        specs.emplace_back().name = "default";
    }
    for (std::size_t at = 0; at < queues_.size(); ++at) {
        Millionths named{0};
        Millionths weights{0};
        std::vector<QueueSpec*> silent;
        for (QueueSpec& child : specs) {
            if (child.parent != queues_[at].name) {
                continue;
            }
            if (child.capacity) {
                named.count += percent(*child.capacity).count;
            } else {
                silent.push_back(&child);
                weights.count += child.weight.count;
            }
        }
        if (weights.count == 0) {
            for (QueueSpec* child : silent) {
                child->weight = one;
                weights.count += one.count;
            }
        }
        const Millionths left{std::max<std::int64_t>(0, one.count - named.count)};
        for (const QueueSpec& child : specs) {
            if (child.parent != queues_[at].name) {
                continue;
            }
            const Millionths part =
                child.capacity ? percent(*child.capacity)
                               : Millionths{static_cast<std::int64_t>(
                                     int128{left.count} * child.weight.count / weights.count)};
            queues_[at].children.push_back(queues_.size());
            queues_.push_back(
                YarnQueue{.name = child.name,
                          .parent = at,
                          .children = {},
                          .guaranteed = times(queues_[at].guaranteed, part),
                          .most = times(queues_[at].most,
                                        child.max_capacity ? percent(*child.max_capacity) : one),
                          .weight = child.weight,
                          .user_limit_factor = child.user_limit_factor.value_or(one),
                          .user_limit_min = child.user_limit_min.value_or(100)});
        }
    }
}

std::optional<std::size_t> QueueTree::leaf(std::string_view name) const {
    const auto found = std::find_if(queues_.begin(), queues_.end(), [&](const YarnQueue& queue) {
        return queue.name == name && queue.children.empty();
    });
    return found == queues_.end()
               ? std::nullopt
               : std::optional{static_cast<std::size_t>(found - queues_.begin())};
}

void QueueTree::take(std::size_t queue, const Room& room) {
    for (std::optional<std::size_t> at = queue; at; at = queues_[*at].parent) {
        queues_[*at].used += room;
    }
}

void QueueTree::give_back(std::size_t queue, const Room& room) {
    for (std::optional<std::size_t> at = queue; at; at = queues_[*at].parent) {
        queues_[*at].used -= room;
    }
}

}  // namespace forkyard
