// I02, I06 and I07: grants, registrations and losses of executors.
#include <fmt/format.h>

#include "core/event_text.hpp"
#include "core/report/invariants/rules.hpp"

namespace forkyard::invariants {

namespace {

// `action` grants an executor, or places a driver.
void check_node(const NodeBook& node,
                bool counts_cores,
                const std::string& who,
                const auto& action,
                Findings& out) {
    if (!node.joined) {
        out.push_back({2, fmt::format("{} is granted on a node that is not there", who)});
        return;
    }
    if (counts_cores && node.used_cores + action.cores > node.cores) {
        out.push_back({2,
                       fmt::format("{} is granted {} cores on a node that has {}, of which {} are "
                                   "taken",
                                   who,
                                   action.cores,
                                   node.cores,
                                   node.used_cores)});
    }
    if (node.used_memory + action.memory.count > node.memory) {
        out.push_back({2,
                       fmt::format("{} is granted {} bytes on a node that has {}, of which {} are "
                                   "taken",
                                   who,
                                   action.memory.count,
                                   node.memory,
                                   node.used_memory)});
    }
}

}  // namespace

void check_driver(Books& books, const LaunchDriver& action, Findings& out) {
    check_node(books.node(action.node), books.counts_cores, "a driver", action, out);
}

void check_grant(Books& books, const LaunchExecutor& action, Findings& out) {
    check_node(books.node(action.node), books.counts_cores, to_text(action.exec), action, out);
    const AppBook& app = books.app(action.app);
    const std::uint64_t cores = static_cast<std::uint64_t>(app.granted_cores) + action.cores;
    if (cores > app.cores_max) {
        out.push_back({2,
                       fmt::format("{} brings the application to {} cores of {} allowed",
                                   to_text(action.exec),
                                   cores,
                                   app.cores_max)});
    }
    if (app.granted + 1 > std::int64_t{app.wanted}) {
        out.push_back({7,
                       fmt::format("{} is granted to an application that has {} of {} executors "
                                   "requested",
                                   to_text(action.exec),
                                   app.granted,
                                   app.wanted)});
    }
    if (books.executor(action.exec).granted) {
        out.push_back({7, fmt::format("{} is granted twice", to_text(action.exec))});
    }
}

void check_offer(Books& books, const OfferCores& action, Findings& out) {
    const ExecutorBook& entry = books.executor(action.exec);
    if (!entry.granted || entry.app != action.app) {
        out.push_back({2,
                       fmt::format("cores are offered on {}, which the application has not",
                                   to_text(action.exec))});
        return;
    }
    if (entry.released) {
        return;  // its master does not know yet
    }
    const NodeBook& node = books.node(entry.node);
    if (node.used_cores + action.cores > node.cores) {
        out.push_back({2,
                       fmt::format("{} cores are offered on a node that has {}, of which {} are "
                                   "taken",
                                   action.cores,
                                   node.cores,
                                   node.used_cores)});
    }
}

void check_registration(Books& books, const ExecutorRegistered& event, Findings& out) {
    const ExecutorBook& entry = books.executor(event.exec);
    if (!entry.granted) {
        out.push_back(
            {7, fmt::format("{} registers without having been granted", to_text(event.exec))});
        return;
    }
    if (entry.registered) {
        out.push_back({7, fmt::format("{} registers twice", to_text(event.exec))});
    }
    if (entry.app != event.app || entry.node != event.node || entry.cores != event.cores) {
        out.push_back(
            {7,
             fmt::format("{} registers as something else than was granted", to_text(event.exec))});
    }
}

void check_loss(Books& books, const ExecutorLost& event, Findings& out) {
    if (!books.executor(event.exec).granted) {
        out.push_back({7, fmt::format("{} is lost but was never granted", to_text(event.exec))});
    }
}

void check_driver_view(Books& books, const DriverView& view, Findings& out) {
    for (const ExecutorId id : books.dirty.executors) {
        const ExecutorBook& entry = books.executor(id);
        if (!entry.app.valid() || entry.orphaned || books.app(entry.app).finished) {
            continue;
        }
        const bool alive = view.alive(entry.app, id);
        const bool usable = entry.alive() && entry.in_touch;
        if (alive != usable) {
            out.push_back({6,
                           fmt::format("the driver takes {} for {}, which it is not",
                                       to_text(id),
                                       alive ? "alive" : "gone")});
            continue;
        }
        const std::int64_t taken = std::int64_t{entry.running} * books.app(entry.app).task_cpus;
        const std::int64_t expected = usable ? entry.usable - taken : 0;
        const std::uint32_t free = view.free_cores(entry.app, id);
        if (std::int64_t{free} != expected) {
            out.push_back({6,
                           fmt::format("the driver counts {} free cores on {}; {} cores less {} "
                                       "running attempts leave {}",
                                       free,
                                       to_text(id),
                                       entry.usable,
                                       entry.running,
                                       expected)});
        }
    }
}

}  // namespace forkyard::invariants
