// The looks that are skipped: one machine looks every 100 ms, as Spark does, the other at
// those instants alone that it asks for. Whatever happens, they decide the same.
#include "core/driver/executor_allocation.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "core/random.hpp"

namespace forkyard::executor_allocation_test {

namespace {

constexpr std::uint32_t executors = 12;
constexpr std::uint32_t stages = 6;
constexpr std::uint32_t tasks = 30;

class Random {
public:
    explicit Random(std::uint64_t seed) : key_{random_key(seed, Stream::test)} {}
    std::uint64_t below(std::uint64_t bound) { return draw_below(key_, draws_++, bound); }

private:
    std::uint64_t key_;
    std::uint64_t draws_ = 0;
};

AllocationConf drawn_conf(Random& random) {
    const auto seconds = [&](std::uint64_t most) {
        return SimDuration{std::chrono::milliseconds{100 * (1 + random.below(10 * most))}};
    };
    AllocationConf conf;
    conf.enabled = true;
    conf.executors_min = static_cast<std::uint32_t>(random.below(4));
    conf.executors_max = conf.executors_min + 1 + static_cast<std::uint32_t>(random.below(20));
    conf.executors_initial =
        conf.executors_min +
        static_cast<std::uint32_t>(random.below(conf.executors_max - conf.executors_min + 1));
    conf.backlog_timeout = seconds(2) + SimDuration{static_cast<std::int64_t>(random.below(3))};
    conf.sustained_timeout = seconds(2);
    conf.idle_timeout = seconds(5);
    if (random.below(2) == 0) {
        conf.cached_timeout = seconds(8);
    }
    if (random.below(2) == 0) {
        conf.shuffle_timeout = seconds(8);
    }
    return conf;
}

// What may happen to tasks, stages, jobs and executors, in an order that makes sense.
class History {
public:
    explicit History(std::uint64_t seed) : random_{seed} {}

    template <class Both>
    void next(SimTime now, Both&& both) {
        const auto stage = static_cast<std::uint32_t>(random_.below(stages));
        const auto p = static_cast<std::uint32_t>(random_.below(tasks));
        const ExecutorId exec{1 + static_cast<std::uint32_t>(random_.below(executors))};
        const TaskAttempt task{{StageId{stage}, 0}, p, 0};
        switch (random_.below(10)) {
            case 0: {
                if (!open_.insert(stage).second) {
                    return;
                }
                SubmitStage action;
                action.stage = task.stage;
                action.tasks = tasks;
                both([&](ExecutorAllocation& machine) {
                    machine.start_job(JobId{stage}, {{StageId{stage}, ShuffleId{stage}}}, now);
                    machine.on(action, now);
                });
                break;
            }
            case 1: {
                FinishStage action;
                action.stage = task.stage;
                open_.erase(stage);
                both([&](ExecutorAllocation& machine) {
                    machine.on(action, now);
                    machine.end_job(JobId{stage}, now);
                });
                break;
            }
            case 2:
                both([&](ExecutorAllocation& machine) { machine.add_executor(exec, now); });
                break;
            case 3:
                if (random_.below(4) == 0) {
                    both([&](ExecutorAllocation& machine) { machine.remove_executor(exec, now); });
                }
                break;
            case 4: {
                SpeculateTask action;
                action.task = task;
                if (running_.contains(task)) {
                    both([&](ExecutorAllocation& machine) { machine.on(action, now); });
                }
                break;
            }
            case 5: {
                BlockCached event;
                event.exec = exec;
                both([&](ExecutorAllocation& machine) { machine.on(event, now); });
                break;
            }
            case 6: {
                const auto sets = static_cast<std::uint32_t>(random_.below(3));
                both([&](ExecutorAllocation& machine) { machine.set_unschedulable(sets, now); });
                break;
            }
            default:
                run(task, exec, now, both);
        }
    }

private:
    template <class Both>
    void run(const TaskAttempt& task, ExecutorId exec, SimTime now, Both&& both) {
        const auto found = running_.find(task);
        if (found == running_.end()) {
            LaunchTask action;
            action.task = task;
            action.exec = exec;
            running_.emplace(task, exec);
            both([&](ExecutorAllocation& machine) { machine.on(action, now); });
            return;
        }
        TaskFinished event;
        event.task = task;
        event.exec = found->second;
        event.status = random_.below(4) == 0 ? TaskStatus::failed : TaskStatus::success;
        running_.erase(found);
        both([&](ExecutorAllocation& machine) { machine.on(event, now); });
    }

    Random random_;
    std::map<TaskAttempt, ExecutorId> running_;
    std::set<std::uint32_t> open_;  // stages
};

std::string text_of(SimTime now, const ExecutorAllocation::Decision& decision) {
    std::string text;
    if (decision.total) {
        text += fmt::format("{}: {}\n", micros(now), *decision.total);
    }
    for (const ExecutorId exec : decision.idle) {
        text += fmt::format("{}: e{} goes\n", micros(now), exec.value);
    }
    return text;
}

}  // namespace

TEST_SUITE("dynamic allocation") {
    TEST_CASE("to look when there is something to decide is to look all the time") {
        std::int64_t decisions = 0;
        for (std::uint64_t seed = 0; seed < 1500; ++seed) {
            Random random{seed};
            const AllocationConf conf = drawn_conf(random);
            const auto slots = 1 + static_cast<std::uint32_t>(random.below(3));
            ExecutorAllocation polls{conf, slots, true, SimTime{}};
            ExecutorAllocation knows{conf, slots, true, SimTime{}};
            History history{seed};
            std::string polled;
            std::string known;
            SimTime now{};
            SimTime next_poll{};
            for (int i = 0; i < 120; ++i) {
                const SimTime last = now;
                now += std::chrono::milliseconds{10 * random.below(120)};
                // Both look until then; a look at that very instant comes after what happens.
                for (; next_poll < now; next_poll += ExecutorAllocation::interval) {
                    polled += text_of(next_poll, polls.look(next_poll));
                }
                for (auto look = knows.next_look(last); look && *look < now;
                     look = knows.next_look(*look)) {
                    known += text_of(*look, knows.look(*look));
                }
                history.next(now, [&](const auto& happen) {
                    happen(polls);
                    happen(knows);
                });
                REQUIRE_MESSAGE(polled == known, "seed ", seed);
            }
            decisions += std::count(polled.begin(), polled.end(), '\n');
        }
        CHECK(decisions > 10'000);
    }
}

}  // namespace forkyard::executor_allocation_test
