// In which order task sets are served: pools within pools, FIFO or FAIR.
//
// FIFO: lower job first, then lower stage. FAIR: who has less than its minimum share
// first, by how far; then who has least for its weight; then by name. A round goes
// through the sets in the order as it was when the round began (SCH-POOL-08): changes of
// the counts are taken over afterwards, by update(). Only sets that want slots stand in
// the order, so the first one is found at once.
//
// In Spark: Pool, SchedulingAlgorithm and SchedulableBuilder.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/driver/active_set.hpp"
#include "core/model/application.hpp"
#include "core/model/conf.hpp"

namespace forkyard {

// A pool, or a task set in one.
struct PoolNode {
    struct Before {
        SchedulingMode mode;
        bool operator()(const PoolNode* a, const PoolNode* b) const;
    };
    using Children = std::set<PoolNode*, Before>;

    std::string name;
    PoolNode* parent = nullptr;
    ActiveSet* set = nullptr;  // null: a pool
    std::int64_t weight = 1;
    std::int64_t min_share = 0;
    std::int64_t priority = 0;
    std::int64_t stage = -1;
    std::uint64_t order = 0;  // of insertion: the sort is stable
    std::int64_t running = 0;
    bool listed = false;         // stands among its parent's children
    Children::iterator place{};  // there
    Children children;           // those that want slots
};

class PoolTree {
public:
    PoolTree(SchedulingMode mode, const std::vector<PoolSpec>& pools);
    ~PoolTree();
    PoolTree(const PoolTree&) = delete;
    PoolTree& operator=(const PoolTree&) = delete;

    // FIFO knows no pools; FAIR makes one for a name it has not met (SCH-POOL-06).
    void add(ActiveSet& active);
    void remove(ActiveSet& active);
    // What it runs, or whether it wants slots, has changed.
    void update(ActiveSet& active);

    [[nodiscard]] bool empty() const;
    // Grows whenever a set begins or ceases to want slots.
    [[nodiscard]] std::uint64_t changes() const { return changes_; }
    // Who else wants the slots that this set wants: without a rival it is served first.
    struct Rival {
        bool fair = false;         // they share; else `first` is served before
        const ActiveSet* first{};  // FIFO
        std::string pool{};        // FAIR: the one that has a share, this set's
    };
    [[nodiscard]] std::optional<Rival> rival_of(const ActiveSet& active) const;
    // The set to be served first; there is one.
    [[nodiscard]] ActiveSet& first() const;
    // In order, until `serve` returns false. It must not call update() or remove().
    template <class Serve>
    void visit(const Serve& serve) const {
        (void)visit(*root_, serve);
    }

private:
    using Node = PoolNode;

    Node* new_pool(const std::string& name,
                   Node* parent,
                   SchedulingMode mode,
                   std::int64_t weight,
                   std::int64_t min_share);
    [[nodiscard]] static ActiveSet& first_of(const Node& pool);
    static void reposition(Node& node);
    void apply(Node* node, std::int64_t more_running, bool wants);
    template <class Serve>
    static bool visit(const Node& pool, const Serve& serve) {
        for (const Node* child : pool.children) {
            if (!(child->set != nullptr ? serve(*child->set) : visit(*child, serve))) {
                return false;
            }
        }
        return true;
    }

    SchedulingMode mode_;
    std::map<std::string, std::unique_ptr<Node>, std::less<>> pools_{};
    std::map<StageAttempt, std::unique_ptr<Node>> sets_{};
    Node* root_ = nullptr;
    std::uint64_t orders_ = 0;
    std::uint64_t changes_ = 0;
};

}  // namespace forkyard
