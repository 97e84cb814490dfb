// What a task does when its memory does not hold its records: which collection spills, when, and
// that its answers are the same.
#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "core/data/sinks.hpp"
#include "core/data/spilling_rows.hpp"
#include "core/data/spilling_sort.hpp"
#include "core/data/spilling_table.hpp"
#include "core/random.hpp"
#include "tests/core/data/small_world.hpp"

namespace forkyard::test::spilling_test {

namespace {

// Gives back all that it has, if it can.
class Collection final : public MemoryConsumer {
public:
    explicit Collection(TaskMemory& memory, bool can = true) : memory_{memory}, can_{can} {}

    Computed<std::int64_t> spill(std::int64_t wanted) override {
        asked_for = wanted;
        const std::int64_t held = can_ ? memory_.used_by(*this) : 0;
        memory_.release(*this, held);
        return held;
    }
    [[nodiscard]] std::int64_t acquire(std::int64_t bytes) {
        return memory_.acquire(*this, bytes).value();
    }
    [[nodiscard]] std::int64_t has() const { return memory_.used_by(*this); }

    std::int64_t asked_for = 0;

private:
    TaskMemory& memory_;
    bool can_;
};

// Records of a hundred bytes.
class Hundreds final : public Spillable {
public:
    using Spillable::Spillable;
    void add(std::int64_t records) {
        for (; records > 0; --records) {
            ++held;
            REQUIRE(entered(100));
        }
    }
    std::int64_t held = 0;
    std::vector<std::int64_t> spills;

private:
    Computed<bool> put_away() override {
        spills.push_back(std::exchange(held, 0));
        return true;
    }
};

// Next to no memory: what spills, spills all the time.
constexpr MemoryLimits tight{.task = 300, .unasked = 200, .bypass_merge = 0};
constexpr MemoryLimits few{.unasked = INT64_MAX, .records = 5, .bypass_merge = 0};

Value record(std::uint64_t i) {
    const std::uint64_t drawn = draw(random_key(7, Stream::duration), i);
    const auto key = static_cast<std::int64_t>(drawn % 90);
    return p(key % 3 == 0 ? n(key) : t("key number " + std::to_string(key)),
             n(static_cast<std::int64_t>((drawn >> 20U) % 1000)));
}
List records(std::uint64_t count) {
    List rows;
    for (std::uint64_t i = 0; i < count; ++i) {
        rows.push_back(record(i));
    }
    return rows;
}

std::vector<std::string> sorted_texts(const std::vector<TaskOutput>& tasks) {
    std::vector<std::string> texts;
    for (const TaskOutput& task : tasks) {
        const Computed<std::vector<Value>> rows = decode_rows(task.result);
        REQUIRE(rows);
        for (const Value& row : *rows) {
            texts.push_back(to_text(row));
        }
    }
    std::sort(texts.begin(), texts.end());
    return texts;
}

// Two stages; the values of a group and those of a cogroup stay in the order in which they came.
struct Job {
    StageProgram map;
    StageProgram reduce;

    [[nodiscard]] std::vector<TaskOutput> run(const MemoryLimits& limits,
                                              MemoryInput& input,
                                              SpillSizes& spilled) const {
        StageProgram first = map;
        StageProgram second = reduce;
        first.memory = second.memory = limits;
        input.maps = run_stage(first, input);
        std::vector<TaskOutput> out = run_stage(second, input);
        for (const auto* tasks : {&input.maps, &out}) {
            for (const TaskOutput& task : *tasks) {
                spilled.memory += task.spilled.memory;
                spilled.disk += task.spilled.disk;
            }
        }
        return out;
    }
};

Job shuffle(ShuffleSink sink, ShuffleRead read, std::vector<ComputedDataset> steps = {}) {
    const ResultSink collect{ActionKind::collect, {}};
    const std::uint32_t partitions = sink.partitions;
    return {program(values(records(400), 3), std::move(steps), std::move(sink)),
            program({std::move(read), partitions}, {}, collect)};
}

Job by_key(ByKey kind, Call call, bool combines) {
    ShuffleSink sink{3, {}, {}};
    if (combines) {
        sink.combine = Aggregation{kind, call};
    }
    return shuffle(std::move(sink), {0, {kind, std::move(call)}, false});
}

Job sorting(bool descending) {
    ShuffleSink sink{3, {}, RangePartitioner{descending, {t("key number 3"), t("key number 6")}}};
    if (descending) {
        std::swap(sink.range->bounds[0], sink.range->bounds[1]);
    }
    return shuffle(std::move(sink), {0, {ByKey::sort, {}}, descending});
}

}  // namespace

TEST_SUITE("spilling") {
    TEST_CASE("DP-MEM-07 of a task's collections the smallest that has enough spills first") {
        TaskMemory memory{{.task = 1'000}};
        Collection small{memory};
        Collection large{memory};
        Collection asker{memory};
        CHECK(small.acquire(300) == 300);
        CHECK(large.acquire(500) == 500);
        CHECK(asker.acquire(400) == 400);
        CHECK(small.asked_for == 200);
        CHECK(small.has() == 0);
        CHECK(large.has() == 500);
        CHECK(memory.used() == 900);
    }

    TEST_CASE("DP-MEM-07 where none has enough the largest spills, then the next") {
        TaskMemory memory{{.task = 1'000}};
        Collection small{memory};
        Collection large{memory};
        Collection asker{memory};
        CHECK(small.acquire(300) == 300);
        CHECK(large.acquire(500) == 500);
        CHECK(asker.acquire(900) == 900);
        CHECK(large.asked_for == 700);
        CHECK(small.asked_for == 200);
    }

    TEST_CASE("DP-MEM-07 one that cannot spill is asked once, and the asker works with less") {
        TaskMemory memory{{.task = 1'000}};
        Collection fixed{memory, false};
        Collection asker{memory};
        CHECK(fixed.acquire(700) == 700);
        CHECK(asker.acquire(100) == 100);
        CHECK(asker.acquire(400) == 200);
        CHECK(fixed.has() == 700);
        CHECK(asker.has() == 300);  // nobody makes it spill but itself
    }

    TEST_CASE("a collection that comes later is asked later, even where an older one was") {
        TaskMemory memory{{.task = 200'000, .unasked = 100}};
        MemorySpills store;
        auto moving = std::make_unique<Hundreds>(TaskRoom{memory, store});
        moving->add(32);
        Hundreds staying{{memory, store}};
        staying.add(32);
        moving.reset();
        moving = std::make_unique<Hundreds>(TaskRoom{memory, store});
        moving->add(32);
        REQUIRE(memory.used_by(*moving) == memory.used_by(staying));
        Collection asker{memory};
        CHECK(asker.acquire(200'000 - memory.used() + 1) > 0);
        CHECK(staying.spills.size() == 1);
        CHECK(moving->spills.empty());
    }

    TEST_CASE("a run that is not as it was written fails the task") {
        for (const bool sorts : {false, true}) {
            CAPTURE(sorts);
            Job job = sorts ? sorting(false) : by_key(ByKey::group, {}, false);
            MemoryInput input;
            input.maps = run_stage(job.map, input);
            job.reduce.memory = few;
            input.spills.lost = 1;
            std::string why;
            for (std::uint32_t partition = 0; partition < 3; ++partition) {
                const auto task = compute_task(job.reduce, partition, input, input.spills);
                why = task ? why : task.error();
            }
            CHECK(why == "what was spilled cannot be read again");
        }
    }

    TEST_CASE("DP-MEM-08 a collection looks at its size every 32 records, and asks for twice") {
        TaskMemory memory{{.task = 5'400, .unasked = 1'000}};
        MemorySpills store;
        Hundreds hundreds{{memory, store}};
        hundreds.add(31);
        CHECK(memory.used() == 0);
        hundreds.add(1);  // 3,200 bytes: 2 * 3,200 - 1,000
        CHECK(memory.used() == 5'400);
        hundreds.add(31);
        CHECK(hundreds.spills.empty());
        hundreds.add(1);  // 6,400 bytes, and no more to have
        CHECK(hundreds.spills == std::vector<std::int64_t>{64});
        CHECK(memory.used() == 0);
        CHECK(memory.spilled().memory == 6'400);
        hundreds.add(32);
        CHECK(memory.used() == 5'400);
    }

    TEST_CASE("DP-MEM-08 so many records spill whatever memory there is") {
        TaskMemory memory{{.records = 10}};
        MemorySpills store;
        Hundreds hundreds{{memory, store}};
        hundreds.add(25);
        CHECK(hundreds.spills == std::vector<std::int64_t>{11, 11});
    }

    TEST_CASE("DP-MEM-08 one collection makes another of its task spill") {
        TaskMemory memory{{.task = 10'000, .unasked = 1'000}};
        MemorySpills store;
        Hundreds first{{memory, store}};
        Hundreds second{{memory, store}};
        first.add(32);
        first.add(32);  // 6,400 bytes and 5,400 granted: it asks for as much again
        CHECK(memory.used() == 10'000);
        second.add(32);
        CHECK(first.spills == std::vector<std::int64_t>{64});
        CHECK(second.spills.empty());
        CHECK(memory.used_by(second) == 5'400);
    }

    TEST_CASE("DP-MEM-08 DP-MEM-09 answers are the same with no spill and with many") {
        const Call sum{"sum", {}};
        const std::vector<std::pair<std::string, Job>> jobs{
            {"reduce", by_key(ByKey::reduce, sum, true)},
            {"reduce without combining", by_key(ByKey::reduce, sum, false)},
            {"group", by_key(ByKey::group, {}, false)},
            {"rows", by_key(ByKey::rows, {}, false)},
            {"sort", sorting(false)},
            {"sort, descending", sorting(true)},
        };
        for (const auto& named : jobs) {
            const std::string& name = named.first;
            const Job& job = named.second;
            CAPTURE(name);
            MemoryInput input;
            SpillSizes none;
            const std::vector<TaskOutput> plain = job.run({}, input, none);
            CHECK(none == SpillSizes{});
            for (const MemoryLimits& limits : {tight, few}) {
                MemoryInput cramped;
                SpillSizes spilled;
                const std::vector<TaskOutput> same = job.run(limits, cramped, spilled);
                CHECK(cramped.spills.runs() > 3);
                CHECK(spilled.memory > 0);
                CHECK(spilled.disk > 0);
                CHECK(sorted_texts(same) == sorted_texts(plain));
                if (name.starts_with("sort")) {  // and in the same order
                    for (std::size_t i = 0; i < plain.size(); ++i) {
                        CHECK(same[i].result == plain[i].result);
                    }
                }
            }
        }
    }

    TEST_CASE("DP-SHUF-01 a few partitions bypass the sort, more are sorted as bytes or objects") {
        const auto writer = [](std::uint32_t partitions, const MemoryLimits& limits) {
            return shuffle_writer(ShuffleSink{partitions, {}, {}}, limits);
        };
        CHECK(writer(200, {}) == ShuffleWriter::bypass);
        CHECK(writer(201, {}) == ShuffleWriter::serialized);
        CHECK(writer(16'777'216, {}) == ShuffleWriter::serialized);
        CHECK(writer(16'777'217, {}) == ShuffleWriter::sort);
        CHECK(writer(1, {.bypass_merge = 0}) == ShuffleWriter::serialized);
        ShuffleSink combines{2, Aggregation{ByKey::reduce, {"sum", {}}}, {}};
        CHECK(shuffle_writer(combines, {}) == ShuffleWriter::sort);
        combines.partitions = 1'000;
        CHECK(shuffle_writer(combines, {}) == ShuffleWriter::sort);
    }

    TEST_CASE(
        "DP-SHUF-02 what bypasses the sort is never spilled, however little memory there is") {
        for (const Job& job : {by_key(ByKey::group, {}, false), sorting(false)}) {
            MemoryInput roomy;
            SpillSizes none;
            const std::vector<TaskOutput> plain = job.run({}, roomy, none);
            for (MemoryLimits limits : {tight, few}) {
                limits.bypass_merge = 200;
                StageProgram map = job.map;
                map.memory = limits;
                MemoryInput input;
                input.maps = run_stage(map, input);
                for (const TaskOutput& task : input.maps) {
                    CHECK(task.spilled == SpillSizes{});
                }
                // What there is no room for is written early, and nothing else; a number of records
                // is no reason to.
                CHECK((input.spills.runs() > 0) == (limits.task == tight.task));
                CHECK(sorted_texts(run_stage(job.reduce, input)) == sorted_texts(plain));
            }
        }
    }

    TEST_CASE("DP-MEM-08 a map task that combines writes each key once, however often it spills") {
        const Job job = by_key(ByKey::reduce, {"sum", {}}, true);
        MemoryInput input;
        SpillSizes spilled;
        (void)job.run({}, input, spilled);
        const auto written = [&] {
            std::uint64_t all = 0;
            for (const TaskOutput& map : input.maps) {
                for (const std::uint64_t rows : map.region_records) {
                    all += rows;
                }
            }
            return all;
        };
        const std::uint64_t plain = written();
        (void)job.run(few, input, spilled);
        CHECK(written() == plain);
    }

    TEST_CASE("distinct in place gives what it no longer remembers in the end") {
        StageProgram stage = program(values(records(400), 1), {}, ResultSink{});
        ComputedDataset distinct;
        distinct.op = InPlace{{ByKey::distinct, {}}};
        distinct.parents = {0};
        stage.datasets.push_back(distinct);
        MemoryInput input;
        const std::vector<std::string> plain = sorted_texts(run_stage(stage, input));
        CHECK(input.spills.runs() == 0);
        stage.memory = few;
        CHECK(sorted_texts(run_stage(stage, input)) == plain);
        CHECK(input.spills.runs() > 10);
    }

    TEST_CASE("rows that are being read make room, and go on where they were") {
        for (const std::size_t read_before : {0U, 1U, 250U, 399U, 400U}) {
            CAPTURE(read_before);
            TaskMemory memory{{}};
            MemorySpills store;
            SpillingRows rows{{memory, store}};
            for (std::uint64_t i = 0; i < 400; ++i) {
                REQUIRE(rows.add(record(i)));
                if (i == 249) {
                    REQUIRE(rows.spill(1));  // a run, and the others behind it
                }
            }
            for (std::size_t i = 0; i < read_before; ++i) {
                CHECK(rows.next().value() == record(i));
            }
            CHECK(rows.spill(1));
            CHECK(store.runs() == 2);
            for (std::size_t i = read_before; i < 400; ++i) {
                CHECK(rows.next().value() == record(i));
            }
            CHECK(rows.left() == 0);
        }
    }

    TEST_CASE("rows that were lost on the way to the disk are missed") {
        for (const std::size_t lost : {1U, 64U, 128U, 5'000U}) {
            CAPTURE(lost);
            TaskMemory memory{{}};
            MemorySpills store;
            SpillingRows rows{{memory, store}};
            for (std::uint64_t i = 0; i < 400; ++i) {
                REQUIRE(rows.add(record(i)));
            }
            CHECK(rows.next().value() == record(0));
            store.lost = lost;
            CHECK(rows.spill(1));
            bool missed = false;
            for (std::uint64_t i = 1; i < 400 && !missed; ++i) {
                missed = !rows.next();
            }
            CHECK(missed);
        }
    }

    TEST_CASE("a table that is being read makes room for what it is read into") {
        TaskMemory memory{{.task = 1'000'000, .unasked = 1'000}};
        MemorySpills store;
        Collection sink{memory};
        SpillingTable table{{memory, store}, [](Value& into, const Value& later) {
                                into = n(into.integer() + later.integer());
                                return Computed<void>{};
                            }};
        const auto fill = [&](std::int64_t from, std::int64_t until) {
            for (std::int64_t key = from; key < until; ++key) {
                table.table().find_or_insert(n(key)).value = n(1);
                REQUIRE(table.grown(100));
            }
        };
        std::vector<std::int64_t> keys;
        std::int64_t twice = 0;  // the keys below
        const auto drain = [&] {
            const Computed<bool> all = table.drain([&](const Value& key, const Value& value) {
                keys.push_back(key.integer());
                CHECK(value == n(key.integer() < twice ? 2 : 1));
                return keys.size() != 40 || sink.acquire(1'000'000) == 1'000'000;
            });
            REQUIRE(all);
            CHECK(*all);
        };
        SUBCASE("all of it in memory: the order stays") {
            fill(0, 100);
            drain();
            CHECK(store.runs() == 1);
            CHECK(keys.size() == 100);
            CHECK(std::is_sorted(keys.begin(), keys.end()));
        }
        SUBCASE("some of it put away before: they are merged still") {
            fill(0, 50);
            CHECK(sink.acquire(1'000'000) == 1'000'000);
            memory.release(sink, 1'000'000);
            CHECK(table.has_spilled());
            twice = 50;
            fill(0, 100);
            drain();
            CHECK(store.runs() == 2);
            std::sort(keys.begin(), keys.end());
            CHECK(keys.size() == 100);
            CHECK(std::unique(keys.begin(), keys.end()) == keys.end());
        }
    }

    TEST_CASE("a full disk fails the task, with the reason") {
        StageProgram stage = program(values(records(400), 1), {}, ShuffleSink{2, {}, {}});
        stage.memory = few;
        MemoryInput input;
        input.spills.room = 100;
        const Computed<TaskOutput> task = compute_task(stage, 0, input, input.spills);
        REQUIRE(!task);
        CHECK(task.error() == "the disk is full");
    }
}

}  // namespace forkyard::test::spilling_test
