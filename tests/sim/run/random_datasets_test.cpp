// Random programs of datasets, computed by tasks on executors of which some are lost, against a
// plain evaluation over whole lists that knows nothing of partitions, stages or shuffles.
#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "core/data/value_text.hpp"
#include "core/random.hpp"
#include "tests/sim/run/inline_run.hpp"

namespace forkyard::sim::random_datasets_test {

namespace {

using testing::InlineRun;
using Texts = std::vector<std::string>;

// Datasets are of pairs of integers, whatever was done to them.
using Rows = std::vector<std::pair<std::int64_t, std::int64_t>>;

struct Made {
    std::string text;  // of the scenario
    std::map<std::string, Rows> rows;
};

class Programs {
public:
    explicit Programs(std::uint64_t number) : key_{mix(random_key(21, Stream::test), number)} {}

    Made make() {
        const auto datasets = static_cast<int>(1 + below(3));
        for (int d = 0; d < datasets; ++d) {
            add_dataset("d" + std::to_string(d));
        }
        return std::move(made_);
    }
    std::uint64_t below(std::uint64_t bound) { return draw_below(key_, next_++, bound); }

private:
    void add_dataset(const std::string& name) {
        begin_dataset(name);
        Rows rows = source();
        for (std::uint64_t left = below(6); left > 0 && rows.size() < 3000; --left) {
            rows = apply(std::move(rows));
        }
        end_dataset(std::move(rows));
    }
    void begin_dataset(const std::string& name) {
        name_ = name;
        made_.text += "[[app.dataset]]\nname = \"" + name + "\"\nsteps = [\n";
    }
    void end_dataset(Rows rows) {
        made_.text += "]\n";
        made_.rows[name_] = std::move(rows);
    }

    void step(const std::string& text) {
        made_.text += "{ " + text + " },\n";
        can_be_kept_ = !text.starts_with("from") && !text.starts_with("cache");
        constexpr std::array wide{"reduce_by_key",
                                  "group_by_key",
                                  "aggregate_by_key",
                                  "distinct",
                                  "repartition",
                                  "sort_by",
                                  "join"};
        if (std::any_of(
                wide.begin(), wide.end(), [&](const char* key) { return text.starts_with(key); })) {
            shuffled_.insert(name_);
        }
    }
    // The dataset that is made is shuffled where the other one is.
    void take_after(const std::string& other) {
        if (shuffled_.contains(other)) {
            shuffled_.insert(name_);
        }
    }
    void keep() {
        constexpr std::array levels{
            "MEMORY_ONLY", "MEMORY_AND_DISK", "DISK_ONLY", "MEMORY_ONLY_2", "MEMORY_AND_DISK_2"};
        if (can_be_kept_) {
            step(fmt::format("cache = \"{}\"", levels[below(levels.size())]));
        }
    }
    std::string partitions() {
        return below(2) == 0 ? "" : fmt::format(", partitions = {}", 1 + below(5));
    }
    std::string other() {
        auto at = made_.rows.begin();
        std::advance(at, static_cast<std::ptrdiff_t>(below(made_.rows.size())));
        return at->first;
    }

    Rows source() {
        Rows rows;
        if (!made_.rows.empty() && below(2) == 0) {
            const std::string first = other();
            take_after(first);
            rows = made_.rows[first];
            if (below(2) == 0) {
                step("from = \"" + first + "\"");
            } else {
                const std::string second = other();
                take_after(second);
                step(fmt::format("union = [\"{}\", \"{}\"]", first, second));
                const Rows& more = made_.rows[second];
                rows.insert(rows.end(), more.begin(), more.end());
            }
            return rows;
        }
        const auto count = static_cast<std::int64_t>(below(40));
        const auto keys = static_cast<std::int64_t>(1 + below(7));
        step(fmt::format("range = {}, partitions = {}", count, 1 + below(6)));
        step(fmt::format("key_by = \"mod\", args = [{}]", keys));
        for (std::int64_t i = 0; i < count; ++i) {
            rows.emplace_back(i % keys, i);
        }
        return rows;
    }

    Rows apply(Rows rows) {
        if (below(3) == 0) {
            keep();
        }
        switch (below(14)) {
            case 0:
                step("map_values = \"square\"");
                for (auto& [key, value] : rows) {
                    value = (value % 1000) * (value % 1000);
                }
                made_.text.insert(made_.text.rfind("{ map_values"),
                                  "{ map_values = \"mod\", args = [1000] },\n");
                return rows;
            case 1:
                step("map = \"swap\"");
                return turned_round(std::move(rows));
            case 2:
                step("flat_map = \"repeat\", args = [2]");
                rows.insert(rows.end(), rows.begin(), rows.end());
                return rows;
            case 3:
                step("reduce_by_key = \"sum\"" + partitions());
                return folded(rows, [](std::int64_t a, std::int64_t b) { return a + b; });
            case 4:
                step("reduce_by_key = \"max\"" + partitions());
                return folded(rows, [](std::int64_t a, std::int64_t b) { return std::max(a, b); });
            case 5: {
                step("group_by_key = true" + partitions());
                step("map_values = \"size\"");
                std::map<std::int64_t, std::int64_t> sizes;
                for (const auto& [key, value] : rows) {
                    ++sizes[key];
                }
                return {sizes.begin(), sizes.end()};
            }
            case 6: {
                step("aggregate_by_key = \"count\", args = [5]" + partitions());
                // Spark starts from it once in each partition of the map side: as the number of
                // those is nothing to this evaluation, the dataset is put into one before.
                made_.text.insert(made_.text.rfind("{ aggregate"), "{ coalesce = 1 },\n");
                std::map<std::int64_t, std::int64_t> counts;
                for (const auto& [key, value] : rows) {
                    ++counts.try_emplace(key, 5).first->second;
                }
                return {counts.begin(), counts.end()};
            }
            case 7:
                step("distinct = true" + partitions());
                return unique(std::move(rows));
            case 8:
                step(fmt::format("repartition = {}", 1 + below(5)));
                return rows;
            case 9:
                step(fmt::format("coalesce = {}", 1 + below(4)));
                return rows;
            case 10:
                step("sort_by = \"value\"" + partitions());
                return rows;
            case 11:
                return made_.rows.empty() ? rows : multiplied(rows);
            case 12:
                return zipped(rows);
            default:
                return made_.rows.empty() ? rows : joined(rows);
        }
    }

    template <class Fold>
    static Rows folded(const Rows& rows, Fold fold) {
        std::map<std::int64_t, std::int64_t> out;
        for (const auto& [key, value] : rows) {
            const auto [at, fresh] = out.try_emplace(key, value);
            at->second = fresh ? value : fold(at->second, value);
        }
        return {out.begin(), out.end()};
    }

    // Of the pairs that a join gives, the value on the right.
    Rows joined(const Rows& rows) {
        const std::string name = other();
        const Rows& right = made_.rows[name];
        if (rows.size() * right.size() > 20'000) {
            return rows;
        }
        step("join = \"" + name + "\"" + partitions());
        step("map_values = \"value\"");
        Rows out;
        for (const auto& [key, value] : rows) {
            for (const auto& [other_key, other_value] : right) {
                if (key == other_key) {
                    out.emplace_back(key, other_value);
                }
            }
        }
        return out;
    }

    // Of all pairs of rows the left one, or the right one.
    Rows multiplied(const Rows& rows) {
        const std::string name = other();
        const Rows& right = made_.rows[name];
        if (rows.size() * right.size() > 3'000) {
            return rows;
        }
        take_after(name);
        const bool keeps_left = below(2) == 0;
        step("cartesian = \"" + name + "\"");
        step(keeps_left ? "map = \"key\"" : "map = \"value\"");
        Rows out;
        for (const auto& row : rows) {
            for (const auto& other_row : right) {
                out.push_back(keeps_left ? row : other_row);
            }
        }
        return out;
    }

    // What there is so far becomes a dataset of its own, and is zipped with itself, perhaps with
    // its pairs turned round. Where nothing has been shuffled there are as many different pairs as
    // different rows; elsewhere what is made twice may spill once only, and come in another order.
    Rows zipped(Rows rows) {
        const std::string itself = name_;
        const bool shuffled = shuffled_.contains(itself);
        end_dataset(rows);
        begin_dataset(itself + "-zipped");
        step("from = \"" + itself + "\"");
        take_after(itself);
        const bool turned = below(2) == 0;
        if (turned) {
            step("map = \"swap\"");
        }
        step("zip = \"" + itself + "\"");
        if (!shuffled && below(2) == 0) {
            step("distinct = true");
            step("map = \"value\"");
            return unique(std::move(rows));
        }
        const bool keeps_left = below(2) == 0;
        step(keeps_left ? "map = \"key\"" : "map = \"value\"");
        return turned && keeps_left ? turned_round(std::move(rows)) : rows;
    }

    static Rows turned_round(Rows rows) {
        for (auto& [key, value] : rows) {
            std::swap(key, value);
        }
        return rows;
    }
    static Rows unique(Rows rows) {
        std::sort(rows.begin(), rows.end());
        rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
        return rows;
    }

    std::uint64_t key_;
    std::uint64_t next_ = 0;
    Made made_{};
    std::string name_{};                // of the dataset that is being made
    std::set<std::string> shuffled_{};  // those that have a shuffle behind them
    bool can_be_kept_ = false;
};

std::string faults(Programs& random) {
    std::string text;
    for (std::uint64_t left = random.below(4); left > 0; --left) {
        text += fmt::format(
            "[[fault]]\nkind = \"kill-executor\"\nexecutor = \"any\"\nat = \"{}us\"\n"
            "optional = true\n",
            1 + random.below(400));
    }
    return text;
}

}  // namespace

TEST_SUITE("datasets: random programs") {
    TEST_CASE("tasks on executors that come and go give what a plain evaluation gives") {
        constexpr std::uint64_t programs = 1000;
        // Of 150 MiB: for all that is kept, for little of it, for nothing.
        constexpr std::array room{"0.6", "0.000002", "0.000001", "0.0"};
        std::uint64_t jobs_given_up = 0;
        std::uint64_t dropped = 0;
        for (std::uint64_t number = 0; number < programs; ++number) {
            Programs random{number};
            const Made made = random.make();
            std::string text =
                "format = 1\n[[cluster.worker]]\nname = \"w\"\ncount = 3\ncores = 1\n"
                "memory = \"8g\"\n[cluster.network]\nbandwidth = \"1m/s\"\n[conf]\n"
                "\"spark.executor.memory\" = \"450m\"\n"
                "\"spark.storage.unrollMemoryThreshold\" = 16\n" +
                fmt::format("\"spark.memory.fraction\" = {}\n", room[random.below(room.size())]) +
                "[[app]]\nname = \"a\"\n" + made.text;
            for (const auto& [name, rows] : made.rows) {
                text += "[[app.job]]\nname = \"" + name + "\"\nof = \"" + name + "\"\n";
            }
            text += faults(random);
            INFO(text);
            const InlineRun run{text};
            // What was dealt out of a shuffle cannot be made again alike (DP-DAG-10).
            const bool given_up = !run.records.of("indeterminate output").empty();
            jobs_given_up += given_up ? 1 : 0;
            dropped += run.records.of("block.dropped").size();
            REQUIRE((given_up || run.result.report.results.size() == made.rows.size()));
            for (const JobResult& result : run.result.report.results) {
                Texts found;
                for (const Value& row : rows_of(result)) {
                    found.push_back(to_text(row));
                }
                Texts expected;
                for (const auto& [key, value] : made.rows.at(result.name)) {
                    expected.push_back(fmt::format("({},{})", key, value));
                }
                std::sort(found.begin(), found.end());
                std::sort(expected.begin(), expected.end());
                REQUIRE(found == expected);
            }
        }
        CHECK(jobs_given_up < programs / 20);
        CHECK(dropped > programs / 20);
    }
}

}  // namespace forkyard::sim::random_datasets_test
