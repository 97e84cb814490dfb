// Broadcast variables: how they are cut, who fetches what from whom, and when they are gone.
#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "core/random.hpp"
#include "sim/session/sdk/forkyard/session.hpp"
#include "tests/sim/run/inline_run.hpp"

namespace forkyard::sim::broadcasts_test {

namespace {

using testing::InlineRun;
using Texts = std::vector<std::string>;

Texts& heard() {
    static Texts lines;
    return lines;
}

// What no compression makes smaller.
std::string noise(std::size_t bytes) {
    std::string out;
    for (std::uint64_t i = 0; out.size() < bytes; ++i) {
        const std::uint64_t word = draw(1, i);
        for (unsigned shift = 0; shift < 64; shift += 8) {
            out += static_cast<char>(word >> shift);
        }
    }
    out.resize(bytes);
    return out;
}

Computed<Value> size_of_last(Value /*record*/, Arguments args) {
    return Value{static_cast<std::int64_t>(args[args.size() - 1].text().size())};
}
FORKYARD_FUNCTION(size_of_last, "size_of_last", "bytes of its argument", 1, 2, size_of_last)

// Eight tasks, each of which looks at the broadcast text.
Dataset sizes(Session& session, const Broadcast& text) {
    return session.range(0, 8, 1, 8)
        .costing(std::chrono::milliseconds{100})
        .map("size_of_last", text);
}

void sends_noise(Session& session) {
    const Broadcast text = session.broadcast(
        Value{noise(static_cast<std::size_t>(session.argument("bytes", std::int64_t{0})))});
    heard().push_back(to_text(sizes(session, text).reduce("max")));
}
FORKYARD_PROGRAM(sends_noise, "a broadcast variable that cannot be compressed")

void sends_nothing_much(Session& session) {
    const Broadcast text = session.broadcast(Value{std::string(std::size_t{10} << 20U, 'x')});
    heard().push_back(to_text(sizes(session, text).reduce("max")));
}
FORKYARD_PROGRAM(sends_nothing_much, "a broadcast variable that can")

std::string error_of(Session& /*session*/, const auto& call) {
    try {
        call();
    } catch (const SessionError& error) {
        return error.what();
    }
    return "";
}

void unpersists_and_destroys(Session& session) {
    Broadcast text = session.broadcast(Value{noise(1000)});
    const Dataset used = sizes(session, text);
    heard().push_back(to_text(used.reduce("max", "first")));
    heard().push_back(to_text(used.reduce("max", "again")));
    text.unpersist();
    heard().push_back(to_text(used.reduce("max", "anew")));
    text.destroy("/home/ada/program.cpp", 12);
    heard().push_back(error_of(session, [&] { (void)used.reduce("max", "too late"); }));
    heard().push_back(error_of(session, [&] { text.unpersist(); }));
    heard().push_back(error_of(session, [&] { text.destroy(); }));
    heard().push_back(fmt::format("{}", text.value().text().size()));
}
FORKYARD_PROGRAM(unpersists_and_destroys, "the end of a broadcast variable")

void needs_no_tasks_of_it(Session& session) {
    Broadcast text = session.broadcast(Value{"abc"});
    const Dataset sums =
        session.range(0, 8, 1, 8).map("size_of_last", text).key_by("identity").group_by_key(2U);
    heard().push_back(fmt::format("{}", sums.count("shuffles")));
    text.destroy();
    heard().push_back(fmt::format("{}", sums.count("reads")));
}
FORKYARD_PROGRAM(needs_no_tasks_of_it, "a broadcast variable behind a shuffle")

void misuses(Session& session) {
    const Broadcast text = session.broadcast(Value{"abc"});
    const Dataset numbers = session.range(0, 8);
    heard().push_back(error_of(session, [&] { (void)numbers.map("size_of_last", text, 1); }));
    heard().push_back(error_of(session, [&] { (void)numbers.map("identity", text); }));
    heard().push_back(error_of(session, [&] { (void)Broadcast{}.value(); }));
    heard().push_back(to_text(numbers.map("size_of_last", 1, text).reduce("max")));
}
FORKYARD_PROGRAM(misuses, "what a broadcast variable cannot be")

struct Setting {
    int workers = 1;
    int cores = 4;
    std::string conf{};
    std::string args{};  // of the program
    std::string faults{};
};

// Executors of 1g, one a worker, in a network of 100 MB/s.
InlineRun run(const std::string& program, const Setting& setting = {}) {
    heard().clear();
    return InlineRun{
        fmt::format("format = 1\n[cluster.network]\nlatency = \"1ms\"\n"
                    "bandwidth = \"100m/s\"\n[[cluster.worker]]\nname = \"w\"\n"
                    "count = {}\ncores = {}\nmemory = \"4g\"\n[conf]\n"
                    "\"spark.executor.memory\" = \"1g\"\n{}[[app]]\nname = \"a\"\n"
                    "[app.program]\nname = \"{}\"\n{}{}",
                    setting.workers,
                    setting.cores,
                    setting.conf,
                    program,
                    setting.args,
                    setting.faults)};
}

std::string value_of(const std::string& line, const std::string& key) {
    const std::size_t begin = line.find(" " + key + "=") + key.size() + 2;
    return line.substr(begin, line.find(' ', begin) - begin);
}

Texts fetched(const InlineRun& ran) {
    return ran.records.of(" broadcast.fetched ");
}

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_SUITE("broadcast variables") {
    TEST_CASE("DP-BC-01 ten incompressible mebibytes are three pieces") {
        const InlineRun ran = run("sends_noise", {.args = "bytes = 10_485_760\n"});
        CHECK(heard() == Texts{"10485760"});
        REQUIRE(ran.records.of(" broadcast.created ").size() == 1);
        const std::string sizes = value_of(ran.records.of(" broadcast.created ")[0], "pieces");
        CHECK(sizes.starts_with("4194304,4194304,209"));
        CHECK(std::count(sizes.begin(), sizes.end(), ',') == 2);
        CHECK(fetched(ran).size() == 3);
    }

    TEST_CASE("DP-BC-01 the value is compressed, unless spark.broadcast.compress says no") {
        const InlineRun small = run("sends_nothing_much");
        CHECK(heard() == Texts{"10485760"});
        REQUIRE(small.records.of(" broadcast.created ").size() == 1);
        CHECK(std::stoll(value_of(small.records.of(" broadcast.created ")[0], "pieces")) < 10'000);
        const InlineRun large = run("sends_nothing_much",
                                    {.conf = "\"spark.broadcast.compress\" = false\n"
                                             "\"spark.broadcast.blockSize\" = \"1m\"\n"});
        CHECK(heard() == Texts{"10485760"});
        CHECK(fetched(large).size() == 11);
    }

    TEST_CASE("DP-BC-02 pieces come in random order, and who has one is a source of it") {
        const InlineRun ran = run("sends_noise",
                                  {.workers = 8,
                                   .cores = 1,
                                   .conf = "\"spark.broadcast.blockSize\" = \"100k\"\n",
                                   .args = "bytes = 4_000_000\n"});
        std::map<std::string, Texts> orders;
        std::map<std::string, std::set<std::string>> holders;
        std::size_t from_driver = 0;
        for (const std::string& line : fetched(ran)) {
            const std::string block = value_of(line, "block");
            const std::string from = value_of(line, "from");
            CHECK((from == "-" || holders[block].contains(from)));
            holders[block].insert(value_of(line, "exec"));
            orders[value_of(line, "exec")].push_back(block);
            from_driver += from == "-" ? 1 : 0;
        }
        REQUIRE(orders.size() == 8);
        std::set<Texts> different;
        for (const auto& [exec, order] : orders) {
            CHECK(order.size() == 40);
            CHECK(std::set<std::string>{order.begin(), order.end()}.size() == 40);
            different.insert(order);
        }
        CHECK(different.size() == 8);
        // About one copy and not eight: some are asked for before anybody else has them.
        CHECK(from_driver >= 40);
        CHECK(from_driver < 3 * 40);
    }

    TEST_CASE("DP-BC-02 a source that is lost is replaced by another") {
        const InlineRun ran =
            run("sends_noise",
                {.workers = 4,
                 .cores = 2,
                 .conf = "\"spark.broadcast.blockSize\" = \"100k\"\n",
                 .args = "bytes = 4_000_000\n",
                 .faults = "[[fault]]\nkind = \"kill-executor\"\n"
                           "when = { kind = \"broadcast.fetched\", exec = \"e2\" }\n"
                           "nth = 20\n"});
        CHECK(ran.result.report.exit == Exit::ok);
        CHECK(heard() == Texts{"4000000"});
    }

    TEST_CASE("DP-BC-03 eight tasks in four slots fetch once, and wait for it together") {
        const InlineRun ran = run("sends_noise", {.args = "bytes = 1_000_000\n"});
        CHECK(heard() == Texts{"1000000"});
        CHECK(fetched(ran).size() == 1);
        std::map<std::string, int> at;
        for (const std::string& line : ran.records.of(" task.finished ")) {
            ++at[value_of(line, "run")];
        }
        // A megabyte takes 1 + 10 ms; the second four find it.
        CHECK(at.size() == 2);
        CHECK(at["100001"] == 4);
    }

    TEST_CASE("DP-BC-04 what is unpersisted is fetched again, and what is destroyed is an error") {
        const InlineRun ran = run("unpersists_and_destroys", {.workers = 2, .cores = 4});
        REQUIRE(heard().size() == 7);
        CHECK(Texts(heard().begin(), heard().begin() + 3) == Texts(3, "1000"));
        const std::string destroyed =
            "Attempted to use Broadcast(0) after it was destroyed (program.cpp:12)";
        for (std::size_t i = 3; i < 6; ++i) {
            CHECK(has(heard()[i], destroyed));
        }
        CHECK(heard()[6] == "1000");
        CHECK(fetched(ran).size() == 4);
        CHECK(ran.records.of("broadcast.remove app=a broadcast=broadcast_0").size() == 2);
        CHECK(ran.records.of("broadcast.destroyed app=a broadcast=broadcast_0 at=program.cpp:12")
                  .size() == 1);
    }

    TEST_CASE("DP-BC-04 a job whose stages need nothing of what is destroyed goes on") {
        const InlineRun ran = run("needs_no_tasks_of_it");
        CHECK(ran.result.report.exit == Exit::ok);
        CHECK(heard() == Texts{"1", "1"});
    }

    TEST_CASE("a broadcast variable is the last argument, of a function that takes so many") {
        const InlineRun ran = run("misuses");
        REQUIRE(heard().size() == 4);
        CHECK(heard()[0] == "a broadcast variable is the last argument of its function");
        CHECK(has(heard()[1], "'identity' takes 0 arguments, not 1"));
        CHECK(has(heard()[2], "used by the driver only"));
        CHECK(heard()[3] == "3");
    }

    TEST_CASE("an executor that is frozen gets its pieces when it goes on") {
        const InlineRun ran = run("sends_noise",
                                  {.args = "bytes = 4_000_000\n",
                                   .faults = "[[fault]]\nkind = \"freeze-executor\"\n"
                                             "executor = \"e1\"\nfor = \"5s\"\n"
                                             "when = { kind = \"broadcast.created\" }\n"
                                             "delay = \"10ms\"\n"});
        CHECK(ran.result.report.exit == Exit::ok);
        CHECK(heard() == Texts{"4000000"});
        REQUIRE(fetched(ran).size() == 1);
        CHECK(std::stoll(fetched(ran)[0]) >= 5'000'000);
    }

    TEST_CASE("a task that is to fail waits for its pieces first") {
        const InlineRun ran = run("sends_noise",
                                  {.args = "bytes = 40_000_000\n",
                                   .faults = "[[fault]]\nkind = \"fail-task\"\nstage = \"*\"\n"
                                             "partition = 1\n"});
        CHECK(ran.result.report.exit == Exit::ok);
        CHECK(heard() == Texts{"40000000"});
        CHECK(ran.result.report.summary.tasks.failed == 1);
    }

    TEST_CASE("the executor of a local manager has what its driver has") {
        heard().clear();
        const InlineRun ran{
            "format = 1\n[cluster]\nmanager = \"local[2]\"\n[[app]]\nname = \"a\"\n"
            "[app.program]\nname = \"sends_noise\"\nbytes = 1000\n"};
        CHECK(heard() == Texts{"1000"});
        CHECK(fetched(ran).empty());
    }
}

}  // namespace forkyard::sim::broadcasts_test
