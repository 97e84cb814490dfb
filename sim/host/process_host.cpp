#include "sim/host/process_host.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <utility>

#include <fmt/format.h>

#include "core/check.hpp"
#include "core/event_text.hpp"
#include "sim/process/limits.hpp"

namespace forkyard::sim {

namespace {

constexpr std::chrono::seconds answer_limit{60};  // an executor that says nothing for so long
constexpr std::chrono::seconds close_limit{2};    // then those that are left are killed
constexpr std::chrono::seconds beat_longest{1};   // between two beats of an executor
constexpr int garbage_code = 50;                  // as an executor that catches no exception
constexpr int signal_code = 128;                  // the shell's: 137 is SIGKILL

}  // namespace

Result<std::unique_ptr<ProcessHost>> ProcessHost::create(std::uint32_t places, ClockKind clock) {
    raise_file_limit();
    DriverEndOptions options;
    options.slots_max = places;
    Result<DriverEnd> end = DriverEnd::create(options);
    if (!end) {
        return fail(end.error());
    }
    return std::unique_ptr<ProcessHost>{
        new ProcessHost{std::move(*end), places, clock == ClockKind::wall}};
}

ProcessHost::~ProcessHost() {
    close();
}

// Places of executors that are about to go are waited for.
Result<void> ProcessHost::make_room() {
    const auto deadline = std::chrono::steady_clock::now() + close_limit;
    while (end_.alive() >= places_) {
        bool any = false;
        for (auto& [exec, executor] : executors_) {
            if (executor.state == Executor::State::ending) {
                any = true;
                if (executor.frozen || std::chrono::steady_clock::now() > deadline) {
                    end_.kill(executor.slot, SIGKILL);
                }
            }
        }
        if (!any) {
            return {};  // start() will name what is missing
        }
        Result<void> pumped = pump();
        if (!pumped) {
            return pumped;
        }
    }
    return {};
}

Result<void> ProcessHost::start(const ExecutorStart& start) {
    Result<void> room = make_room();
    if (!room) {
        return room;
    }
    const std::string name = to_text(start.exec);
    Result<SlotId> slot = end_.start({"executor", name, fmt::format("({})", start.title)});
    if (!slot) {
        return fail(slot.error());
    }
    if (of_slot_.size() <= slot->index) {
        of_slot_.resize(slot->index + 1);
    }
    of_slot_[slot->index] = start.exec;
    Executor& executor = executors_[start.exec];
    executor = Executor{};
    executor.slot = *slot;
    executor.title = start.title;
    executor.node = start.node;
    executor.heartbeat = start.heartbeat;
    executor.served = start.is_served;
    pids_.push_back(end_.pid(*slot));
    const wire::Hello hello{.exec = start.exec.value,
                            .host = start.node.value,
                            .cores = start.cores,
                            .tells_places = start.tells_places ? 1U : 0U,
                            .beat_us = micros(std::min<SimDuration>(start.heartbeat, beat_longest)),
                            .output_memory = start.output_memory,
                            .fetch = start.fetch};
    return send(start.exec, wire::Type::hello, wire::bytes_of(hello));
}

Result<TaskAnswer> ProcessHost::await(std::uint32_t ticket) {
    const auto deadline = std::chrono::steady_clock::now() + answer_limit;
    while (true) {
        const auto found = waiting_.find(ticket);
        FORKYARD_CHECK(found != waiting_.end(), "only a launched task is awaited");
        if (found->second.answered) {
            TaskAnswer answer = std::move(found->second.answer);
            waiting_.erase(found);
            return answer;
        }
        Result<void> pumped = pump();
        if (!pumped) {
            return fail(pumped.error());
        }
        if (std::chrono::steady_clock::now() > deadline) {
            const ExecutorId exec = found->second.exec;
            return fail({fmt::format("{} has stopped answering", who(exec)),
                         fmt::format("pid {}", end_.pid(executors_.at(exec).slot)),
                         "look whether it was stopped by hand; under the virtual clock only "
                         "faults may touch executors",
                         Exit::divergence});
        }
    }
}

void ProcessHost::discard(std::uint32_t ticket) {
    forget_made(ticket);
    const auto found = waiting_.find(ticket);
    if (found == waiting_.end()) {
        return;
    }
    if (live_) {
        cancel(ticket);
    }
    stop_reading(found->second, ticket);
    waiting_.erase(found);
}

void ProcessHost::stop_reading(Waiting& task, std::uint32_t ticket) {
    for (const ExecutorId holder : task.holders) {
        executors_.at(holder).readers.erase(ticket);
    }
    task.holders.clear();
    task.served.clear();
}

Result<void> ProcessHost::kill(ExecutorId exec) {
    const auto found = executors_.find(exec);
    if (found == executors_.end() || found->second.state == Executor::State::ended) {
        return {};  // its node was down: it was never started
    }
    Executor& victim = found->second;
    if (live_) {
        victim.state = Executor::State::ending;
        end_.kill(victim.slot, SIGKILL);
        return {};
    }
    while (!victim.readers.empty()) {
        Result<void> pumped = pump();
        if (!pumped) {
            return pumped;
        }
    }
    if (!kept_.contains(exec)) {
        forget_files(exec);
    }
    victim.state = Executor::State::ending;
    end_.kill(victim.slot, SIGKILL);
    while (victim.state != Executor::State::ended) {
        Result<void> pumped = pump();
        if (!pumped) {
            return pumped;
        }
    }
    return {};
}

void ProcessHost::stop(ExecutorId exec) {
    const auto found = executors_.find(exec);
    if (found != executors_.end() && found->second.state == Executor::State::running) {
        found->second.state = Executor::State::ending;
        (void)end_.send(found->second.slot, static_cast<std::uint16_t>(wire::Type::stop), {});
    }
}

Result<void> ProcessHost::look() {
    end_.flush();
    const Woken woken = end_.wait(std::chrono::steady_clock::now());
    signal_ = woken.signal != 0 ? woken.signal : signal_;
    return take_all();
}

Result<void> ProcessHost::pump() {
    const Woken woken = end_.wait(std::chrono::steady_clock::now() + std::chrono::seconds{1});
    signal_ = woken.signal != 0 ? woken.signal : signal_;
    Result<void> taken = take_all();
    if (taken && signal_ != 0) {
        return fail(
            {"interrupted", {}, {}, signal_ == SIGTERM ? Exit::terminated : Exit::interrupted});
    }
    return taken;
}

Result<void> ProcessHost::take_all() {
    for (const SlotId slot : end_.take_registered()) {
        on_registered(slot);
    }
    end_.drain([this](SlotId slot, std::uint16_t type, std::span<const std::byte> bytes) {
        on_message(slot, type, bytes);
    });
    if (broken_) {
        Error error = std::move(*broken_);
        broken_.reset();
        return fail(std::move(error));
    }
    return take_garbled().and_then([this] { return take_overdue(); }).and_then([this] {
        return take_exits();
    });
}

// ---- what nobody asked for

Result<void> ProcessHost::take_garbled() {
    for (const SlotId slot : end_.take_garbage()) {
        garbled(of_slot_[slot.index], "its ring is broken");
    }
    for (const auto& [exec, what] : std::exchange(garbled_, {})) {
        Result<void> told = lost(exec,
                                 LossReason::exited,
                                 garbage_code,
                                 {fmt::format("{} has sent garbage: {}", who(exec), what),
                                  {},
                                  "this is a bug of forkyard or of the machine's memory",
                                  Exit::divergence});
        if (!told) {
            return told;
        }
    }
    return {};
}

Result<void> ProcessHost::take_overdue() {
    for (const SlotId slot : end_.take_overdue(std::chrono::steady_clock::now())) {
        const ExecutorId exec = of_slot_[slot.index];
        Result<void> told = lost(exec,
                                 LossReason::launch_failed,
                                 1,
                                 {fmt::format("{} has not registered in time", who(exec)),
                                  fmt::format("pid {}", end_.pid(slot)),
                                  "the machine may be overloaded: start fewer executors at once",
                                  Exit::unavailable});
        if (!told) {
            return told;
        }
    }
    return {};
}

Result<void> ProcessHost::take_exits() {
    for (const ExecutorExit& exit : end_.take_exits()) {
        const ExecutorId exec = of_slot_[exit.slot.index];
        Executor& executor = executors_.at(exec);
        const bool expected = executor.state == Executor::State::ending;
        end_.release(exit.slot,
                     [this](SlotId slot, std::uint16_t type, std::span<const std::byte> bytes) {
                         on_message(slot, type, bytes);
                     });
        executor.state = Executor::State::ended;
        for (const auto& [reader, request] : std::exchange(executor.asked, {})) {
            refuse(reader, request);
        }
        adopting_.erase(exec);
        if (expected) {
            if (!kept_.contains(exec)) {
                forget_files(exec);
            }
            end_copies_of(exec);
            continue;
        }
        const bool killed = exit.how.kind == ChildExit::Kind::killed;
        Result<void> told = lost(exec,
                                 !exit.registered ? LossReason::launch_failed
                                 : killed         ? LossReason::killed
                                                  : LossReason::exited,
                                 killed ? signal_code + exit.how.code : exit.how.code,
                                 died(exec, exit));
        if (!told) {
            return told;
        }
        end_copies_of(exec);  // what waits for it hears of its end first
    }
    return {};
}

// Under the virtual clock an error of the run; under the wall clock it happens.
Result<void> ProcessHost::lost(ExecutorId exec, LossReason reason, int code, Error error) {
    if (!live_) {
        return fail(std::move(error));
    }
    Executor& executor = executors_.at(exec);
    if (executor.state == Executor::State::running) {
        executor.state = Executor::State::ending;
        end_.kill(executor.slot, SIGKILL);
    }
    HostNews news;
    news.kind = HostNews::Kind::gone;
    news.exec = exec;
    news.reason = reason;
    news.code = code;
    news.text = std::move(error.what);
    news_.push_back(std::move(news));
    return {};
}

Error ProcessHost::died(ExecutorId exec, const ExecutorExit& exit) const {
    if (!exit.registered) {
        return {fmt::format("{} failed to start: {}", who(exec), exit.how.text()),
                fmt::format("pid {}", exit.pid),
                "its own message stands above; check memory and process limits",
                Exit::unavailable};
    }
    return {fmt::format("{} died by itself: {}{}",
                        who(exec),
                        exit.how.text(),
                        exit.died_in_write ? ", in the middle of a message" : ""),
            fmt::format("pid {}", exit.pid),
            "under the virtual clock only faults may end executors; kill by hand with --clock wall",
            Exit::divergence};
}

std::string ProcessHost::who(ExecutorId exec) const {
    return fmt::format("executor process {} ({})", to_text(exec), executors_.at(exec).title);
}

void ProcessHost::close() {
    for (auto& [exec, executor] : executors_) {
        thaw(exec);
        stop(exec);
    }
    const auto deadline = std::chrono::steady_clock::now() + close_limit;
    const auto left = [&] {
        return std::any_of(executors_.begin(), executors_.end(), [](const auto& entry) {
            return entry.second.state != Executor::State::ended;
        });
    };
    while (left() && std::chrono::steady_clock::now() < deadline) {
        (void)end_.wait(deadline);
        if (!take_all()) {
            break;
        }
    }
    for (auto& [exec, executor] : executors_) {
        if (executor.state != Executor::State::ended) {
            end_.kill(executor.slot, SIGKILL);  // the driver's end reaps it
        }
    }
    executors_.clear();
}

}  // namespace forkyard::sim
