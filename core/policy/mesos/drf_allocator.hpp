// Who is offered what: the hierarchical allocator of a Mesos master.
//
// Each agent's free room goes, whole, to one framework: that of the role with the smallest
// dominant share by its weight, and in it the framework with the smallest. A dominant share is
// the largest part of the cluster's cores or memory that is allocated; what is offered counts
// as allocated until it comes back. Ties go to who was allocated to less often, then to the
// lower name or number. Agents go in order of number. One that is reserved for a role goes to
// frameworks of that role or to nobody; what they have of it counts in shares all the same.
//
// A role may be guaranteed cores and memory, its quota. While it has less, it comes before those
// that have not, and of what is free so much is kept for it that the rest goes to others only
// as far as its quota still fits into what remains, whether anybody is there to take it or not.
//
// In Mesos: HierarchicalDRFAllocator (CM-MESOS-01 to 07). No revocable resources; agents are
// reserved as a whole, and go as a whole to a role below its quota.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/ids.hpp"
#include "core/model/mesos_conf.hpp"
#include "core/model/room.hpp"
#include "core/sim_time.hpp"

namespace forkyard {

class DrfAllocator {
public:
    struct Offer {
        AppId framework{};
        NodeId agent{};
        Room room{};
    };

    // `interval`: between two batches.
    DrfAllocator(SimDuration interval, const std::vector<RoleSpec>& roles);

    // `role`: for which it is reserved; empty: for none.
    void add_agent(NodeId agent, const Room& total, const std::string& role = {});
    void remove_agent(NodeId agent);
    void drain(NodeId agent);  // offered to nobody any more
    void add_framework(AppId framework, const std::string& role);
    void remove_framework(AppId framework);
    // No filter of its own keeps anything from it any more.
    void revive(AppId framework) { frameworks_.at(framework).filters.clear(); }

    // What is free goes out as offers: of all agents, or of one.
    [[nodiscard]] std::vector<Offer> allocate(SimTime now, std::optional<NodeId> only = {});
    // Room that comes back: unused, or of an executor that has ended. With `refuse` the
    // framework is not offered it again for so long, nor in the next batch.
    void recover(AppId framework,
                 NodeId agent,
                 const Room& room,
                 SimTime now,
                 std::optional<SimDuration> refuse = {});

    // Room of an agent that goes to no framework but is taken all the same, and comes back.
    void take(NodeId agent, const Room& room);
    void give_back(NodeId agent, const Room& room);

    [[nodiscard]] bool knows(NodeId agent) const { return agents_.contains(agent); }
    [[nodiscard]] const Room& available(NodeId agent) const { return agents_.at(agent).available; }
    [[nodiscard]] const std::map<NodeId, Room>& open() const { return open_; }
    // Whether what is free on the agent may go to who has this role.
    [[nodiscard]] bool may_go_to(const std::string& role, NodeId agent) const;
    // From when on the framework may be offered what is free on the agent; time_never: it may
    // not, as things are.
    [[nodiscard]] SimTime offered_from(AppId framework, NodeId agent) const;

    template <class Self, class V>
    static void members(Self& self, V& v) {
        v(self.total_, self.agents_, self.open_, self.spare_, self.roles_, self.frameworks_);
    }

private:
    struct Agent {
        Room total{};
        Room available{};
        bool draining = false;
        std::string role{};  // reserved for it; empty: for none

        template <class Self, class V>
        static void members(Self& self, V& v) {
            v(self.total, self.available, self.draining, self.role);
        }
    };
    struct Account {
        Room allocated{};
        std::uint64_t allocations = 0;

        template <class Self, class V>
        static void members(Self& self, V& v) {
            v(self.allocated, self.allocations);
        }
    };
    struct Role {
        Millionths weight = one;
        Account share{};
        Room quota{};

        template <class Self, class V>
        static void members(Self& self, V& v) {
            v(self.weight, self.share, self.quota);
        }
    };
    struct Filter {
        Room refused{};
        SimTime until{};  // of none at all: 0

        template <class Self, class V>
        static void members(Self& self, V& v) {
            v(self.refused, self.until);
        }
    };
    struct Framework {
        std::string role{};
        Account share{};
        std::map<NodeId, Room> on{};    // allocated to it, by agent
        std::vector<Filter> filters{};  // by number of the agent, as far as there are any

        template <class Self, class V>
        static void members(Self& self, V& v) {
            v(self.role, self.share, self.on, self.filters);
        }
    };

    [[nodiscard]] bool less(const Account& a,
                            Millionths weight_a,
                            const Account& b,
                            Millionths weight_b) const;
    struct Order;
    enum class Stage : std::uint8_t { quota, fair };
    // What the role is still to get of its quota.
    [[nodiscard]] static Room lacking(const Role& role);
    [[nodiscard]] Room lacking() const;  // all of them
    [[nodiscard]] static SimTime offered_from(const Framework& framework,
                                              NodeId agent,
                                              const Room& room);
    [[nodiscard]] AppId next_for(
        SimTime now, NodeId agent, const Room& room, const Order& order, Stage stage) const;
    void allocate(SimTime now,
                  std::optional<NodeId> only,
                  Stage stage,
                  Order& order,
                  std::vector<Offer>& offers);
    void note_available(NodeId agent);
    void close(NodeId agent);

    SimDuration interval_;
    Room total_{};
    std::map<NodeId, Agent> agents_;
    std::map<NodeId, Room> open_;  // agents with free cores to offer
    Room spare_{};                 // of these, what is reserved for nobody
    bool quotas_ = false;          // some role has one
    std::map<std::string, Role> roles_;
    std::map<AppId, Framework> frameworks_;
};

}  // namespace forkyard
