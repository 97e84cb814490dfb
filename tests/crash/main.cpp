// crash_tests [--kills N] [--points N] [--seed N]; FORKYARD_FULL=1 for 10,000 kills and
// every instruction. `victim` and `bystander` are its own processes.
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <sched.h>
#include <string>
#include <string_view>
#include <sys/prctl.h>

#include "sim/ipc/executor_end.hpp"
#include "tests/crash/crash.hpp"

namespace {

using namespace forkyard::sim;

int bystander_main() {
    auto end = ExecutorEnd::attach();
    if (!end) {
        return 70;
    }
    while (end->wait() != ExecutorWake::driver_gone) {
        (void)end->receive([&](std::uint16_t type, std::span<const std::byte> bytes) {
            (void)end->send(type, bytes);
        });
    }
    return 0;
}

bool report(const char* name, const crash::Tally& tally) {
    const auto number = [](std::uint64_t value) { return static_cast<unsigned long long>(value); };
    std::printf(
        "%-14s %llu kills: %llu records, %llu torn, %llu out of order, %llu corrupt, "
        "%llu died in a write\n",
        name,
        number(tally.kills),
        number(tally.records),
        number(tally.torn),
        number(tally.out_of_order),
        number(tally.corrupt),
        number(tally.in_write));
    std::fflush(stdout);
    return tally.good();
}

// One processor for both: a step is a switch of context, not a wake-up of another core.
void stay_on_one_processor() {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(static_cast<std::size_t>(::sched_getcpu()), &set);
    ::sched_setaffinity(0, sizeof set, &set);
}

crash::Plan plan_of(int argc, char** argv) {
    crash::Plan plan;
    const char* const full = std::getenv("FORKYARD_FULL");
    if (full != nullptr && std::string_view{full} == "1") {
        plan = {.random_kills = 10'000, .wrong_writer_kills = 2'000, .points = 0, .seed = 1};
    }
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::string_view option = argv[i];
        const auto value = std::strtoull(argv[i + 1], nullptr, 10);
        if (option == "--kills") {
            plan.random_kills = static_cast<int>(value);
        } else if (option == "--points") {
            plan.points = value;
        } else if (option == "--seed") {
            plan.seed = value;
        }
    }
    return plan;
}

}  // namespace

int main(int argc, char** argv) {
    const std::string_view mode = argc > 1 ? argv[1] : "";
    if (mode == "victim" && argc == 3) {
        return crash::victim_main(argv[2]);
    }
    if (mode == "bystander") {
        return bystander_main();
    }
    const auto plan = plan_of(argc, argv);
    ::prctl(PR_SET_TIMERSLACK, 1UL);  // the pauses before a kill are microseconds
    bool good = report("kill writers", crash::kill_writers(plan));
    good = report("kill readers", crash::kill_readers(plan)) && good;
    const auto wrong = crash::kill_wrong_writers(plan);
    (void)report("wrong writer", wrong);
    if (wrong.torn == 0) {
        std::puts("the wrong writer was not found out: this test sees nothing");
        good = false;
    }
#if defined(__x86_64__)
    stay_on_one_processor();
    good = crash::step_all(plan, "/proc/self/exe") && good;
#endif
    std::puts(good ? "ok" : "FAILED");
    return good ? 0 : 1;
}
