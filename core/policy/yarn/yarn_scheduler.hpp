// Who is served first on a node of YARN, and who may take more: the Capacity and the Fair
// Scheduler behind one interface.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/model/room.hpp"
#include "core/model/yarn_conf.hpp"
#include "core/policy/share.hpp"
#include "core/policy/yarn/queue_tree.hpp"

namespace forkyard {

class YarnScheduler {
public:
    // `spec` must outlive it.
    explicit YarnScheduler(const YarnSpec& spec) : spec_{spec} {}
    YarnScheduler(const YarnScheduler&) = delete;
    YarnScheduler& operator=(const YarnScheduler&) = delete;
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
    // Whether the queue may take more than it has: it and all above are below what they may have
    // at the most.
    [[nodiscard]] bool may_take(const View& view, std::size_t queue) const;
    // Whether the application may, in its queue.
    [[nodiscard]] virtual bool may_take(const View& view, AppId app) const = 0;
    // Whether its queue has room for one more application master. One may always start.
    [[nodiscard]] bool admits(const View& view, AppId app) const;
    // Containers that one node is given in a beat: in all, and anywhere at all.
    [[nodiscard]] virtual std::uint32_t assignments_per_beat() const = 0;
    [[nodiscard]] virtual std::uint32_t off_switch_per_beat() const = 0;

protected:
    // What the masters of a queue may have together.
    [[nodiscard]] virtual Room am_limit(const View& view, std::size_t queue) const = 0;
    // What part of the cluster that is, by what counts in it (CM-YARN-26).
    [[nodiscard]] Share share_of(const Room& room, const Room& cluster) const {
        return spec_.dominant ? dominant_share(room, cluster) : memory_share(room, cluster);
    }
    [[nodiscard]] bool exceeds(const Room& used, const Room& limit, const Room& cluster) const {
        return compare(share_of(used, cluster), 1, share_of(limit, cluster), 1) > 0;
    }
    [[nodiscard]] const YarnSpec& spec() const { return spec_; }

private:
    const YarnSpec& spec_;
};

// In Hadoop: CapacityScheduler (CM-YARN-21 to 26). The queue with the least of its guarantee
// first; in a queue applications by priority, then in order of submission. Each application
// counts as a user of its own.
class CapacityScheduler final : public YarnScheduler {
public:
    using YarnScheduler::may_take;
    using YarnScheduler::YarnScheduler;

    [[nodiscard]] bool before(const View& view, std::size_t a, std::size_t b) const override;
    [[nodiscard]] bool before(const View& view, AppId a, AppId b) const override;
    [[nodiscard]] bool may_take(const View& view, AppId app) const override;
    [[nodiscard]] std::uint32_t assignments_per_beat() const override {
        return spec().assignments_per_beat;
    }
    [[nodiscard]] std::uint32_t off_switch_per_beat() const override {
        return spec().off_switch_per_beat;
    }

private:
    [[nodiscard]] Room am_limit(const View& view, std::size_t queue) const override;
};

// In Hadoop: FairScheduler (CM-YARN-27, 28). Queues and applications by what they have for
// their weight; by memory, or by the dominant share.
class FairScheduler final : public YarnScheduler {
public:
    using YarnScheduler::may_take;
    using YarnScheduler::YarnScheduler;

    [[nodiscard]] bool before(const View& view, std::size_t a, std::size_t b) const override;
    [[nodiscard]] bool before(const View& view, AppId a, AppId b) const override;
    [[nodiscard]] bool may_take(const View& view, AppId app) const override;
    [[nodiscard]] std::uint32_t assignments_per_beat() const override {
        return spec().assign_multiple ? spec().assignments_per_beat : 1;
    }
    [[nodiscard]] std::uint32_t off_switch_per_beat() const override {
        return assignments_per_beat();
    }
    // What the queue would have if all took their part (memory rounded up).
    [[nodiscard]] static Room steady_share(const QueueTree& queues,
                                           std::size_t queue,
                                           const Room& cluster);

private:
    [[nodiscard]] Room am_limit(const View& view, std::size_t queue) const override;
};

[[nodiscard]] std::unique_ptr<YarnScheduler> make_scheduler(const YarnSpec& spec);

}  // namespace forkyard
