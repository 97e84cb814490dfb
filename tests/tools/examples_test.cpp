// The scenarios that come with the program hold what they promise: each runs as it expects, repeats
// itself in either mode, and its journal replays.
#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "tests/tools/binary.hpp"

namespace forkyard::cli_testing::examples_test {

namespace {

const std::filesystem::path folder = std::filesystem::path{FORKYARD_SOURCE_DIR} / "scenarios";

std::vector<std::string> examples() {
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator{folder}) {
        if (entry.path().extension() == ".toml") {
            files.push_back(entry.path().string());
        }
    }
    std::sort(files.begin(), files.end());
    return files;
}

}  // namespace

TEST_SUITE("examples") {
    TEST_CASE("every example runs as it expects, and says what it expects") {
        Workplace place;
        const auto files = examples();
        REQUIRE(files.size() >= 2);
        for (const std::string& file : files) {
            INFO(file);
            const Finished run = place.run({"run", file, "--json"});
            INFO(run.err);
            CHECK(run.exit == 0);
            CHECK(run.err.empty());
            const nlohmann::json json = run.json();
            CHECK(json["invariants"]["broken"] == 0);
            CHECK(json["expectations"].size() >= 2);
            for (const auto& expectation : json["expectations"]) {
                CHECK(expectation["ok"] == true);
            }
            CHECK(read_file(file).starts_with("# "));  // what one sees
        }
    }

    TEST_CASE("a folder is its scenarios: journals in a folder, each of which replays") {
        Workplace place;
        const Finished run =
            place.run({"run", folder.string(), "--quiet", "--journal", "journals"});
        CHECK(run.exit == 0);
        for (const std::string& file : examples()) {
            const std::string journal =
                "journals/" + std::filesystem::path{file}.stem().string() + ".fyj";
            INFO(journal);
            REQUIRE(place.exists(journal));
            CHECK(place.run({"replay", journal, "--quiet"}).exit == 0);
        }
    }

    TEST_CASE("every example repeats itself, inline and in processes") {
        Workplace place;
        const Finished verify = place.run({"verify", folder.string()});
        CHECK(verify.exit == 0);
        CHECK(lines_with(verify.out, {": ok"}).size() == examples().size());
        CHECK(place.run({"check", folder.string(), "--quiet"}).exit == 0);
    }

    TEST_CASE("an executor is busy while its process lives, not until the loss is noticed") {
        Workplace place;
        const Finished run = place.run({"run", (folder / "worker_lost_and_back.toml").string()});
        REQUIRE(run.exit == 0);
        const auto lines = lines_with(run.out, {"worker-lost at 7 s"});
        REQUIRE(lines.size() == 1);
        CHECK(has(lines[0], " 6 s "));  // 4 s, and 2 s until the power cut
    }
}

}  // namespace forkyard::cli_testing::examples_test
