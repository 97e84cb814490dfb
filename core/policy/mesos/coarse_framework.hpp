// What an application does with Mesos's offers: Spark's coarse-grained framework.
//
// It takes an executor from each offer that will do, round by round, until none will. What it
// does not use it declines: for long once it has all the cores that it may have, else for
// Mesos's own five seconds (CM-MESOS-08 to 11).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "core/ids.hpp"
#include "core/model/conf.hpp"
#include "core/model/room.hpp"
#include "core/sim_time.hpp"

namespace forkyard {

class CoarseFramework {
public:
    struct Offered {
        NodeId agent{};
        Room room{};
    };
    struct Answer {
        std::vector<std::uint32_t> executors{};  // cores of each that it starts there
        Room unused{};
        SimDuration refuse{};  // for how long it does not want to see it again
    };

    // `conf` must outlive it.
    explicit CoarseFramework(const AppConf& conf);

    void set_limit(std::uint32_t executors) { limit_ = executors; }
    // One answer an offer, in their order.
    [[nodiscard]] std::vector<Answer> answer(const std::vector<Offered>& offers);
    // An executor has ended; `failed`: by itself.
    void ended(NodeId agent, std::uint32_t cores, bool failed);

    // Whether it would start an executor with this room.
    [[nodiscard]] bool wants(NodeId agent, const Room& room) const;
    [[nodiscard]] bool wants_any() const { return executors_ < limit_ && cores_left() > 0; }
    // What an executor of so many cores takes of an agent.
    [[nodiscard]] Room room_of(std::uint32_t cores) const;
    [[nodiscard]] std::uint32_t executors() const { return executors_; }

    template <class Self, class V>
    static void members(Self& self, V& v) {
        v(self.limit_, self.executors_, self.cores_, self.failures_);
    }

private:
    [[nodiscard]] std::uint32_t cores_left() const { return cores_max_ - cores_; }
    [[nodiscard]] std::uint32_t cores_for(const Room& room) const;

    const AppConf& conf_;
    std::uint32_t cores_max_;
    Bytes memory_;
    std::uint32_t limit_ = 0;
    std::uint32_t executors_ = 0;
    std::uint32_t cores_ = 0;
    std::map<NodeId, std::uint32_t> failures_;
};

}  // namespace forkyard
