// What holds of every manager, on random clusters with random demands and losses: no node has
// more than it can hold, what ends gives its room back, nobody waits beside room that would do,
// fair shares are fair, and who joined first makes no difference.
#include <algorithm>
#include <array>
#include <numeric>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "core/random.hpp"
#include "tests/builders/manager_world.hpp"

namespace forkyard::properties_test {
namespace {

constexpr std::array managers{"standalone", "yarn", "kubernetes", "mesos"};
constexpr std::uint64_t seeds = 40;
constexpr std::int64_t long_enough = 3'600'000;  // ms: past every batch, poll and filter

class Draw {
public:
    explicit Draw(std::uint64_t seed) : key_{random_key(seed, Stream::test)} {}
    // From `least` to `most`.
    std::uint32_t between(std::uint32_t least, std::uint32_t most) {
        return least + static_cast<std::uint32_t>(draw_below(key_, draws_++, most - least + 1));
    }

private:
    std::uint64_t key_;
    std::uint64_t draws_ = 0;
};

// Executors are all of one size, and YARN's masters run elsewhere: what is granted is then all
// that is taken. Sometimes cores are what runs out first, sometimes memory.
Scenario random_cluster(const std::string& manager, Draw& draw, std::uint32_t apps) {
    std::vector<WorkerSize> nodes(draw.between(2, 8));
    for (WorkerSize& node : nodes) {
        node = {draw.between(2, 16), std::int64_t{draw.between(4, 64)} * 1024};
    }
    const Wish wish{1024, draw.between(1, 3), {}};
    Scenario scenario = managed_by(manager, nodes, std::vector(apps, wish));
    scenario.cluster.yarn.dominant = true;
    for (AppSpec& app : scenario.apps) {
        app.conf.yarn.am_unmanaged = true;
    }
    return scenario;
}

struct Taken {
    std::uint32_t cores = 0;
    std::int64_t memory = 0;
};

std::vector<Taken> taken(const ManagerWorld& world, const Scenario& scenario) {
    std::vector<Taken> nodes(scenario.cluster.nodes.size());
    for (std::uint32_t app = 0; app < scenario.apps.size(); ++app) {
        for (const std::uint32_t exec : world.executors(app)) {
            const LaunchExecutor& grant = world.grant(exec);
            nodes[grant.node.index()].cores += grant.cores;
            nodes[grant.node.index()].memory += grant.memory.count;
        }
    }
    return nodes;
}

void check_capacity(const ManagerWorld& world, const Scenario& scenario) {
    const std::vector<Taken> nodes = taken(world, scenario);
    for (std::size_t n = 0; n < nodes.size(); ++n) {
        CHECK(nodes[n].cores <= scenario.cluster.nodes[n].cores);
        CHECK(nodes[n].memory <= scenario.cluster.nodes[n].memory.count);
    }
}

// With an executor of this size anywhere.
bool has_room(const ManagerWorld& world, const Scenario& scenario, const LaunchExecutor& size) {
    const std::vector<Taken> nodes = taken(world, scenario);
    for (std::size_t n = 0; n < nodes.size(); ++n) {
        const NodeSpec& spec = scenario.cluster.nodes[n];
        if (nodes[n].cores + size.cores <= spec.cores &&
            nodes[n].memory + size.memory.count <= spec.memory.count) {
            return true;
        }
    }
    return false;
}

std::size_t granted(const ManagerWorld& world, const Scenario& scenario) {
    std::size_t all = 0;
    for (std::uint32_t app = 0; app < scenario.apps.size(); ++app) {
        all += world.count(app);
    }
    return all;
}

// All executors that have not registered do; those that the manager killed are lost.
void settle(ManagerWorld& world, const Scenario& scenario, std::int64_t until) {
    for (int round = 0; round < 4; ++round) {
        for (std::uint32_t app = 0; app < scenario.apps.size(); ++app) {
            for (const std::uint32_t exec : world.executors(app)) {
                (void)world.runs(exec);
            }
        }
        (void)world.killed_ones_go();
        (void)world.run_until(until - 3 + round);
    }
}

// By weight, as evenly as whole executors allow, of so many in all: who has least of its weight
// gets the next.
std::vector<std::size_t> even_shares(std::size_t all,
                                     const std::vector<std::uint32_t>& weights,
                                     const std::vector<std::size_t>& wanted) {
    std::vector<std::size_t> shares(weights.size());
    for (; all > 0; --all) {
        std::size_t next = weights.size();
        for (std::size_t i = 0; i < weights.size(); ++i) {
            const bool wants = shares[i] < wanted[i];
            if (wants &&
                (next == weights.size() || shares[i] * weights[next] < shares[next] * weights[i])) {
                next = i;
            }
        }
        if (next == weights.size()) {
            break;
        }
        ++shares[next];
    }
    return shares;
}

// Nodes of exactly one executor, and an application in each of several queues (roles) with
// random weights and demands.
struct Sharing {
    Sharing(const std::string& manager, std::uint64_t seed) : draw{seed} {
        const std::uint32_t apps = draw.between(2, 5);
        const std::uint32_t nodes = draw.between(4, 30);
        scenario = managed_by(manager,
                              std::vector<WorkerSize>(nodes, WorkerSize{2, 2048}),
                              std::vector(apps, Wish{1024, 2, {}}));
        scenario.cluster.yarn.scheduler = YarnSchedulerKind::fair;
        scenario.cluster.yarn.dominant = seed % 2 == 0;
        for (std::uint32_t i = 0; i < apps; ++i) {
            AppSpec& app = scenario.apps[i];
            app.conf.yarn.am_unmanaged = true;
            app.queue = fmt::format("q{}", i);
            weights.push_back(draw.between(1, 4));
            wanted.push_back(draw.between(1, 2 * nodes));
            const Millionths weight{std::int64_t{weights.back()} * one.count};
            QueueSpec& queue = scenario.cluster.yarn.queues.emplace_back();
            queue.name = app.queue;
            queue.weight = weight;
            scenario.cluster.mesos.roles.push_back({app.queue, weight});
        }
    }

    void check(const ManagerWorld& world) const {
        const auto shares = even_shares(granted(world, scenario), weights, wanted);
        for (std::uint32_t i = 0; i < shares.size(); ++i) {
            CAPTURE(i);
            CHECK(world.count(i) <= shares[i] + 1);
            CHECK(world.count(i) + 1 >= shares[i]);
        }
    }

    Draw draw;
    Scenario scenario;
    std::vector<std::uint32_t> weights{};
    std::vector<std::size_t> wanted{};
};

}  // namespace

TEST_SUITE("properties of managers") {
    TEST_CASE("no node holds more than it has, and nobody waits beside room that would do") {
        for (const char* const manager : managers) {
            for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
                CAPTURE(std::string{manager});
                CAPTURE(seed);
                Draw draw{seed};
                const Scenario scenario = random_cluster(manager, draw, draw.between(1, 4));
                ManagerWorld world{scenario};
                std::vector<std::uint32_t> asked;
                for (std::uint32_t app = 0; app < scenario.apps.size(); ++app) {
                    asked.push_back(draw.between(1, 40));
                    (void)world.asks(app, asked[app]);
                    check_capacity(world, scenario);
                }
                for (int loss = 0; loss < 5; ++loss) {
                    settle(world, scenario, (loss + 1) * long_enough);
                    check_capacity(world, scenario);
                    std::vector<std::uint32_t> all;
                    for (std::uint32_t app = 0; app < scenario.apps.size(); ++app) {
                        CHECK(world.count(app) <= asked[app]);
                        const auto own = world.executors(app);
                        all.insert(all.end(), own.begin(), own.end());
                    }
                    if (all.empty()) {  // executors larger than every node
                        break;
                    }
                    for (std::uint32_t app = 0; app < scenario.apps.size(); ++app) {
                        CAPTURE(app);
                        CHECK((world.count(app) == asked[app] ||
                               !has_room(world, scenario, world.grant(all.front()))));
                    }
                    const auto last = static_cast<std::uint32_t>(all.size() - 1);
                    (void)world.gone(all[draw.between(0, last)], LossReason::requested);
                }
            }
        }
    }

    TEST_CASE("what ends gives all of its room back") {
        for (const char* const manager : managers) {
            for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
                CAPTURE(std::string{manager});
                CAPTURE(seed);
                Draw draw{seed};
                const std::uint32_t apps = draw.between(2, 4);
                const Scenario scenario = random_cluster(manager, draw, apps);
                ManagerWorld world{scenario};
                for (std::uint32_t app = 0; app + 1 < apps; ++app) {
                    (void)world.asks(app, draw.between(1, 40));
                }
                settle(world, scenario, long_enough);
                for (std::uint32_t app = 0; app + 1 < apps; ++app) {
                    (void)world.ends(app);
                    (void)world.all_gone(app, LossReason::app_finished);
                }
                (void)world.asks(apps - 1, 1000);
                settle(world, scenario, 2 * long_enough);
                ManagerWorld fresh{scenario};
                (void)fresh.asks(apps - 1, 1000);
                settle(fresh, scenario, 2 * long_enough);
                CHECK(world.count(apps - 1) == fresh.count(apps - 1));
                CHECK(granted(world, scenario) == world.count(apps - 1));
            }
        }
    }

    TEST_CASE("FAIR and DRF shares are within one executor of the ideal") {
        for (const char* const manager : {"yarn", "mesos"}) {
            for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
                CAPTURE(std::string{manager});
                CAPTURE(seed);
                const Sharing sharing{manager, seed};
                ManagerWorld world{sharing.scenario, NodesAt::later};
                for (std::uint32_t app = 0; app < sharing.wanted.size(); ++app) {
                    (void)world.asks(app, static_cast<std::uint32_t>(sharing.wanted[app]));
                }
                for (std::uint32_t n = 0; n < sharing.scenario.cluster.nodes.size(); ++n) {
                    (void)world.joins(n);
                }
                settle(world, sharing.scenario, long_enough);
                CHECK(granted(world, sharing.scenario) ==
                      std::min(sharing.scenario.cluster.nodes.size(),
                               std::accumulate(
                                   sharing.wanted.begin(), sharing.wanted.end(), std::size_t{0})));
                sharing.check(world);
            }
        }
    }

    TEST_CASE("who comes late is not starved by fair managers: what is given up comes to it") {
        for (const char* const manager : {"yarn", "mesos"}) {
            for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
                CAPTURE(std::string{manager});
                CAPTURE(seed);
                Sharing sharing{manager, seed};
                ManagerWorld world{sharing.scenario};
                // All that there is, and more.
                const auto wanted =
                    static_cast<std::uint32_t>(2 * sharing.scenario.cluster.nodes.size());
                sharing.wanted[0] = wanted;
                (void)world.asks(0, wanted);
                settle(world, sharing.scenario, long_enough);
                for (std::uint32_t app = 1; app < sharing.wanted.size(); ++app) {
                    (void)world.asks(app, static_cast<std::uint32_t>(sharing.wanted[app]));
                }
                settle(world, sharing.scenario, 2 * long_enough);
                // The first loses all that it has, one by one, and wants as many again.
                const std::vector<std::uint32_t> before = world.executors(0);
                std::int64_t time = 2 * long_enough;
                for (const std::uint32_t exec : before) {
                    (void)world.gone(exec, LossReason::idle);
                    (void)world.asks(0, wanted);
                    time += long_enough;
                    settle(world, sharing.scenario, time);
                }
                sharing.check(world);
            }
        }
    }

    TEST_CASE("the order in which nodes joined makes no difference") {
        for (const char* const manager : managers) {
            for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
                CAPTURE(std::string{manager});
                CAPTURE(seed);
                Draw draw{seed};
                const Scenario scenario = random_cluster(manager, draw, draw.between(1, 4));
                std::vector<std::uint32_t> order(scenario.cluster.nodes.size());
                std::iota(order.begin(), order.end(), 0U);
                std::vector<std::vector<Cores>> results;
                for (int again = 0; again < 3; ++again) {
                    ManagerWorld world{scenario, NodesAt::later};
                    for (const std::uint32_t node : order) {
                        (void)world.joins(node);
                    }
                    std::vector<Cores>& cores = results.emplace_back();
                    for (std::uint32_t app = 0; app < scenario.apps.size(); ++app) {
                        (void)world.asks(app, 12);
                    }
                    settle(world, scenario, long_enough);
                    for (std::uint32_t app = 0; app < scenario.apps.size(); ++app) {
                        cores.push_back(world.cores(app));
                    }
                    for (std::size_t i = order.size(); i > 1; --i) {
                        std::swap(order[i - 1],
                                  order[draw.between(0, static_cast<std::uint32_t>(i - 1))]);
                    }
                }
                CHECK(results[1] == results[0]);
                CHECK(results[2] == results[0]);
            }
        }
    }
}

}  // namespace forkyard::properties_test
