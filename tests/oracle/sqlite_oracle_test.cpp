// Random programs of datasets, computed by tasks, against what SQLite makes of the same rows: a
// judge that has nothing to do with us.
#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "core/data/value_text.hpp"
#include "tests/oracle/random_program.hpp"
#include "tests/sim/run/inline_run.hpp"

namespace forkyard::oracle::sqlite_oracle_test {

namespace {

using sim::testing::InlineRun;
using Texts = std::vector<std::string>;

std::string scenario(const RandomProgram& program) {
    std::string text =
        "format = 1\n[[cluster.worker]]\nname = \"w\"\ncount = 2\ncores = 2\nmemory = \"2g\"\n"
        "[[app]]\nname = \"a\"\n" +
        program.text();
    for (const Dataset& dataset : program.datasets()) {
        text += "[[app.job]]\nname = \"" + dataset.name + "\"\nof = \"" + dataset.name + "\"\n";
    }
    return text;
}

Texts sorted(Texts rows) {
    std::sort(rows.begin(), rows.end());
    return rows;
}

Texts texts(const std::vector<Value>& rows) {
    Texts out;
    for (const Value& row : rows) {
        out.push_back(to_text(row));
    }
    return out;
}

// What they were sorted by, in their order.
Texts sort_keys(const Dataset& dataset, const std::vector<Value>& rows) {
    Texts out;
    for (const Value& row : rows) {
        out.push_back(to_text(!dataset.table.key         ? row
                              : dataset.sorted_by == "k" ? row.first()
                                                         : row.second()));
    }
    return out;
}

}  // namespace

TEST_SUITE("datasets: SQLite as an oracle") {
    TEST_CASE("random chains of steps give the rows that SQL gives") {
        constexpr std::uint64_t programs = 1200;
        std::uint64_t rows_seen = 0;
        std::uint64_t joined = 0;
        for (std::uint64_t number = 0; number < programs; ++number) {
            Database database;
            const RandomProgram program{number, database};
            const std::string text = scenario(program);
            INFO("program ", number, "\n", text, "\n", database.script());
            const InlineRun run{text};
            const auto& results = run.result.report.results;
            REQUIRE(results.size() == program.datasets().size());
            for (std::size_t i = 0; i < results.size(); ++i) {
                const Dataset& dataset = program.datasets()[i];
                const std::vector<Value> rows = rows_of(results[i]);
                REQUIRE(sorted(texts(rows)) == sorted(database.texts(dataset.select())));
                if (!dataset.sorted_by.empty()) {
                    const std::string& by = dataset.sorted_by;
                    REQUIRE(sort_keys(dataset, rows) ==
                            database.texts("SELECT " + by + " FROM " + dataset.table.name +
                                           " ORDER BY " + by +
                                           (dataset.descending ? " DESC" : "")));
                }
                rows_seen += rows.size();
                joined += dataset.table.joined || dataset.table.nullable ? 1 : 0;
            }
        }
        // They are not all empty, and some end with an outer join.
        CHECK(rows_seen > 10 * programs);
        CHECK(joined > programs / 30);
    }
}

}  // namespace forkyard::oracle::sqlite_oracle_test
