// A2.1 and A2.2 over time: Spark offers everything each second, here an offer is made
// when it will lead to something. The launches must be the same, at the same times.
#include <map>

#include <doctest/doctest.h>

#include "core/random.hpp"
#include "tests/builders/offers_world.hpp"

namespace forkyard::periodic_offers_test {
namespace {

constexpr ExecutorId exec1{1};
constexpr ExecutorId exec2{2};

TEST_SUITE("conformance: offers every second") {
    TEST_CASE("SCH-TSM-05 A2.2 a wait is over with the next of the periodic offers") {
        struct Row {
            std::int64_t submitted_ms;
            const char* launched;
        };
        for (const Row& row :
             {Row{0, "at 3000 ms"}, Row{1, "at 4000 ms"}, Row{2500, "at 6000 ms"}}) {
            CAPTURE(row.submitted_ms);
            OffersWorld world;
            world.executor(exec1, host1, 1);
            world.executor(exec2, host2, 0);
            world.at(milliseconds{row.submitted_ms});
            world.submit(task_set_of({{on_host(host2)}}));
            CHECK(world.round().empty());
            CHECK(world.until(minutes{1}) == Lines{row.launched, "s0.0/p0#0 on e1 at ANY"});
        }
    }

    TEST_CASE("SCH-TSM-05 A2.2 each level has its wait, counted from the end of the last") {
        AppConf conf;
        conf.locality.wait_process = milliseconds{1500};
        conf.locality.wait_node = milliseconds{1500};
        OffersWorld world{conf};
        world.executor(exec1, host1, 1);
        world.executor(exec2, host2, 0);
        world.submit(task_set_of({{on_exec(host2, exec2)}}));
        CHECK(world.round().empty());
        // P until 1.5 s, found at 2 s; N until 3 s.
        CHECK(world.until(minutes{1}) == Lines{"at 3000 ms", "s0.0/p0#0 on e1 at ANY"});
    }

    TEST_CASE("SCH-BE-01 the period is spark.scheduler.revive.interval") {
        AppConf conf;
        conf.revive_interval = milliseconds{400};
        OffersWorld world{conf};
        world.executor(exec1, host1, 1);
        world.executor(exec2, host2, 0);
        world.submit(task_set_of({{on_host(host2)}}));
        CHECK(world.round().empty());
        CHECK(world.until(minutes{1}) == Lines{"at 3200 ms", "s0.0/p0#0 on e1 at ANY"});
    }

    TEST_CASE("SCH-HLT-08 an exclusion that is over is found by the periodic offers") {
        AppConf conf;
        conf.exclusion.application = conf.exclusion.fetch_failures = true;
        conf.exclusion.timeout = milliseconds{10'500};
        OffersWorld world{conf};
        world.executor(exec1, host1, 1);
        world.executor(exec2, host2, 1);
        world.submit(task_set_of(1));
        CHECK(world.offer(exec2).size() == 1);
        CHECK(world.fetch_failure(task(0, 0, 0), exec2, exec1) ==
              Lines{"exclude e1 for app after 1"});
        TaskSet next = task_set_of(2);
        next.stage = {StageId{1}, 0};
        world.submit(std::move(next));
        CHECK(world.round() == Lines{"s1.0/p0#0 on e2 at PROCESS_LOCAL"});
        CHECK(world.until(minutes{1}) ==
              Lines{"at 11000 ms", "include e1", "s1.0/p1#0 on e1 at PROCESS_LOCAL"});
    }
}

// A few executors, and sets of tasks that take a while and prefer some of them. Some
// attempts fail. What is drawn does not depend on what was launched when.
class RandomRun {
public:
    RandomRun(std::uint64_t seed, const AppConf& conf)
        : key_{random_key(seed, Stream::test)}, world_{conf} {}

    // `polling`: all executors are offered each second. Else timers are followed.
    Lines launches(bool polling) {
        const auto executors = static_cast<std::uint32_t>(3 + number(0) % 3);
        for (std::uint32_t n = 1; n <= executors; ++n) {
            world_.executor(ExecutorId{n}, NodeId{1 + n % 3}, 1 + number(n) % 2);
        }
        for (std::uint32_t stage = 0; stage < 3; ++stage) {
            // Never together with an offer of every second.
            const milliseconds after{number(100 + stage) % 9000};
            submissions_.emplace(SimTime{after + SimDuration{1}}, stage);
        }
        // One comes later, and one is lost.
        arrivals_.emplace(SimTime{SimDuration{number(300) % 12'000'000}}, executors + 1);
        loss_ = SimTime{SimDuration{number(301) % 12'000'000}};
        while (!submissions_.empty() || !ends_.empty()) {
            const SimTime next = time_of_next();
            if (pass_time(next, polling)) {
                do_next(next);
            }
            note_ends();
        }
        Lines lines;
        for (const OffersWorld::Launch& launch : world_.launches()) {
            lines.push_back(fmt::format("{} us: {} on e{} {}",
                                        micros(launch.at),
                                        text_of(launch.task.task),
                                        launch.task.exec.value,
                                        to_text(launch.task.loc)));
        }
        return lines;
    }

private:
    struct End {
        TaskAttempt task{};
        ExecutorId exec{};
    };
    [[nodiscard]] SimTime time_of_next() const {
        const auto of = [](const auto& agenda) {
            return agenda.empty() ? time_never : agenda.begin()->first;
        };
        return std::min({of(submissions_), of(ends_), of(arrivals_), loss_});
    }
    [[nodiscard]] std::uint32_t number(std::uint64_t n) const {
        return static_cast<std::uint32_t>(draw(key_, n) >> 40U);
    }
    [[nodiscard]] std::uint32_t number_of(const TaskAttempt& task, std::uint64_t what) const {
        return number(10'000 + task.stage.stage.value * 1'000'000ULL + task.partition * 1000ULL +
                      task.attempt * 10ULL + what);
    }

    // Offers that fall strictly before the next event. False: something was launched,
    // and may end before it.
    bool pass_time(SimTime next, bool polling) {
        while (now_ < next) {
            const SimTime tick{seconds{1} * (micros(now_) / 1'000'000 + 1)};
            const SimTime to = tick < next ? tick : next - SimDuration{1};
            const std::size_t before = world_.launches().size();
            if (!polling) {
                (void)world_.until(to.time_since_epoch());
            } else if (to == tick) {
                world_.at(to.time_since_epoch());
                (void)world_.round();
            }
            now_ = tick < next ? tick : next;
            if (world_.launches().size() != before) {
                return false;
            }
        }
        return true;
    }
    void do_next(SimTime when) {
        world_.at(when.time_since_epoch());
        if (when == loss_) {
            loss_ = time_never;
            (void)world_.lost(exec1, LossReason::worker_lost);
            (void)world_.round();
        } else if (!arrivals_.empty() && arrivals_.begin()->first == when) {
            const ExecutorId exec{arrivals_.extract(arrivals_.begin()).mapped()};
            world_.executor(exec, host1, 2);
            (void)world_.offer(exec);
        } else if (!ends_.empty() && ends_.begin()->first == when) {
            end_task(ends_.extract(ends_.begin()).mapped());
        } else {
            submit(submissions_.extract(submissions_.begin()).mapped());
        }
    }
    // What ran on the lost executor has ended already; then nothing comes of it.
    void end_task(const End& end) {
        if (number_of(end.task, 1) % 10 == 0 && end.task.attempt < 2) {
            (void)world_.failure(end.task, end.exec);
            (void)world_.round();
        } else {
            (void)world_.success(end.task, end.exec);
            (void)world_.offer(end.exec);
        }
    }
    void submit(std::uint32_t stage) {
        std::vector<std::vector<Place>> places;
        const std::uint32_t tasks = 2 + number(200 + stage) % 12;
        for (std::uint32_t p = 0; p < tasks; ++p) {
            places.push_back(places_of(stage, p));
        }
        TaskSet set = task_set_of(places);
        set.stage = {StageId{stage}, 0};
        set.map_side = stage == 0;
        world_.submit(std::move(set));
        (void)world_.round();
    }
    [[nodiscard]] std::vector<Place> places_of(std::uint32_t stage, std::uint32_t p) const {
        const std::uint32_t drawn = number_of({{StageId{stage}, 0}, p, 0}, 2);
        const std::uint32_t exec = 1 + drawn / 8 % 3;
        switch (drawn % 4) {
            case 0:
                return {};
            case 1:
                return {on_host(NodeId{1 + drawn / 4 % 4})};  // perhaps of nobody
            default:
                return {on_exec(NodeId{1 + exec % 3}, ExecutorId{exec})};
        }
    }
    void note_ends() {
        for (; noted_ < world_.launches().size(); ++noted_) {
            const OffersWorld::Launch& launch = world_.launches()[noted_];
            const SimDuration run{100'000 + number_of(launch.task.task, 0) % 4'000'000};
            ends_.emplace(launch.at + run, End{launch.task.task, launch.task.exec});
        }
    }

    std::uint64_t key_;
    OffersWorld world_;
    std::multimap<SimTime, std::uint32_t> submissions_{};
    std::multimap<SimTime, End> ends_{};
    std::multimap<SimTime, std::uint32_t> arrivals_{};
    SimTime loss_ = time_never;
    SimTime now_{};
    std::size_t noted_ = 0;
};

TEST_SUITE("conformance: offers every second, or when they matter") {
    TEST_CASE("SCH-BE-01 A2.2 the same launches as with an offer each second") {
        std::size_t launches = 0;
        std::size_t far = 0;
        for (std::uint64_t seed = 0; seed < 400; ++seed) {
            CAPTURE(seed);
            AppConf conf;
            conf.locality.legacy_reset = seed % 4 == 1;
            conf.locality.wait_node = milliseconds{seed % 3 == 0 ? 3000 : 1300};
            conf.task_failures_max = 100;
            const Lines polled = RandomRun{seed, conf}.launches(true);
            REQUIRE(RandomRun(seed, conf).launches(false) == polled);
            launches += polled.size();
            for (const std::string& line : polled) {
                far += line.ends_with(" ANY") ? 1 : 0;
            }
        }
        CHECK(launches > 5000);
        CHECK(far > 500);  // so waits have ended, and mattered
    }
}

}  // namespace
}  // namespace forkyard::periodic_offers_test
