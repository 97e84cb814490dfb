// One operation of an executor, stopped with ptrace after each instruction: the process
// is killed there, and driver, bystander and successor must go on as if nothing were.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <signal.h>
#include <span>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "sim/ipc/driver_end.hpp"
#include "sim/ipc/executor_end.hpp"
#include "tests/crash/crash.hpp"

namespace forkyard::sim::crash {

namespace {

using Bytes = std::span<const std::byte>;
using Clock = std::chrono::steady_clock;

constexpr std::uint64_t ring_bytes = ring_bytes_min;
constexpr std::size_t record_words = 100;  // 808 bytes with the header: the fifth turns round
constexpr std::uint16_t record_type = 5;
constexpr int batch = 3;
constexpr std::uint16_t bystander_type = 6;

std::vector<std::uint64_t> record(std::uint64_t number) {
    std::vector<std::uint64_t> words(record_words);
    for (std::size_t i = 0; i < words.size(); ++i) {
        words[i] = number * 1000 + i;
    }
    return words;
}

bool is_record(Bytes bytes, std::uint64_t number) {
    const auto expected = record(number);
    return bytes.size() == 8 * record_words &&
           std::memcmp(bytes.data(), expected.data(), bytes.size()) == 0;
}

// What the victim does between its two stops.
struct Operation {
    const char* name;
    bool attached_before;  // or attaching is the operation
    bool messages_before;  // the driver sends it a batch to receive
    bool publishes;        // a batch of records, all or none
    bool wrong;            // publishes before it fills: the control
};
constexpr Operation operations[] = {
    {.name = "register",
     .attached_before = false,
     .messages_before = false,
     .publishes = false,
     .wrong = false},
    {.name = "push",
     .attached_before = true,
     .messages_before = false,
     .publishes = true,
     .wrong = false},
    {.name = "pop",
     .attached_before = true,
     .messages_before = true,
     .publishes = false,
     .wrong = false},
    {.name = "sleep",
     .attached_before = true,
     .messages_before = false,
     .publishes = false,
     .wrong = false},
    {.name = "wrong-push",
     .attached_before = true,
     .messages_before = false,
     .publishes = true,
     .wrong = true},
};

struct Outcome {
    std::uint64_t instructions = 0;
    std::uint64_t kills = 0;
    std::uint64_t invisible = 0;  // the batch was not there
    std::uint64_t whole = 0;      // the batch was there
    std::uint64_t torn = 0;
    std::uint64_t trouble = 0;  // anything else that should not be
};

class Stepper {
public:
    Stepper(DriverEnd& end, const Operation& operation) : end_{end}, operation_{operation} {}

    // Kills the victim after that many instructions, or at the end of the operation if
    // that comes first. Returns how many there were.
    std::uint64_t kill_after(std::uint64_t instructions, Outcome& outcome) {
        const auto slot = end_.start({"victim", operation_.name});
        if (!slot) {
            std::fprintf(stderr, "%s\n", slot.error().text().c_str());
            std::exit(70);
        }
        pid_ = end_.pid(*slot);
        if (!wait_for_stop(SIGSTOP)) {
            ++outcome.trouble;
        }
        (void)end_.drain([](SlotId, auto, Bytes) {});  // what it has sent to fill the ring
        if (operation_.messages_before) {
            const auto message = record(7);
            for (int i = 0; i < batch; ++i) {
                (void)end_.send(*slot, record_type, std::as_bytes(std::span{message}));
            }
            end_.flush();
        }
        // As if we slept, so that ringing the bell is a part of what is stepped through.
        end_.segment().header().driver_sleeping.store(1);
        const auto stepped = step(instructions);
        ::kill(pid_, SIGKILL);
        judge(*slot, outcome);
        return stepped;
    }

    // The bystander shares the victim's futex word and must still hear of its messages.
    bool bystander_answers() {
        const std::uint64_t question = 42;
        (void)end_.send(SlotId{0}, bystander_type, std::as_bytes(std::span{&question, 1}));
        bool answered = false;
        const auto limit = Clock::now() + std::chrono::seconds{2};
        while (!answered && Clock::now() < limit) {
            (void)end_.wait(limit);
            (void)end_.drain([&](SlotId slot, auto, Bytes) { answered = slot == SlotId{0}; });
            (void)end_.take_registered();
        }
        return answered;
    }

private:
    bool wait_for_stop(int signal) const {
        int status = 0;
        return ::waitpid(pid_, &status, 0) == pid_ && WIFSTOPPED(status) &&
               WSTOPSIG(status) == signal;
    }
    std::uint64_t step(std::uint64_t instructions) const {
        for (std::uint64_t i = 0; i < instructions; ++i) {
            if (::ptrace(PTRACE_SINGLESTEP, pid_, nullptr, nullptr) != 0 ||
                !wait_for_stop(SIGTRAP)) {
                return i;
            }
        }
        return instructions;
    }
    void judge(SlotId slot, Outcome& outcome) {
        ++outcome.kills;
        std::vector<ExecutorExit> exits;
        while (exits.empty()) {
            (void)end_.wait();
            exits = end_.take_exits();
            if (exits.empty()) {
                (void)end_.drain([&](SlotId from, auto, Bytes bytes) { keep(from, bytes); });
                (void)end_.take_registered();
            }
        }
        if (exits.size() != 1 || exits[0].slot != slot ||
            exits[0].how != ChildExit{ChildExit::Kind::killed, SIGKILL} ||
            (operation_.attached_before && !exits[0].registered)) {
            ++outcome.trouble;
        }
        (void)end_.release(slot, [&](SlotId from, auto, Bytes bytes) { keep(from, bytes); });
        outcome.trouble += end_.take_garbage().size();
        count_batch(exits[0], outcome);
        seen_ = 0;
        torn_ = 0;
    }
    void keep(SlotId from, Bytes bytes) {
        if (from != SlotId{0}) {
            torn_ += is_record(bytes, seen_) ? 0 : 1;
            ++seen_;
        }
    }
    void count_batch(const ExecutorExit& exit, Outcome& outcome) const {
        if (!operation_.publishes) {
            outcome.trouble += seen_;
            return;
        }
        if (torn_ != 0) {
            ++outcome.torn;
        } else if (seen_ == batch) {
            ++outcome.whole;
            outcome.trouble += exit.died_in_write ? 1 : 0;
        } else if (seen_ == 0) {
            ++outcome.invisible;
        } else if (!operation_.wrong) {
            ++outcome.trouble;
        }
    }

    DriverEnd& end_;
    const Operation& operation_;
    pid_t pid_ = 0;
    std::uint64_t seen_ = 0;
    std::uint64_t torn_ = 0;
};

Outcome step_operation(DriverEnd& end, const Operation& operation, std::uint64_t points) {
    Outcome outcome;
    Stepper stepper{end, operation};
    const auto total = stepper.kill_after(std::numeric_limits<std::uint64_t>::max(), outcome);
    outcome.instructions = total;
    const auto stride = points == 0 ? 1 : std::max<std::uint64_t>(1, total / points);
    for (std::uint64_t at = 0; at < total; at += stride) {
        (void)stepper.kill_after(at, outcome);
        if (outcome.kills % 8 == 0 && !stepper.bystander_answers()) {
            ++outcome.trouble;
        }
    }
    return outcome;
}

void stop_here() {
    ::raise(SIGSTOP);
}

int wrong_push(const ExecutorEnd& end) {
    RingWriter writer{end.segment().up(end.slot())};
    stop_here();
    for (int i = 0; i < batch; ++i) {
        const auto words = record(static_cast<std::uint64_t>(i));
        const auto claim = writer.claim(record_type, 8 * record_words);
        writer.commit();
        writer.publish();
        std::memcpy(claim.bytes.data(), words.data(), claim.bytes.size());
    }
    stop_here();
    return 0;
}

}  // namespace

int victim_main(const std::string& operation) {
    ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    if (operation == "register") {
        stop_here();
        const auto end = ExecutorEnd::attach();
        stop_here();
        return end ? 0 : 70;
    }
    auto end = ExecutorEnd::attach();
    if (!end) {
        return 70;
    }
    std::vector<std::vector<std::uint64_t>> records;
    for (std::uint64_t i = 0; i < batch; ++i) {
        records.push_back(record(i));
    }
    for (int i = 0; i < batch; ++i) {  // so that the batch that counts goes round the end
        (void)end->send(record_type, std::as_bytes(std::span{records[0]}));
    }
    end->flush();
    if (operation == "wrong-push") {
        return wrong_push(*end);
    }
    stop_here();
    if (operation == "push") {
        for (const auto& words : records) {
            (void)end->send(record_type, std::as_bytes(std::span{words}));
        }
        end->flush();
    } else if (operation == "pop") {
        (void)end->receive([](std::uint16_t, Bytes) {});
    } else {
        // Longer than the steps up to the futex take, so that it really sleeps.
        (void)end->wait(Clock::now() + std::chrono::milliseconds{10});
    }
    stop_here();
    return 0;
}

bool step_all(const Plan& plan, const std::string& self) {
    auto end = DriverEnd::create({.slots_max = 2, .ring_bytes = ring_bytes, .binary = self});
    if (!end || !end->start({"bystander"})) {
        return false;
    }
    bool good = true;
    for (const auto& operation : operations) {
        const auto outcome = step_operation(*end, operation, plan.points);
        std::printf(
            "%-11s %llu instructions, %llu kills: %llu invisible, %llu whole, %llu torn, %llu in "
            "trouble\n",
            operation.name,
            static_cast<unsigned long long>(outcome.instructions),
            static_cast<unsigned long long>(outcome.kills),
            static_cast<unsigned long long>(outcome.invisible),
            static_cast<unsigned long long>(outcome.whole),
            static_cast<unsigned long long>(outcome.torn),
            static_cast<unsigned long long>(outcome.trouble));
        std::fflush(stdout);
        good = good && outcome.trouble == 0 && (outcome.torn != 0) == operation.wrong;
        good = good && (!operation.publishes || outcome.whole != 0);
    }
    return good;
}

}  // namespace forkyard::sim::crash
