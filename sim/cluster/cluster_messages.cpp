// What drivers and their manager tell each other, and drivers all of their executors: on its way
// for the time of a message, and lost with the driver.
#include <type_traits>
#include <utility>
#include <variant>

#include "sim/cluster/cluster_model.hpp"

namespace forkyard::sim {

namespace {

struct Arrival {
    Event operator()(const RequestExecutors& a) const {
        return ExecutorsRequested{a.app, a.total, a.hints};
    }
    Event operator()(const RegisterManager& a) const { return ManagerRegistered{a.app}; }
    Event operator()(const OfferCores& a) const {
        return CoresOffered{a.app, a.exec, a.cores, a.more};
    }
    Event operator()(const ReturnCores& a) const {
        return CoresReturned{a.app, a.exec, a.cores, a.refuse, a.tasks};
    }
    Event operator()(const ReviveOffers& a) const { return OffersRevived{a.app, a.tasks}; }
};

}  // namespace

void ClusterModel::send(Moment at, const Action& action) {
    if (const auto* removed = std::get_if<RemoveRdd>(&action)) {
        agenda_.add({.time = at.now + delay(),
                     .order_class = DueClass::node,
                     .kind = DueKind::remove_rdd,
                     .app = removed->app.value,
                     .entity = removed->rdd.value,
                     .index = removed->rdd.value,
                     .cause = at.seq});
        return;
    }
    if (const auto* removed = std::get_if<RemoveBroadcast>(&action)) {
        agenda_.add({.time = at.now + delay(),
                     .order_class = DueClass::node,
                     .kind = DueKind::remove_broadcast,
                     .app = removed->app.value,
                     .entity = removed->broadcast.value,
                     .index = removed->broadcast.value,
                     .cause = at.seq});
        return;
    }
    std::visit(
        [&](const auto& message) {
            using Message = std::decay_t<decltype(message)>;
            if constexpr (std::is_invocable_v<Arrival, decltype(message)>) {
                SimTime sent = at.now;
                if constexpr (std::is_same_v<Message, RequestExecutors>) {
                    sent = registered_from(at, message.app);
                }
                if (sent != time_never) {
                    agenda_.add_event(
                        sent + delay(), DueClass::node, message.app, 0, at.seq, Arrival{}(message));
                }
            }
        },
        action);
}

// Whether the event is no such message, or its driver runs to send or to get it.
bool ClusterModel::connected(const Event& event) const {
    return std::visit(
        [&](const auto& message) {
            using Message = std::decay_t<decltype(message)>;
            if constexpr (std::is_same_v<Message, ExecutorsRequested> ||
                          std::is_same_v<Message, ManagerRegistered> ||
                          std::is_same_v<Message, ManagerUnreachable> ||
                          std::is_same_v<Message, CoresOffered> ||
                          std::is_same_v<Message, CoresReturned> ||
                          std::is_same_v<Message, OffersRevived>) {
                return drivers_[message.app.index()].runs;
            } else {
                return true;
            }
        },
        event);
}

}  // namespace forkyard::sim
