// The journal as a file: compressed, on standard output, cut off, damaged, of another mode; and
// what replay says of each.
#include <cstddef>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "tests/tools/binary.hpp"

namespace forkyard::cli_testing::journal_file_test {

namespace {

const std::string lossy = R"(format = 1
[cluster]
[[cluster.worker]]
name = "w"
count = 3
cores = 1
memory = "2g"
[cluster.network]
latency = "1ms"
bandwidth = "1m/s"
[conf]
"spark.executor.cores" = 1
[[app]]
name = "etl"
[[app.stage]]
name = "map"
tasks = 30
duration = { uniform = ["1ms", "20ms"] }
shuffle_write = "9k"
[[app.stage]]
name = "reduce"
tasks = 6
parents = ["map"]
duration = "5ms"
[[fault]]
kind = "kill-executor"
when = { kind = "stage.submit", stage = "reduce" }
executor = { app = "etl", holding = "map", pick = "any" }
)";

// After the line break that ends the last commit line within the first `size` bytes; 0: none.
std::size_t sealed_up_to(const std::string& journal, std::size_t size) {
    const std::string head = journal.substr(0, size);
    const auto at = head.rfind("\nK ");
    if (at == std::string::npos) {
        return 0;
    }
    const auto end = head.find('\n', at + 1);
    return end == std::string::npos ? sealed_up_to(journal, at + 1) : end + 1;
}

}  // namespace

TEST_SUITE("journal files") {
    TEST_CASE("the same journal every time, in either mode, with nothing of the machine in it") {
        Workplace place;
        place.write("s.toml", lossy);
        for (const char* name : {"a.fyj", "b.fyj"}) {
            REQUIRE(place.run({"run", "s.toml", "--quiet", "--journal", name}).exit == 0);
        }
        REQUIRE(
            place.run({"run", "s.toml", "--quiet", "--executors", "inline", "--journal", "i.fyj"})
                .exit == 0);
        const std::string journal = place.read("a.fyj");
        CHECK(journal.starts_with("#forkyard-journal 1\nH schema=1 "));
        CHECK(journal == place.read("b.fyj"));
        CHECK(journal == place.read("i.fyj"));
        CHECK(!has(journal, place.path("").string()));
        CHECK(!has(journal, "inline"));
        const auto meta = nlohmann::json::parse(place.read("a.fyj.meta.json"));
        CHECK(meta["executors"] == "process");
        CHECK(place.exists("i.fyj.meta.json"));
    }

    TEST_CASE("compressed, and on standard output") {
        Workplace place;
        place.write("s.toml", lossy);
        REQUIRE(place.run({"run", "s.toml", "--quiet", "--journal", "j.fyj"}).exit == 0);
        REQUIRE(place.run({"run", "s.toml", "--quiet", "--journal", "j.fyj.zst"}).exit == 0);
        const Finished printed = place.run({"run", "s.toml", "--quiet", "--journal", "-"});
        CHECK(printed.exit == 0);
        CHECK(printed.out == place.read("j.fyj"));
        CHECK(place.read("j.fyj.zst").size() < printed.out.size() / 2);
        CHECK(place.read("j.fyj.zst").starts_with("\x28\xb5\x2f\xfd"));
        CHECK(!place.exists("-"));
        const Finished plain = place.run({"replay", "j.fyj"});
        const Finished packed = place.run({"replay", "j.fyj.zst"});
        CHECK(plain.exit == 0);
        CHECK(packed.exit == 0);
        CHECK(packed.out.substr(packed.out.find(':')) == plain.out.substr(plain.out.find(':')));
        // A compressed journal that was cut gives what was written before.
        place.write("c.fyj.zst", place.read("j.fyj.zst").substr(0, 3000));
        const Finished cut = place.run({"replay", "c.fyj.zst"});
        INFO(cut.err);
        const bool understood = cut.exit == 0 || cut.exit == 65;
        CHECK(understood);
    }

    TEST_CASE("a journal replays alone: the scenario is not needed any more") {
        Workplace place;
        place.write("s.toml", lossy);
        const Finished run =
            place.run({"run", "s.toml", "--json", "--seed", "3", "--journal", "j.fyj"});
        REQUIRE(run.exit == 0);
        std::filesystem::remove(place.path("s.toml"));
        const Finished replay = place.run({"replay", "j.fyj"});
        CHECK(replay.exit == 0);
        CHECK(has(replay.out, run.json()["digest"].get<std::string>()));
    }

    TEST_CASE("cut anywhere, it replays up to its last commit line") {
        Workplace place;
        place.write("s.toml", lossy);
        REQUIRE(place.run({"run", "s.toml", "--quiet", "--journal", "j.fyj"}).exit == 0);
        const std::string journal = place.read("j.fyj");
        const std::size_t step = journal.size() / 150 + 1;
        for (std::size_t size = 0; size < journal.size(); size += step) {
            INFO("cut after " << size << " of " << journal.size() << " bytes");
            place.write("c.fyj", journal.substr(0, size));
            const Finished replay = place.run({"replay", "c.fyj"});
            INFO(replay.err);
            const std::size_t sealed = sealed_up_to(journal, size);
            if (sealed == 0) {
                CHECK(replay.exit == 65);
                continue;
            }
            CHECK(replay.exit == 0);
            CHECK(has(replay.out, "cut off before the end"));
            if (sealed < size) {
                CHECK(has(replay.err, "warning"));
                CHECK(has(replay.err, std::to_string(size - sealed) + " bytes"));
            }
        }
    }

    TEST_CASE("damage before a valid checksum is 65 with file and line; --unsealed passes over") {
        Workplace place;
        place.write("s.toml", lossy);
        REQUIRE(place.run({"run", "s.toml", "--quiet", "--journal", "j.fyj"}).exit == 0);
        std::string journal = place.read("j.fyj");
        const auto at = journal.find(" memory=2147483648");
        REQUIRE(at != std::string::npos);
        journal[at + 9] = '3';  // of a worker that joins
        place.write("d.fyj", journal);
        const Finished replay = place.run({"replay", "d.fyj"});
        CHECK(replay.exit == 65);
        CHECK(has(replay.err, "d.fyj:"));
        CHECK(place.run({"replay", "d.fyj", "--unsealed"}).exit != 65);
    }

    TEST_CASE("a decision that was changed by hand is a divergence: 3") {
        Workplace place;
        place.write("s.toml", lossy);
        REQUIRE(place.run({"run", "s.toml", "--quiet", "--journal", "j.fyj"}).exit == 0);
        std::string journal = place.read("j.fyj");
        const auto at = journal.find("exec=e", journal.find("task=s0.0/p20#0"));
        REQUIRE(at != std::string::npos);
        journal[at + 6] = journal[at + 6] == '1' ? '2' : '1';
        place.write("d.fyj", journal);
        const Finished replay = place.run({"replay", "d.fyj", "--unsealed"});
        CHECK(replay.exit == 3);
        CHECK(has(replay.out + replay.err, "s0.0/p20#0"));
    }

    TEST_CASE("a journal of a newer schema is stale: 4") {
        Workplace place;
        place.write("s.toml", lossy);
        REQUIRE(place.run({"run", "s.toml", "--quiet", "--journal", "j.fyj"}).exit == 0);
        std::string journal = place.read("j.fyj");
        journal.replace(journal.find("schema=1"), 8, "schema=9");
        place.write("n.fyj", journal);
        CHECK(place.run({"replay", "n.fyj", "--unsealed"}).exit == 4);
    }

    TEST_CASE("verify says how often it ran, and what came out") {
        Workplace place;
        place.write("s.toml", lossy);
        const Finished verify = place.run({"verify", "s.toml"});
        CHECK(verify.exit == 0);
        CHECK(has(verify.out, "s.toml: ok"));
        const auto json = place.run({"run", "s.toml", "--json"}).json();
        CHECK(has(verify.out, json["digest"].get<std::string>()));
        CHECK(place.run({"verify", "s.toml", "--quiet"}).out.empty());
    }
}

}  // namespace forkyard::cli_testing::journal_file_test
