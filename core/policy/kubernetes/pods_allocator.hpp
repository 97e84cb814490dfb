// How many executor pods a driver makes and deletes, and when.
//
// A round looks at what is known of the pods. It makes at most a batch of those that are
// missing, and holds back while some that it made have not been seen yet; of those that are
// too many it deletes what does not run and has been so for long. Pods are numbered 1, 2, ...
// and never again. Profiles are served in order of number.
//
// In Spark: ExecutorPodsAllocator (CM-K8S-01 to 09). A pod that does not show for too long is
// given up. When rounds happen, and what they see, is its owner's matter.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "core/model/kubernetes_conf.hpp"
#include "core/sim_time.hpp"

namespace forkyard {

// created: asked for, and not seen in a snapshot yet.
enum class PodPhase : std::uint8_t { created, pending, running };

class PodsAllocator {
public:
    using Pod = std::uint32_t;
    using Profile = std::uint32_t;

    struct Round {
        struct New {
            Pod pod = 0;
            Profile profile = 0;
        };
        std::vector<New> created{};
        std::vector<Pod> deleted{};
        bool over_limit = false;  // more pods than spark.kubernetes.allocation.maximum
    };

    // `idle_timeout`: how long a pod that does not run is left alone. `lag`: of snapshots.
    PodsAllocator(const PodsConf& conf, SimDuration idle_timeout, SimDuration lag = {});

    void set_target(Profile profile, std::uint32_t total) { targets_[profile] = total; }
    // What a snapshot shows of it.
    void see(Pod pod, PodPhase phase);
    // A snapshot shows all that were made by then; those that wait for a node are pending.
    void see_made_by(SimTime then);
    // Its executor has registered with the driver.
    void registered(Pod pod);
    // It is not there any more, or has ended.
    void remove(Pod pod);
    // `room`: how many more pods its namespace takes.
    [[nodiscard]] Round round(SimTime now, std::uint32_t room = PodsConf::unlimited);
    // Those that do not run and that the driver does not know.
    [[nodiscard]] std::uint32_t outstanding() const;
    // The first instant from `now` on at which a round may do something; none: only news can.
    [[nodiscard]] std::optional<SimTime> next_round(SimTime now,
                                                    std::uint32_t room = PodsConf::unlimited) const;

    template <class Self, class V>
    static void members(Self& self, V& v) {
        v(self.targets_, self.open_, self.running_, self.totals_, self.last_pod_);
    }

private:
    struct Entry {
        Profile profile = 0;
        PodPhase phase = PodPhase::created;
        bool known = false;  // to the driver
        SimTime created_at{};

        template <class Self, class V>
        static void members(Self& self, V& v) {
            v(self.profile, self.phase, self.known, self.created_at);
        }
    };
    struct Count {
        std::uint32_t total = 0;
        std::uint32_t not_running = 0;
        bool waits = false;  // for pods of the last batch
    };

    using Pods = std::map<Pod, Entry>;

    [[nodiscard]] Count count(Profile profile) const;
    // It is not counted any more; what follows it.
    Pods::iterator drop(Pods& pods, Pods::iterator pod);
    [[nodiscard]] bool may_delete(SimTime now, const Entry& entry) const {
        return !entry.known && now - entry.created_at > idle_timeout_;
    }
    void delete_excess(SimTime now, Profile profile, std::uint32_t excess, Round& round);
    [[nodiscard]] static bool is_unseen(const Entry& entry) {
        return entry.phase == PodPhase::created && !entry.known;
    }
    // When it shows, or has not shown for too long.
    [[nodiscard]] SimTime news_of(const Entry& entry) const {
        return entry.created_at + std::min(lag_, creation_timeout_ + SimDuration{1});
    }
    void time_out(SimTime now, Round& round);

    const PodsConf& conf_;
    SimDuration creation_timeout_;
    SimDuration idle_timeout_;
    SimDuration lag_;
    std::map<Profile, std::uint32_t> targets_;
    std::map<Pod, Entry> open_;  // those that do not run: what a round looks at
    std::map<Pod, Entry> running_;
    std::map<Profile, std::uint32_t> totals_;
    Pod last_pod_ = 0;
};

// `slots` over `shares` as evenly as whole numbers go, more to the first (SPARK-36052).
[[nodiscard]] std::vector<std::uint32_t> split_slots(std::uint32_t slots, std::size_t shares);

}  // namespace forkyard
