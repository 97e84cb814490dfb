// Records to lines and back: every kind, odd texts, and the digest of a run, which must
// be the same from typed records and from the lines they are written as.
#include "core/journal/codec.hpp"

#include <type_traits>
#include <utility>

#include <doctest/doctest.h>

#include "core/journal/field_text.hpp"
#include "core/model/scenario.hpp"

namespace forkyard::codec_test {
namespace {

constexpr SimTime now{SimDuration{1'500'000}};
constexpr TaskAttempt task{{StageId{2}, 1}, 3, 4};

Names names() {
    Names names;
    names.apps = {"etl", "the other"};
    names.nodes = {"w-1", "node two"};
    return names;
}

std::string line_of(const auto& head, const auto& record) {
    std::string line;
    write_record(line, names(), head, record);
    REQUIRE(!line.empty());
    REQUIRE(line.back() == '\n');
    line.pop_back();
    return line;
}

Record parsed(const std::string& line) {
    const Result<Record> record = parse_line(line);
    REQUIRE_MESSAGE(record.has_value(), line);
    return *record;
}

std::uint64_t digest_of_one(const auto& head, const auto& record) {
    RecordDigest digest{names()};
    digest.add(head, record);
    return digest.value();
}

// Gives every key another value than its default.
struct Fill {
    std::uint32_t next = 1;

    void operator()(std::string_view /*key*/, auto& value) { fill(value); }
    void if_any(std::string_view /*key*/, auto& value) { fill(value); }

    void fill(AppId& id) { id = AppId{1}; }
    void fill(NodeId& id) { id = NodeId{1}; }
    template <class Tag>
    void fill(Id<Tag>& id) {
        id = Id<Tag>{next++};
    }
    void fill(StageAttempt& stage) { stage = {StageId{next++}, next++}; }
    void fill(TaskAttempt& attempt) {
        fill(attempt.stage);
        attempt.partition = next++;
        attempt.attempt = next++;
    }
    void fill(RddBlock& block) { block = {RddId{next++}, next++}; }
    void fill(BroadcastPiece& piece) { piece = {BroadcastId{next++}, next++}; }
    void fill(NodeTasks& tasks) {
        fill(tasks.node);
        tasks.tasks = next++;
    }
    void fill(InputFile& file) {
        file.source = next++;
        fill(file.name);
        fill(file.size);
    }
    void fill(Bytes& bytes) { bytes = Bytes{std::int64_t{1} << 40}; }
    void fill(SimTime& time) { time = now; }
    void fill(SimDuration& duration) { duration = SimDuration{next++}; }
    void fill(std::string& text) { text = "text \"" + std::to_string(next++) + "\""; }
    void fill(bool& flag) { flag = true; }
    template <class T>
    void fill(std::optional<T>& value) {
        fill(value.emplace());
    }
    template <class T>
    void fill(std::vector<T>& list) {
        list.resize(3);
        for (T& value : list) {
            fill(value);
        }
    }
    template <class T>
    requires std::is_integral_v<T>
    void fill(T& number) { number = static_cast<T>(next++); }
    template <class T>
    requires std::is_enum_v<T>
    void fill(T& word) { word = static_cast<T>(1); }
};

// One of each kind, with default and with other values.
template <class Variant, std::size_t... I>
std::vector<Variant> all_kinds(std::index_sequence<I...> /*all*/) {
    std::vector<Variant> records;
    const auto add = [&]<class T>(T value) {
        if constexpr (std::is_same_v<T, Choice>) {
            value.point = "offer.order";
        }
        records.emplace_back(value);
        Fill fill;
        T::fields(value, fill);
        records.emplace_back(value);
    };
    (add(std::variant_alternative_t<I, Variant>{}), ...);
    return records;
}

template <class Variant>
std::vector<Variant> all_kinds() {
    return all_kinds<Variant>(std::make_index_sequence<std::variant_size_v<Variant>>{});
}

FinishJob finish(std::string reason) {
    FinishJob job;
    job.app = AppId{0};
    job.job = JobId{0};
    job.status = EndStatus::failed;
    job.reason = std::move(reason);
    return job;
}

TEST_SUITE("codec: lines") {
    TEST_CASE("an event has its number, its time, its keys in order, and its cause") {
        TaskFinished event;
        event.app = AppId{0};
        event.task = task;
        event.exec = ExecutorId{1};
        event.run = SimDuration{200'000};
        event.bytes = 30;
        event.sizes = {10, 20};
        CHECK(line_of(EventHead{12, now, 9}, Event{event}) ==
              "E 12 1500000 task.finished app=etl task=s2.1/p3#4 exec=e1 status=success "
              "run=200000 reason=- shuffle=- from=- rows=0 bytes=30 sizes=10,20 records=0 result=0 "
              "map=- "
              "cause=9");
    }

    TEST_CASE("an event that the scenario leads to has no cause") {
        CHECK(line_of(EventHead{1, SimTime{}, 0}, Event{WorkerLost{NodeId{1}}}) ==
              "E 1 0 worker.lost node=\"node two\" cause=-");
    }

    TEST_CASE("an action has the number of its event and its own within it") {
        CHECK(line_of(ActionHead{12, 1},
                      Action{LaunchTask{
                          AppId{0}, task, ExecutorId{1}, NodeId{0}, Locality::any, true}}) ==
              "A 12.1 task.launch app=etl task=s2.1/p3#4 exec=e1 node=w-1 loc=ANY spec=1 "
              "why=best-locality");
    }

    TEST_CASE("a choice is a D line whose kind is the point") {
        CHECK(line_of(ActionHead{12, 2}, Action{Choice{"offer.order", "etl/s1.0", 720, 3}}) ==
              "D 12.2 offer.order label=etl/s1.0 n=720 pick=3");
    }

    TEST_CASE("a fault says what became of it") {
        FaultRecord fault;
        fault.app = AppId{1};
        fault.exec = ExecutorId{7};
        CHECK(line_of(EventHead{13, now, 12}, fault) ==
              "F 13 1500000 kill-executor applied fault=0 app=\"the other\" exec=e7 node=- "
              "task=- cause=12");
    }

    TEST_CASE("a broken invariant is named") {
        CHECK(line_of(ActionHead{14, 2}, Violation{"I12", "two owners"}) ==
              "V 14.2 I12 text=\"two owners\"");
    }

    TEST_CASE("a line that is no record is refused") {
        for (const char* line : {"",
                                 "X 1 0 worker.lost node=w-1",
                                 "E x 0 worker.lost node=w-1",
                                 "E 1 soon worker.lost node=w-1",
                                 "A 1 task.launch app=etl",
                                 "E 1 0 worker.lost node",
                                 "E 1 0 worker.lost node=\"w-1",
                                 "E 1 0 worker.lost node=\"\\u00\""}) {
            CAPTURE(line);
            CHECK_FALSE(parse_line(line).has_value());
        }
    }

    TEST_CASE("a kind or a value that is not known is refused") {
        for (const char* line :
             {"E 1 0 worker.gone node=w-1 cause=-",
              "E 1 0 worker.lost cause=-",
              "E 1 0 worker.lost node=w-3 cause=-",
              "E 1 0 executor.requested app=etl total=-1 local=0 on=- excluded=- cause=-",
              "E 1 0 executor.lost app=etl exec=x1 reason=killed code=0",
              "E 1 0 executor.lost app=etl exec=e1 reason=bored code=0"}) {
            CAPTURE(line);
            CHECK_FALSE(to_event(names(), parsed(line)).has_value());
        }
        CHECK_FALSE(to_action(names(), parsed("A 1.1 task.fly app=etl")).has_value());
        CHECK_FALSE(to_fault(names(),
                             parsed("F 1 0 rain applied fault=0 app=- exec=- node=- "
                                    "task=- cause=-"))
                        .has_value());
    }
}

TEST_SUITE("codec: there and back") {
    TEST_CASE("every kind of event") {
        const EventHead head{12, now, 9};
        for (const Event& event : all_kinds<Event>()) {
            const std::string line = line_of(head, event);
            CAPTURE(line);
            const Record record = parsed(line);
            CHECK(record.letter == 'E');
            CHECK(record.seq == 12);
            CHECK(record.time == now);
            const Result<Event> back = to_event(names(), record);
            REQUIRE(back.has_value());
            CHECK(back->index() == event.index());
            CHECK(line_of(head, *back) == line);
            CHECK(digest_of_one(head, *back) == digest_of_one(head, event));
        }
    }

    TEST_CASE("every kind of action") {
        const ActionHead head{12, 3};
        for (const Action& action : all_kinds<Action>()) {
            const std::string line = line_of(head, action);
            CAPTURE(line);
            const Record record = parsed(line);
            CHECK(record.seq == 12);
            CHECK(record.sub == 3);
            const Result<Action> back = to_action(names(), record);
            REQUIRE(back.has_value());
            CHECK(back->index() == action.index());
            CHECK(line_of(head, *back) == line);
            CHECK(digest_of_one(head, *back) == digest_of_one(head, action));
        }
    }

    TEST_CASE("every kind and state of a fault") {
        const EventHead head{13, now, 12};
        for (const FaultKind kind : {FaultKind::kill_executor,
                                     FaultKind::exit_executor,
                                     FaultKind::freeze_executor,
                                     FaultKind::slow_task,
                                     FaultKind::fail_task,
                                     FaultKind::slow_worker,
                                     FaultKind::lose_worker,
                                     FaultKind::stop_shuffle_service}) {
            for (const FaultState state :
                 {FaultState::applied, FaultState::ended, FaultState::noeffect}) {
                FaultRecord fault;
                fault.kind = kind;
                fault.state = state;
                fault.fault = 2;
                fault.node = NodeId{1};
                fault.task = task;
                const std::string line = line_of(head, fault);
                CAPTURE(line);
                const Result<FaultRecord> back = to_fault(names(), parsed(line));
                REQUIRE(back.has_value());
                CHECK(line_of(head, *back) == line);
                CHECK(digest_of_one(head, *back) == digest_of_one(head, fault));
            }
        }
    }

    TEST_CASE("the keys and texts of a typed record are those of its line") {
        const Names all = names();
        for (const Event& event : all_kinds<Event>()) {
            const EventHead head{12, now, 9};
            const Record typed = to_record(all, head, event);
            const Record read = parsed(line_of(head, event));
            CHECK(typed.kind == read.kind);
            REQUIRE(typed.fields.size() == read.fields.size());
            for (std::size_t i = 0; i < typed.fields.size(); ++i) {
                CHECK(typed.fields[i].key == read.fields[i].key);
                CHECK(typed.fields[i].value == read.fields[i].value);
            }
        }
    }

    TEST_CASE("odd texts") {
        for (const std::string& text : {std::string{"plain"},
                                        std::string{},
                                        std::string{"two words"},
                                        std::string{"a=b c=\"d\""},
                                        std::string{"back\\slash, comma"},
                                        std::string{"line\nbreak\ttab\r"},
                                        std::string{"nul\0inside", 10},
                                        std::string{"cause=7"},
                                        std::string{" "},
                                        std::string{"\\u0041"},
                                        std::string{"--"},
                                        std::string{"\x7f"},
                                        std::string{"gr\xc3\xbc\xc3\x9f"},
                                        std::string{"\xe2\x82\xac"},
                                        std::string{"\xf0\x9f\x90\x98 elephant"}}) {
            CAPTURE(text);
            const ActionHead head{5, 1};
            const Action action = finish(text);
            const std::string line = line_of(head, action);
            for (const char c : line) {
                CHECK((c >= 0x20 && c < 0x7f));
            }
            const Result<Action> back = to_action(names(), parsed(line));
            REQUIRE(back.has_value());
            CHECK(std::get<FinishJob>(*back).reason == text);
            CHECK(digest_of_one(head, *back) == digest_of_one(head, action));
        }
    }

    TEST_CASE("what is not UTF-8 is replaced before it stands in a record; a dash is no text") {
        for (const std::string& text : {std::string{"-"},
                                        std::string{"\xff"},
                                        std::string{"surrogate \xed\xa0\x80"},
                                        std::string{"overlong \xc0\x80"},
                                        std::string{"beyond \xf7\xbf\xbf\xbf"}}) {
            CAPTURE(text);
            const ActionHead head{5, 1};
            const Action action = finish(recordable(text));
            const std::string line = line_of(head, action);
            const Result<Action> back = to_action(names(), parsed(line));
            REQUIRE(back.has_value());
            CHECK(line_of(head, *back) == line);
            CHECK(digest_of_one(head, *back) == digest_of_one(head, action));
        }
    }

    TEST_CASE("a sequence of UTF-8 that is cut is replaced, too") {
        for (const std::string& text : {std::string{"cut \xe2\x82"},
                                        std::string{"cut \xf0\x9f"},
                                        std::string{"cut \xf0\x9f\x90"}}) {
            CAPTURE(text);
            const ActionHead head{5, 1};
            const Action action = finish(recordable(text));
            const Result<Action> back = to_action(names(), parsed(line_of(head, action)));
            REQUIRE(back.has_value());
            CHECK(digest_of_one(head, *back) == digest_of_one(head, action));
        }
    }
}

TEST_SUITE("codec: digest of a run") {
    TEST_CASE("every value counts") {
        const ActionHead head{5, 1};
        CHECK(digest_of_one(head, Action{finish("a")}) != digest_of_one(head, Action{finish("b")}));
        CHECK(digest_of_one(ActionHead{5, 2}, Action{finish("a")}) !=
              digest_of_one(head, Action{finish("a")}));
        CHECK(digest_of_one(EventHead{1, now, 2}, Event{WorkerLost{NodeId{0}}}) !=
              digest_of_one(EventHead{1, now, 0}, Event{WorkerLost{NodeId{0}}}));
        CHECK(digest_of_one(EventHead{1, now, 2}, Event{WorkerLost{NodeId{0}}}) !=
              digest_of_one(EventHead{1, now, 2}, Event{WorkerLost{NodeId{1}}}));
    }

    TEST_CASE("so does every byte of a configuration line, and where it ends") {
        const auto digest_of_line = [](const std::string& line) {
            RecordDigest digest{names()};
            digest.add_line(line);
            return digest.value();
        };
        for (std::size_t length = 0; length < 20; ++length) {
            const std::string line(length, 'a');
            CAPTURE(length);
            CHECK(digest_of_line(line) != digest_of_line(line + 'a'));
            CHECK(digest_of_line(line) != digest_of_line(line + '\0'));
            for (std::size_t at = 0; at < length; ++at) {
                std::string other = line;
                other[at] = 'b';
                CHECK(digest_of_line(line) != digest_of_line(other));
            }
        }
    }

    TEST_CASE("so does the order of records") {
        RecordDigest one{names()};
        RecordDigest other{names()};
        one.add(ActionHead{5, 1}, Violation{"I1", "a"});
        one.add(ActionHead{5, 2}, Violation{"I2", "b"});
        other.add(ActionHead{5, 2}, Violation{"I2", "b"});
        other.add(ActionHead{5, 1}, Violation{"I1", "a"});
        CHECK(one.value() != other.value());
    }

    TEST_CASE("names count, not positions: what stands in the journal") {
        Names swapped = names();
        std::swap(swapped.nodes[0], swapped.nodes[1]);
        RecordDigest one{names()};
        RecordDigest other{swapped};
        one.add(EventHead{1, now, 0}, Event{WorkerLost{NodeId{0}}});
        other.add(EventHead{1, now, 0}, Event{WorkerLost{NodeId{1}}});
        CHECK(one.value() == other.value());
    }
}

}  // namespace
}  // namespace forkyard::codec_test
