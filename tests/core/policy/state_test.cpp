// States of policies: saved, loaded and hashed by one list of members.
#include "core/policy/state.hpp"

#include <array>

#include <doctest/doctest.h>

#include "core/policy/local.hpp"
#include "tests/builders/app_of.hpp"
#include "tests/builders/choosers.hpp"
#include "tests/builders/manager_history.hpp"

namespace forkyard::state_test {
namespace {

enum class Colour : std::uint8_t { red, green };

struct Inner {
    std::int32_t number = 0;
    bool flag = false;

    bool operator==(const Inner&) const = default;
    template <class Self, class V>
    static void members(Self& self, V& v) {
        v(self.number, self.flag);
    }
};

// One of everything that a state may be made of.
struct Everything {
    std::int64_t number = -5;
    std::uint32_t amount = 4'000'000'000;
    bool flag = true;
    Colour colour = Colour::green;
    NodeId node{7};
    Bytes bytes{1024};
    SimDuration duration{250};
    SimTime time{SimDuration{1'000'000}};
    std::string text = "some text";
    Inner inner{-3, true};
    std::optional<Inner> maybe = Inner{1, false};
    std::vector<std::vector<AppId>> lists{{AppId{1}}, {AppId{2}, AppId{3}}};
    std::set<std::pair<SimTime, std::uint64_t>> set{{SimTime{SimDuration{3}}, 4}};
    std::map<std::string, Inner> map{{"one", {1, true}}, {"two", {2, false}}};

    bool operator==(const Everything&) const = default;
    template <class Self, class V>
    static void members(Self& self, V& v) {
        v(self.number, self.amount, self.flag, self.colour, self.node, self.bytes);
        v(self.duration, self.time, self.text, self.inner, self.maybe, self.lists);
        v(self.set, self.map);
    }
};

Everything nothing() {
    Everything empty;
    empty.number = 0;
    empty.amount = 0;
    empty.flag = false;
    empty.colour = Colour::red;
    empty.node = NodeId{};
    empty.bytes = {};
    empty.duration = {};
    empty.time = {};
    empty.text.clear();
    empty.inner = {};
    empty.maybe.reset();
    empty.lists.clear();
    empty.set.clear();
    empty.map.clear();
    return empty;
}

std::string saved(const Everything& value) {
    StateWriter out;
    out(value);
    return out.bytes();
}

std::uint64_t hashed(const Everything& value) {
    StateDigest digest;
    digest(value);
    return digest.value();
}

TEST_SUITE("states") {
    TEST_CASE("what is saved is loaded, whatever stood there before") {
        const std::vector<std::pair<Everything, Everything>> cases{
            {Everything{}, nothing()}, {nothing(), Everything{}}, {Everything{}, Everything{}}};
        for (const auto& [value, before] : cases) {
            const std::string bytes = saved(value);
            Everything loaded = before;
            StateReader in{bytes};
            in(loaded);
            CHECK(in.ok());
            CHECK(in.at_end());
            CHECK(loaded == value);
            CHECK(hashed(loaded) == hashed(value));
        }
    }

    TEST_CASE("bytes that end early are noticed, wherever they end") {
        const std::string bytes = saved(Everything{});
        for (std::size_t size = 0; size < bytes.size(); ++size) {
            CAPTURE(size);
            Everything loaded;
            StateReader in{std::string_view{bytes}.substr(0, size)};
            in(loaded);
            CHECK_FALSE(in.ok());
            CHECK_FALSE(in.at_end());
        }
    }

    TEST_CASE("after such an end the rest reads as 0") {
        StateWriter out;
        out(std::int64_t{5}, std::int64_t{6});
        const std::string bytes = out.bytes();
        StateReader in{std::string_view{bytes}.substr(0, 12)};
        std::int64_t first = 1;
        std::int64_t second = 2;
        std::string text = "before";
        std::vector<std::int64_t> list{1};
        in(first, second, text, list);
        CHECK(first == 5);
        CHECK(second == 0);
        CHECK(text.empty());
        CHECK(list.empty());
    }

    TEST_CASE("bytes that are left over are noticed") {
        const std::string bytes = saved(Everything{}) + "x";
        Everything loaded;
        StateReader in{bytes};
        in(loaded);
        CHECK(in.ok());
        CHECK_FALSE(in.at_end());
    }

    TEST_CASE("a length that the bytes do not have is noticed, and nothing is made for it") {
        StateWriter out;
        out(std::uint64_t{1} << 60U);
        std::vector<Inner> list;
        StateReader lists{out.bytes()};
        lists(list);
        CHECK_FALSE(lists.ok());
        CHECK(list.size() <= 1);
        std::string text;
        StateReader texts{out.bytes()};
        texts(text);
        CHECK_FALSE(texts.ok());
        CHECK(text.empty());
    }

    TEST_CASE("the digest is another when any member is") {
        const std::vector<void (*)(Everything&)> changes{
            [](Everything& e) { e.number = 5; },
            [](Everything& e) { --e.amount; },
            [](Everything& e) { e.flag = false; },
            [](Everything& e) { e.colour = Colour::red; },
            [](Everything& e) { e.node = NodeId{8}; },
            [](Everything& e) { e.node = NodeId{}; },
            [](Everything& e) { ++e.bytes.count; },
            [](Everything& e) { e.duration += SimDuration{1}; },
            [](Everything& e) { e.time += SimDuration{1}; },
            [](Everything& e) { e.text = "some texT"; },
            [](Everything& e) { e.text += " more"; },
            [](Everything& e) { e.inner.number = 3; },
            [](Everything& e) { e.inner.flag = false; },
            [](Everything& e) { e.maybe.reset(); },
            [](Everything& e) { e.maybe->number = 2; },
            [](Everything& e) { e.lists[1][1] = AppId{4}; },
            [](Everything& e) { std::swap(e.lists[1][0], e.lists[1][1]); },
            // The same members, one more on the left.
            [](Everything& e) {
                e.lists = {{AppId{1}, AppId{2}}, {AppId{3}}};
            },
            [](Everything& e) { e.lists.emplace_back(); },
            [](Everything& e) { e.set.clear(); },
            [](Everything& e) { e.set.emplace(SimTime{SimDuration{3}}, 5); },
            [](Everything& e) { e.map["one"].flag = false; },
            [](Everything& e) { std::swap(e.map["one"], e.map["two"]); },
            [](Everything& e) { e.map.erase("two"); },
        };
        std::set<std::uint64_t> digests{hashed(Everything{})};
        for (std::size_t i = 0; i < changes.size(); ++i) {
            CAPTURE(i);
            Everything changed;
            changes[i](changed);
            CHECK(digests.insert(hashed(changed)).second);
            CHECK(saved(changed) != saved(Everything{}));
        }
    }
}

// Five nodes in two racks, four applications with executors of different sizes: the first knows how
// to leave, the last has its driver in the cluster.
Scenario cluster_of_five(const std::string& manager) {
    Scenario scenario;
    scenario.cluster.manager = manager;
    for (std::uint32_t n = 0; n < 5; ++n) {
        NodeSpec node;
        node.name = fmt::format("w-{}", n + 1);
        node.cores = 6 + n;
        node.memory = Bytes{std::int64_t{12 + 3 * n} << 30};
        node.rack = n < 3 ? "r1" : "r2";
        scenario.cluster.nodes.push_back(std::move(node));
    }
    for (std::uint32_t n = 0; n < 4; ++n) {
        AppSpec app = app_of({}, {});
        app.name = fmt::format("a{}", n);
        app.priority = static_cast<std::int32_t>(n % 2);
        app.conf.executor_cores = n + 1;
        app.conf.executor_memory = Bytes{std::int64_t{1 + n} << 30};
        app.conf.executor_failures_max = 100;
        app.conf.executor_failures_validity = std::chrono::seconds{90};
        scenario.apps.push_back(std::move(app));
    }
    scenario.apps[0].conf.decommission.enabled = true;
    scenario.apps[3].cluster_mode = true;
    scenario.apps[3].supervise = true;
    scenario.apps[3].conf.app_attempts_max = 100;
    scenario.master.executor_retries_max = 40;
    return scenario;
}

// Two queues that take back from each other what is theirs.
Scenario preempting_yarn() {
    Scenario scenario = cluster_of_five("yarn");
    YarnSpec& yarn = scenario.cluster.yarn;
    yarn.preemption = true;
    yarn.dominant = true;
    for (const char* const name : {"default", "other"}) {
        yarn.queues.emplace_back().name = name;
        yarn.queues.back().capacity = Millionths{50'000'000};
        yarn.queues.back().user_limit_factor = Millionths{-1};
    }
    scenario.apps[2].queue = "other";
    return scenario;
}

Scenario fair_yarn() {
    Scenario scenario = cluster_of_five("yarn");
    YarnSpec& yarn = scenario.cluster.yarn;
    yarn.scheduler = YarnSchedulerKind::fair;
    yarn.dominant = true;
    yarn.queues.emplace_back().name = "default";
    yarn.queues.emplace_back().name = "other";
    yarn.queues.back().weight = Millionths{3'000'000};
    scenario.apps[2].queue = "other";
    return scenario;
}

Scenario quotas_and_roles(const std::string& manager) {
    Scenario scenario = cluster_of_five(manager);
    scenario.cluster.kubernetes.quotas = {{"small", 8, {}, 6}};
    scenario.cluster.mesos.roles = {{"small", Millionths{2'000'000}, 3, {}}};
    scenario.apps[1].queue = "small";
    scenario.apps[2].conf.yarn.am_unmanaged = true;
    scenario.apps[2].conf.cores_max = 12;
    return scenario;
}

Scenario fine_grained() {
    Scenario scenario = cluster_of_five("mesos");
    scenario.apps[0].conf.mesos.fine_grained = true;
    scenario.apps[1].conf.mesos.fine_grained = true;
    scenario.apps[1].conf.task_cpus = 2;
    return scenario;
}

// Played on in lockstep with one that has loaded its state, at four points of one history.
void check_goes_on_the_same(const Scenario& scenario, std::uint64_t seed, NodesIn nodes) {
    CAPTURE(scenario.cluster.manager);
    CAPTURE(seed);
    ManagerHistory history{scenario, seed, nodes};
    for (int part = 0; part < 4; ++part) {
        const std::uint64_t before = history.manager().digest();
        for (int n = 0; n < 60; ++n) {
            history.go_on();
        }
        CHECK(history.manager().digest() != before);

        StateWriter out;
        history.manager().save(out);
        std::unique_ptr<ClusterManager> fresh = make_policy(scenario);
        StateReader in{out.bytes()};
        fresh->load(in);
        CHECK(in.at_end());
        CHECK(fresh->digest() == history.manager().digest());
        CHECK(fresh->describe_waiting() == history.manager().describe_waiting());
        StateWriter again;
        fresh->save(again);
        CHECK(again.bytes() == out.bytes());
        history.add(std::move(fresh));
    }
    for (int n = 0; n < 60; ++n) {
        history.go_on();
    }
    // It was a history that a manager has to do with.
    CHECK(history.grants() > 10);
    CHECK(history.losses() > 10);
    CHECK(history.drivers() > 0);
}

// Those with a history to play: the others have tests of their own.
constexpr std::array managers_of_spark{"standalone", "yarn", "kubernetes", "mesos"};

TEST_SUITE("states of policies") {
    TEST_CASE("every manager of Spark's goes on from its saved state as it would have gone on") {
        for (const char* const name : managers_of_spark) {
            for (std::uint64_t seed = 1; seed <= 10; ++seed) {
                check_goes_on_the_same(cluster_of_five(name), seed, NodesIn::stay);
                check_goes_on_the_same(quotas_and_roles(name), seed, NodesIn::stay);
            }
        }
    }

    TEST_CASE("a local master starts its one executor, saved before or not, and once") {
        const Scenario scenario = cluster_of_five("local");
        Local local{scenario};
        const auto tell = [](ClusterManager& manager, const Event& event) {
            Decisions out;
            NoChoice chooser;
            Step step{SimTime{}, out, chooser};
            manager.handle(step, event);
            return out.actions.size();
        };
        const auto again = [&](const Local& first) {
            StateWriter out;
            first.save(out);
            auto fresh = std::make_unique<Local>(scenario);
            StateReader in{out.bytes()};
            fresh->load(in);
            return fresh;
        };
        CHECK(tell(local, WorkerJoined{NodeId{0}, 4, Bytes{1}, "default"}) == 0);
        const auto fresh = again(local);
        CHECK(tell(local, AppSubmitted{AppId{0}, {}}) == 1);
        CHECK(tell(*fresh, AppSubmitted{AppId{0}, {}}) == 1);
        CHECK(fresh->digest() == local.digest());
        CHECK(tell(*again(local), WorkerJoined{NodeId{0}, 4, Bytes{1}, "default"}) == 0);
    }

    TEST_CASE("so it does where nodes fall silent, leave and return") {
        for (const char* const name : managers_of_spark) {
            for (std::uint64_t seed = 1; seed <= 10; ++seed) {
                check_goes_on_the_same(cluster_of_five(name), seed, NodesIn::come_and_go);
                check_goes_on_the_same(quotas_and_roles(name), seed, NodesIn::come_and_go);
            }
        }
    }

    TEST_CASE("so does Mesos where cores are lent") {
        for (std::uint64_t seed = 1; seed <= 10; ++seed) {
            check_goes_on_the_same(fine_grained(), seed, NodesIn::come_and_go);
            check_goes_on_the_same(fine_grained(), seed, NodesIn::stay);
        }
    }

    TEST_CASE("so does YARN with fair shares") {
        for (std::uint64_t seed = 1; seed <= 10; ++seed) {
            check_goes_on_the_same(fair_yarn(), seed, NodesIn::come_and_go);
        }
    }

    TEST_CASE("so does YARN whose queues take back what is theirs") {
        for (std::uint64_t seed = 1; seed <= 10; ++seed) {
            check_goes_on_the_same(preempting_yarn(), seed, NodesIn::come_and_go);
        }
    }

    TEST_CASE("a state that ends early is not taken for a whole one") {
        for (const char* const name : managers_of_spark) {
            CAPTURE(name);
            const Scenario scenario = cluster_of_five(name);
            ManagerHistory history{scenario, 1, NodesIn::stay};
            for (int n = 0; n < 60; ++n) {
                history.go_on();
            }
            StateWriter out;
            history.manager().save(out);
            const std::string& bytes = out.bytes();
            for (const std::size_t size : {std::size_t{0}, bytes.size() / 2, bytes.size() - 1}) {
                StateReader in{std::string_view{bytes}.substr(0, size)};
                make_policy(scenario)->load(in);
                CHECK_FALSE(in.ok());
            }
        }
    }
}

}  // namespace
}  // namespace forkyard::state_test
