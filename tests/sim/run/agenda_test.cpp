#include "sim/run/agenda.hpp"

#include <algorithm>
#include <cstdint>
#include <random>
#include <tuple>
#include <vector>

#include <doctest/doctest.h>

namespace forkyard::sim::agenda_test {
namespace {

Due due(std::int64_t time, DueClass order_class, std::uint32_t app, std::uint32_t entity) {
    Due entry;
    entry.time = SimTime{SimDuration{time}};
    entry.order_class = order_class;
    entry.app = app;
    entry.entity = entity;
    return entry;
}

std::vector<std::uint32_t> entities(Agenda& agenda) {
    std::vector<std::uint32_t> order;
    while (!agenda.empty()) {
        order.push_back(agenda.pop().entity);
    }
    return order;
}

auto key(const Due& entry) {
    return std::tuple{entry.time, entry.order_class, entry.app, entry.entity, entry.order};
}

TEST_SUITE("the agenda") {
    TEST_CASE("goes by time, then by class, application and entity, however it was filled") {
        Agenda agenda;
        agenda.add(due(7, DueClass::fault, 0, 6));
        agenda.add(due(5, DueClass::timer, 0, 5));
        agenda.add(due(5, DueClass::task_end, 1, 3));
        agenda.add(due(5, DueClass::task_end, 0, 4));
        agenda.add(due(5, DueClass::task_end, 0, 2));
        agenda.add(due(0, DueClass::timer, 0, 1));
        CHECK(entities(agenda) == std::vector<std::uint32_t>{1, 2, 4, 3, 5, 6});
    }

    TEST_CASE("keeps the order at the source where all else is the same") {
        Agenda agenda;
        for (std::uint32_t i = 0; i < 100; ++i) {
            Due entry = due(5, DueClass::task_end, 0, 1);
            entry.index = i;
            agenda.add(entry);
        }
        for (std::uint32_t i = 0; i < 100; ++i) {
            CHECK(agenda.pop().index == i);
        }
    }

    TEST_CASE("an entry for the instant at hand comes up in its place among those left of it") {
        Agenda agenda;
        agenda.add(due(5, DueClass::task_end, 0, 1));
        agenda.add(due(5, DueClass::task_end, 0, 3));
        agenda.add(due(5, DueClass::timer, 0, 5));
        CHECK(agenda.pop().entity == 1);
        agenda.add(due(5, DueClass::heartbeat, 0, 4));
        agenda.add(due(5, DueClass::task_end, 0, 2));
        CHECK(entities(agenda) == std::vector<std::uint32_t>{2, 3, 4, 5});
    }

    TEST_CASE("an entry may come before the one that was next, as news of processes do") {
        Agenda agenda;
        agenda.add(due(1000, DueClass::timer, 0, 3));
        CHECK(agenda.next().entity == 3);
        agenda.add(due(10, DueClass::timer, 0, 1));
        agenda.add(due(500, DueClass::timer, 0, 2));
        CHECK(entities(agenda) == std::vector<std::uint32_t>{1, 2, 3});
    }

    TEST_CASE("time_never is a time like others") {
        Agenda agenda;
        Due last = due(0, DueClass::timer, 0, 2);
        last.time = time_never;
        agenda.add(last);
        agenda.add(due(3, DueClass::timer, 0, 1));
        CHECK(entities(agenda) == std::vector<std::uint32_t>{1, 2});
    }

    TEST_CASE("gives out what a sorted list would, whatever comes in between") {
        for (std::uint64_t seed = 0; seed < 200; ++seed) {
            std::mt19937_64 random{seed};
            const auto below = [&](std::uint64_t n) { return random() % n; };
            const std::uint64_t spread = std::uint64_t{1} << below(20);
            Agenda agenda;
            std::vector<Due> model;
            std::uint64_t orders = 0;
            std::int64_t now = 0;
            for (int turn = 0; turn < 300; ++turn) {
                for (std::uint64_t more = below(4); more > 0; --more) {
                    Due entry = due(now + static_cast<std::int64_t>(below(spread)),
                                    static_cast<DueClass>(below(10)),
                                    static_cast<std::uint32_t>(below(3)),
                                    static_cast<std::uint32_t>(below(5)));
                    entry.order = ++orders;
                    agenda.add(entry);
                    model.push_back(entry);
                }
                if (below(8) == 0 && !agenda.empty()) {
                    (void)agenda.next();  // a look changes nothing
                }
                if (below(2) == 0 && !agenda.empty()) {
                    const auto first = std::min_element(
                        model.begin(), model.end(), [](const Due& a, const Due& b) {
                            return key(a) < key(b);
                        });
                    const Due popped = agenda.pop();
                    REQUIRE(key(popped) == key(*first));
                    now = popped.time.time_since_epoch().count();
                    model.erase(first);
                }
            }
            std::sort(model.begin(), model.end(), [](const Due& a, const Due& b) {
                return key(a) < key(b);
            });
            for (const Due& entry : model) {
                REQUIRE(key(agenda.pop()) == key(entry));
            }
            CHECK(agenda.empty());
        }
    }
}

}  // namespace
}  // namespace forkyard::sim::agenda_test
