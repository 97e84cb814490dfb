// Driver programs whose functions do what they should not, for the tests of tools: in the
// binary that runs them, since an executor is a process of the same binary.
#include <forkyard/session.hpp>
#include <iostream>
#include <stdexcept>
#include <string>

namespace forkyard {

namespace {

// Throws at 3; else gives the record.
void check(const Value& record) {
    if (record == Value{std::int64_t{3}}) {
        throw std::runtime_error{"3 is too hot"};
    }
}

Computed<Value> too_hot(Value record, Arguments /*args*/) {
    check(record);
    return record;
}
Computed<bool> is_warm(const Value& record, Arguments /*args*/) {
    check(record);
    return true;
}
Computed<bool> cooks(const Value& record, Arguments /*args*/, Emitter& out) {
    check(record);
    return out.emit(Value{record});
}
Computed<void> stirs(Value& into, const Value& next, Arguments /*args*/) {
    check(next);
    into = next;
    return {};
}
FORKYARD_FUNCTION(too_hot, "too_hot", "", 0, 0, too_hot, is_warm, cooks, stirs)

Computed<Value> no_exception(Value /*record*/, Arguments /*args*/) {
    throw 7;
}
FORKYARD_FUNCTION(no_exception, "no_exception", "", 0, 0, no_exception)

template <class Ask>
void say_error(Ask ask) {
    try {
        ask();
        std::cout << "no error\n";
    } catch (const SessionError& error) {
        std::cout << error.what() << "\n";
    }
}

void throws_in_tasks(Session& session) {
    const Dataset numbers = session.range(0, 8, 1, 2);
    say_error([&] { (void)numbers.map("too_hot").count("map"); });
    say_error([&] { (void)numbers.filter("too_hot").count("filter"); });
    say_error([&] { (void)numbers.flat_map("too_hot").count("flat_map"); });
    say_error([&] { (void)numbers.key_by("too_hot").count("key_by"); });
    say_error([&] { (void)session.generate("too_hot", 5).count("generate"); });
    say_error([&] {
        (void)numbers.key_by("constant", 1).reduce_by_key("too_hot").count("reduce_by_key");
    });
    say_error([&] { (void)numbers.reduce("too_hot", "reduce"); });
    say_error([&] { (void)numbers.map("no_exception").count("no exception"); });
    std::cout << numbers.count("after all") << "\n";
}
FORKYARD_PROGRAM(throws_in_tasks, "each kind of function")

// What a function of a careless author finds.
Dataset& shared() {
    static Dataset dataset;
    return dataset;
}

Computed<Value> counts_another(Value record, Arguments /*args*/) {
    return Value{record.integer() + shared().count()};
}
FORKYARD_FUNCTION(counts_another, "counts_another", "", 0, 0, counts_another)

Computed<Value> defines_another(Value record, Arguments /*args*/) {
    (void)shared().map("identity");
    return record;
}
FORKYARD_FUNCTION(defines_another, "defines_another", "", 0, 0, defines_another)

Computed<Value> unpersists(Value record, Arguments /*args*/) {
    shared().unpersist();
    return record;
}
FORKYARD_FUNCTION(unpersists, "unpersists", "", 0, 0, unpersists)

void asks_within_tasks(Session& session) {
    shared() = session.range(0, 4, 1, 2);
    shared().cache();
    for (const char* function : {"counts_another", "defines_another", "unpersists"}) {
        say_error([&] { (void)session.range(0, 2, 1, 1).map(function).count(function); });
    }
    std::cout << shared().count("of the driver") << "\n";
}
FORKYARD_PROGRAM(asks_within_tasks, "datasets within a task")

void explains_itself(Session& session) {
    Dataset words = session.range(0, 6, 1, 3).key_by("mod", 2).map_values("constant", 1);
    words.cache();
    (void)words.count();
    const Dataset sums = words.reduce_by_key("sum", 2U);
    const Dataset numbers = session.range(0, 2, 1, 4).key_by("identity");
    std::cout << sums.join(numbers, "inner", 4U).lineage() << "\n";
    std::cout << words.lineage() << "\n";
    words.unpersist();
    std::cout << words.lineage() << "\n" << sums.lookup(1).size() << "\n";
    std::cout << to_text(session.range(0, 100, 1, 100).tree_reduce("sum")) << "\n";
}
FORKYARD_PROGRAM(explains_itself, "lineages, a look-up, a tree, what is kept and what is not")

// A take, a checkpoint behind it, and what is made of it.
void checkpoints(Session& session) {
    Dataset sums = session.range(0, 100, 1, 4).key_by("mod", 7).reduce_by_key("sum", 3U);
    std::cout << sums.checkpoint_local().take(1).size() << "\n" << sums.lineage() << "\n";
    std::cout << to_text(sums.map("value").reduce("sum")) << "\n";
    sums.unpersist();
    say_error([&] { (void)sums.count(); });
}
FORKYARD_PROGRAM(checkpoints, "a lineage that is cut")

}  // namespace

}  // namespace forkyard

int main(int argc, char** argv) {
    return forkyard::driver_main(argc, argv);
}
