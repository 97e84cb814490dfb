// Who is served first on a node of YARN, and who may take more: the Capacity and the Fair
// Scheduler behind one interface.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/model/yarn_conf.hpp"
#include "core/policy/room.hpp"
#include "core/policy/share.hpp"
#include "core/policy/yarn/queue_tree.hpp"

namespace forkyard {

class YarnScheduler {
public:
    virtual ~YarnScheduler() = default;

    struct View {
        const QueueTree& queues;
        const std::vector<YarnApp>& apps;  // by number
        const Room& cluster;
    };

    // Of two queues with the same parent: which is served first. Not the same of both ways.
    [[nodiscard]] virtual bool before(const View& view, std::size_t a, std::size_t b) const = 0;
    // The same of two applications of one queue.
    [[nodiscard]] virtual bool before(const View& view, AppId a, AppId b) const = 0;
    // Whether the queue may take more than it has.
    [[nodiscard]] virtual bool may_take(const View& view, std::size_t queue) const = 0;
    // Whether the application may, in its queue.
    [[nodiscard]] virtual bool may_take(const View& view, AppId app) const = 0;
    // Whether its queue has room for one more application master.
    [[nodiscard]] virtual bool admits(const View& view, AppId app) const = 0;
    // Containers that one node is given in a beat: in all, and anywhere at all.
    [[nodiscard]] virtual std::uint32_t assignments_per_beat() const = 0;
    [[nodiscard]] virtual std::uint32_t off_switch_per_beat() const = 0;
};

// What part of the cluster that is, by what counts in it (CM-YARN-26).
[[nodiscard]] inline Share share_of(const YarnSpec& spec, const Room& room, const Room& cluster) {
    return spec.dominant ? dominant_share(room, cluster) : memory_share(room, cluster);
}

// In Hadoop: CapacityScheduler (CM-YARN-21 to 26). The queue with the least of its guarantee
// first; in a queue applications by priority, then in order of submission. Each application
// counts as a user of its own.
class CapacityScheduler final : public YarnScheduler {
public:
    // `spec` must outlive it.
    explicit CapacityScheduler(const YarnSpec& spec) : spec_{spec} {}

    [[nodiscard]] bool before(const View& view, std::size_t a, std::size_t b) const override;
    [[nodiscard]] bool before(const View& view, AppId a, AppId b) const override;
    [[nodiscard]] bool may_take(const View& view, std::size_t queue) const override;
    [[nodiscard]] bool may_take(const View& view, AppId app) const override;
    [[nodiscard]] bool admits(const View& view, AppId app) const override;
    [[nodiscard]] std::uint32_t assignments_per_beat() const override {
        return spec_.assignments_per_beat;
    }
    [[nodiscard]] std::uint32_t off_switch_per_beat() const override {
        return spec_.off_switch_per_beat;
    }

private:
    [[nodiscard]] bool exceeds(const Room& used, const Room& limit, const Room& cluster) const;

    const YarnSpec& spec_;
};

// In Hadoop: FairScheduler (CM-YARN-27, 28). Queues and applications by what they have for
// their weight; by memory, or by the dominant share.
class FairScheduler final : public YarnScheduler {
public:
    // `spec` must outlive it.
    explicit FairScheduler(const YarnSpec& spec) : spec_{spec} {}

    [[nodiscard]] bool before(const View& view, std::size_t a, std::size_t b) const override;
    [[nodiscard]] bool before(const View& view, AppId a, AppId b) const override;
    [[nodiscard]] bool may_take(const View& view, std::size_t queue) const override;
    [[nodiscard]] bool may_take(const View& view, AppId app) const override;
    [[nodiscard]] bool admits(const View& view, AppId app) const override;
    [[nodiscard]] std::uint32_t assignments_per_beat() const override {
        return spec_.assign_multiple ? spec_.assignments_per_beat : 1;
    }
    [[nodiscard]] std::uint32_t off_switch_per_beat() const override {
        return assignments_per_beat();
    }
    // What the queue would have if all took their part (memory rounded up).
    [[nodiscard]] static Room steady_share(const QueueTree& queues,
                                           std::size_t queue,
                                           const Room& cluster);

private:
    const YarnSpec& spec_;
};

[[nodiscard]] std::unique_ptr<YarnScheduler> make_scheduler(const YarnSpec& spec);

}  // namespace forkyard
