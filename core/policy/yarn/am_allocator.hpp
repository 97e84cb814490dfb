// The requester of one application on YARN: Spark's allocator in its application master.
//
// It keeps as many requests open as executors are missing, matches the containers that it is
// given with them, starts what is wanted and gives the rest back, and tells of those that end
// whose fault it was.
//
// In Spark: YarnAllocator (CM-YARN-02 to 12). When it is asked is its owner's matter.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/ids.hpp"
#include "core/model/conf.hpp"
#include "core/policy/yarn/container_placement.hpp"
#include "core/policy/yarn/node_health.hpp"

namespace forkyard {

// YARN's exit statuses that mean something of their own.
namespace container_exit {
inline constexpr std::int32_t success = 0;
inline constexpr std::int32_t aborted = -100;
inline constexpr std::int32_t disks_failed = -101;
inline constexpr std::int32_t preempted = -102;
inline constexpr std::int32_t virtual_memory = -103;
inline constexpr std::int32_t physical_memory = -104;
inline constexpr std::int32_t killed_by_master = -105;
inline constexpr std::int32_t killed_by_manager = -106;
inline constexpr std::int32_t killed_after_end = -107;
}  // namespace container_exit

// Whose fault the end of a container is: nobody's; its application's, but neither its node nor
// the count of failures is charged (memory); or its application's altogether (CM-YARN-08).
enum class Blame : std::uint8_t { nobody, tasks, application };
[[nodiscard]] Blame blame_of(std::int32_t status);

class AmAllocator {
public:
    using Executor = std::uint32_t;  // 1, 2, ... in order of start, never again

    struct Hints {
        std::uint32_t local_tasks = 0;
        std::map<NodeId, std::uint32_t> tasks_on{};  // that prefer each node

        template <class Self, class V>
        static void members(Self& self, V& v) {
            v(self.local_tasks, self.tasks_on);
        }
    };
    struct Granted {
        NodeId node{};
        std::string rack{};
        Bytes memory{};
    };
    enum class Verdict : std::uint8_t { start, release };

    // `conf` must outlive it. `rack_of`: of every node of the cluster, by number. `excluded`:
    // nodes that it never asks for.
    AmAllocator(const AppConf& conf,
                std::vector<std::string> rack_of,
                std::set<NodeId> excluded = {});

    void set_target(std::uint32_t total) { target_ = total; }
    void set_hints(Hints hints) { hints_ = std::move(hints); }
    // Where it wants no containers.
    [[nodiscard]] NodeHealth& nodes() { return nodes_; }
    [[nodiscard]] const NodeHealth& nodes() const { return nodes_; }

    // Opens and cancels requests so that they are as many as are missing.
    void update();
    // Whether more executors are missing than it has open requests for.
    [[nodiscard]] bool is_short() const { return target_ > pending() + running_; }
    [[nodiscard]] std::uint32_t pending() const;
    [[nodiscard]] std::map<NodeId, std::uint32_t> pending_on() const;

    // Containers that it is given, all at once: one verdict each.
    [[nodiscard]] std::vector<Verdict> take(const std::vector<Granted>& containers);
    // Those that it starts run on the node until they end.
    [[nodiscard]] std::uint32_t running() const { return running_; }
    [[nodiscard]] std::uint32_t running_on(NodeId node) const;

    // The driver no longer wants it: it does not count any more, and its end is no failure.
    void released(NodeId node);
    // It ended by itself. Whether the application has failed too often by now.
    [[nodiscard]] bool ended(SimTime now, NodeId node, std::int32_t status);
    [[nodiscard]] std::uint32_t failures(SimTime now) const { return nodes_.failures(now); }
    [[nodiscard]] std::uint32_t failures_max() const { return failures_max_; }

    template <class Self, class V>
    static void members(Self& self, V& v) {
        v(self.target_, self.hints_, self.anywhere_, self.local_, self.running_, self.on_);
        v(self.nodes_);
    }

private:
    void leave(NodeId node);
    void cancel(std::uint32_t count, std::vector<std::vector<NodeId>>& stale);

    const AppConf& conf_;
    std::vector<std::string> rack_of_;
    std::uint32_t failures_max_;
    std::uint32_t target_ = 0;
    Hints hints_{};
    std::uint32_t anywhere_ = 0;                // requests without a preference
    std::vector<std::vector<NodeId>> local_{};  // nodes of each other request
    std::uint32_t running_ = 0;
    std::map<NodeId, std::uint32_t> on_{};
    NodeHealth nodes_;
};

}  // namespace forkyard
