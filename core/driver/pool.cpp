#include "core/driver/pool.hpp"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "core/check.hpp"

namespace forkyard {

namespace {

constexpr const char* root_name = "root";
constexpr const char* default_name = "default";

}  // namespace

bool PoolNode::Before::operator()(const PoolNode* a, const PoolNode* b) const {
    if (mode == SchedulingMode::fifo) {
        return std::tie(a->priority, a->stage, a->order) <
               std::tie(b->priority, b->stage, b->order);
    }
    const bool a_needs = a->running < a->min_share;
    const bool b_needs = b->running < b->min_share;
    if (a_needs != b_needs) {
        return a_needs;
    }
    // Shares as fractions, compared without rounding.
    const std::int64_t a_part = a_needs ? std::max<std::int64_t>(a->min_share, 1) : a->weight;
    const std::int64_t b_part = b_needs ? std::max<std::int64_t>(b->min_share, 1) : b->weight;
    const std::int64_t a_share = a->running * b_part;
    const std::int64_t b_share = b->running * a_part;
    return std::tie(a_share, a->name, a->order) < std::tie(b_share, b->name, b->order);
}

PoolTree::PoolTree(SchedulingMode mode, const std::vector<PoolSpec>& pools) : mode_{mode} {
    root_ = new_pool(root_name, nullptr, mode, 1, 0);
    if (mode == SchedulingMode::fifo) {
        return;
    }
    // Parents may be written after their children.
    std::vector<const PoolSpec*> left;
    for (const PoolSpec& pool : pools) {
        left.push_back(&pool);
    }
    while (!left.empty()) {
        const std::size_t before = left.size();
        std::erase_if(left, [&](const PoolSpec* pool) {
            const auto parent = pools_.find(pool->parent);
            if (parent == pools_.end()) {
                return false;
            }
            new_pool(pool->name, parent->second.get(), pool->mode, pool->weight, pool->min_share);
            return true;
        });
        FORKYARD_CHECK(left.size() < before, "pools form a tree");
    }
    if (!pools_.contains(default_name)) {
        new_pool(default_name, root_, SchedulingMode::fifo, 1, 0);
    }
}

PoolTree::~PoolTree() = default;

PoolTree::Node* PoolTree::new_pool(const std::string& name,
                                   Node* parent,
                                   SchedulingMode mode,
                                   std::int64_t weight,
                                   std::int64_t min_share) {
    auto pool = std::make_unique<Node>(Node{.name = name,
                                            .parent = parent,
                                            .weight = weight,
                                            .min_share = min_share,
                                            .order = ++orders_,
                                            .children = Node::Children{Node::Before{mode}}});
    return (pools_[name] = std::move(pool)).get();
}

void PoolTree::add(ActiveSet& active) {
    const TaskSetManager& set = active.manager;
    Node* parent = root_;
    if (mode_ == SchedulingMode::fair) {
        const std::string& name = set.set().pool.empty() ? default_name : set.set().pool;
        const auto known = pools_.find(name);
        parent = known != pools_.end() ? known->second.get()
                                       : new_pool(name, root_, SchedulingMode::fifo, 1, 0);
    }
    const StageAttempt stage = set.set().stage;
    auto node = std::make_unique<Node>(
        Node{.name = fmt::format("TaskSet_{}.{}", stage.stage.value, stage.attempt),
             .parent = parent,
             .set = &active,
             .priority = set.set().priority.value,
             .stage = stage.stage.value,
             .order = ++orders_,
             .children = Node::Children{Node::Before{mode_}}});
    active.node = (sets_[stage] = std::move(node)).get();
    apply(active.node, set.running(), set.wants_slots());
}

void PoolTree::remove(ActiveSet& active) {
    apply(active.node, -active.node->running, false);
    sets_.erase(active.manager.set().stage);
}

void PoolTree::update(ActiveSet& active) {
    const TaskSetManager& set = active.manager;
    Node* node = active.node;
    const std::int64_t more = std::int64_t{set.running()} - node->running;
    if (more != 0 || set.wants_slots() != node->listed) {
        apply(node, more, set.wants_slots());
    }
}

// After its key has changed it moves only if it does not stand between its neighbours.
void PoolTree::reposition(Node& node) {
    Node::Children& order = node.parent->children;
    const auto less = order.key_comp();
    const auto next = std::next(node.place);
    if ((node.place != order.begin() && less(&node, *std::prev(node.place))) ||
        (next != order.end() && less(*next, &node))) {
        node.place = order.insert(order.extract(node.place)).position;
    }
}

// From the leaf to the root.
void PoolTree::apply(Node* node, std::int64_t more_running, bool wants) {
    changes_ += wants != node->listed ? 1 : 0;
    for (; node != nullptr; node = node->parent) {
        node->running += more_running;
        if (node->parent == nullptr) {
            return;
        }
        Node::Children& order = node->parent->children;
        if (node->listed && !wants) {
            order.erase(node->place);
        } else if (node->listed && order.key_comp().mode == SchedulingMode::fair) {
            reposition(*node);
        } else if (!node->listed && wants) {
            node->place = order.insert(node).first;
        }
        node->listed = wants;
        wants = !order.empty();
    }
}

bool PoolTree::empty() const {
    return root_->children.empty();
}

ActiveSet& PoolTree::first() const {
    return first_of(*root_);
}

ActiveSet& PoolTree::first_of(const Node& pool) {
    const Node* node = &pool;
    while (node->set == nullptr) {
        node = *node->children.begin();
    }
    return *node->set;
}

std::optional<PoolTree::Rival> PoolTree::rival_of(const ActiveSet& active) const {
    const Node* node = active.node;
    for (; node->parent != nullptr; node = node->parent) {
        const Node::Children& children = node->parent->children;
        if (children.key_comp().mode == SchedulingMode::fair) {
            if (children.size() > 1) {
                return Rival{true, nullptr, node->set == nullptr ? node->name : node->parent->name};
            }
        } else if (*children.begin() != node) {
            return Rival{false, &first_of(**children.begin()), {}};
        }
    }
    return std::nullopt;
}

}  // namespace forkyard
