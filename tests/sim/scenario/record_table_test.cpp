#include "sim/scenario/record_table.hpp"

#include <string>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

#include "core/action.hpp"
#include "core/event.hpp"
#include "core/event_text.hpp"
#include "core/journal/record.hpp"
#include "sim/scenario/fault_table.hpp"
#include "sim/scenario/key_table.hpp"

namespace forkyard::sim::record_table_test {

using namespace forkyard;
using namespace forkyard::sim;

namespace {

const RecordKind* find_kind(std::string_view name) {
    for (const RecordKind& kind : record_kinds()) {
        if (kind.name == name) {
            return &kind;
        }
    }
    return nullptr;
}

std::vector<std::string> keys_in_table(std::string_view kind) {
    std::vector<std::string> out;
    const RecordKind* found = find_kind(kind);
    for (const RecordKey& key : found != nullptr ? found->keys : std::vector<RecordKey>{}) {
        out.emplace_back(key.name);
    }
    return out;
}

// The keys that a record type writes, in its order; for enumerations, whether every
// word of the table is one of the type's.
struct KeyCollector {
    std::string_view kind;
    std::vector<std::string> keys;

    void if_any(const char* key, auto& value) { (*this)(key, value); }
    template <class Value>
    void operator()(const char* key, Value& value) {
        keys.emplace_back(key);
        if constexpr (std::is_enum_v<Value>) {
            for (const RecordKey& in_table : find_kind(kind)->keys) {
                if (in_table.name != key) {
                    continue;
                }
                CHECK(in_table.type == ValueType::choice);
                for (const KeyChoice& choice : choices_of(in_table.choices)) {
                    CAPTURE(choice.name);
                    CHECK(from_text(choice.name, value));
                }
            }
        }
    }
};

template <class Record>
std::vector<std::string> keys_of_type() {
    Record record;
    KeyCollector collector{Record::kind, {}};
    Record::fields(record, collector);
    return collector.keys;
}

template <class Variant, std::size_t Index = 0>
void check_all(const std::vector<std::string>& after) {
    if constexpr (Index < std::variant_size_v<Variant>) {
        using Record = std::variant_alternative_t<Index, Variant>;
        if constexpr (!std::is_same_v<Record, Choice>) {
            CAPTURE(Record::kind);
            REQUIRE(find_kind(Record::kind) != nullptr);
            std::vector<std::string> expected = keys_of_type<Record>();
            expected.insert(expected.end(), after.begin(), after.end());
            CHECK(keys_in_table(Record::kind) == expected);
        }
        check_all<Variant, Index + 1>(after);
    }
}

}  // namespace

TEST_SUITE("record table") {
    TEST_CASE("events and actions write the table's keys in the table's order") {
        check_all<Event>({"cause"});
        check_all<Action>({});
    }

    TEST_CASE("every timer, step and action that there is can be matched") {
        const auto words = [](std::string_view kind, std::string_view key) {
            std::size_t count = 0;
            for (const RecordKey& known : find_kind(kind)->keys) {
                count += known.name == key ? choices_of(known.choices).size() : 0;
            }
            return count;
        };
        CHECK(words(TimerFired::kind, "what") ==
              static_cast<std::size_t>(TimerKind::leave_timeout) + 1);
        CHECK(words(DatasetDefined::kind, "step") ==
              static_cast<std::size_t>(StepKind::repartition) + 1);
        CHECK(words(JobDefined::kind, "action") ==
              static_cast<std::size_t>(ActionKind::tree_reduce) + 1);
    }

    TEST_CASE("faults that are simulated have the names that records give them") {
        for (const FaultRow& row : fault_table()) {
            CAPTURE(row.kind);
            if (row.built) {
                CHECK(to_text(*row.built) == row.kind);
            }
            CHECK(find_kind(row.kind) != nullptr);
        }
    }

    TEST_CASE("a record can be matched by what its names imply") {
        const auto matchable = [](std::string_view kind) {
            std::string out;
            for (const RecordKey& key : matchable_keys(*find_kind(kind))) {
                out += std::string{key.name} + " ";
            }
            return out;
        };
        CHECK(matchable("task.launch") ==
              "app task exec node loc spec why partition attempt stage job time ");
        CHECK(matchable("stage.submit") == "app stage name tasks parents job time ");
        CHECK(matchable("executor.lost") == "app exec reason code unstarted cause node time ");
        CHECK(matchable("map-output.register") ==
              "app shuffle partition exec stage job node time ");
    }
}

}  // namespace forkyard::sim::record_table_test
