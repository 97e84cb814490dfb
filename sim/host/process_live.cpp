// Executor processes under the wall clock: news of them, and what is done to them.
#include <algorithm>
#include <csignal>
#include <utility>

#include "sim/host/process_host.hpp"

namespace forkyard::sim {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds shortest_look{5};  // at heartbeats
constexpr int intervals_missed = 2;                    // then an executor is silent

}  // namespace

Result<std::vector<HostNews>> ProcessHost::wait(Clock::time_point deadline) {
    const auto until =
        next_beats_ == Clock::time_point{} ? deadline : std::min(deadline, next_beats_);
    const Woken woken = end_.wait(until);
    signal_ = woken.signal != 0 ? woken.signal : signal_;
    Result<void> taken = take_all();
    if (!taken) {
        return fail(taken.error());
    }
    look_at_beats(Clock::now());
    return std::exchange(news_, {});
}

void ProcessHost::on_registered(SlotId slot) {
    const ExecutorId exec = of_slot_[slot.index];
    executors_.at(exec).registered = true;
    if (live_) {
        HostNews news;
        news.exec = exec;
        news_.push_back(std::move(news));
        next_beats_ = Clock::now();
    }
}

void ProcessHost::look_at_beats(Clock::time_point now) {
    if (next_beats_ == Clock::time_point{} || now < next_beats_) {
        return;
    }
    std::chrono::microseconds shortest = std::chrono::seconds{1};
    for (auto& [exec, executor] : executors_) {
        if (executor.state != Executor::State::running || !executor.registered) {
            continue;
        }
        shortest = std::min(shortest, executor.heartbeat / 2);
        const auto quiet = end_.quiet(executor.slot, now);
        if (executor.silent == (quiet > executor.heartbeat * intervals_missed)) {
            continue;
        }
        executor.silent = !executor.silent;
        HostNews news;
        news.kind = executor.silent ? HostNews::Kind::silent : HostNews::Kind::back;
        news.exec = exec;
        news.quiet = std::chrono::duration_cast<SimDuration>(quiet);
        news_.push_back(std::move(news));
    }
    next_beats_ = now + std::max<std::chrono::microseconds>(shortest, shortest_look);
}

// ---- what is done to them

void ProcessHost::post(std::uint32_t ticket, wire::Type type, std::span<const std::byte> bytes) {
    const auto found = waiting_.find(ticket);
    if (found != waiting_.end()) {
        (void)send(found->second.exec, type, bytes);
    }
}

void ProcessHost::cancel(std::uint32_t ticket) {
    const wire::Cancel cancel{ticket};
    post(ticket, wire::Type::cancel, wire::bytes_of(cancel));
}

void ProcessHost::slow(std::uint32_t ticket, Millionths factor) {
    const wire::Slow slow{.ticket = ticket, .factor_millionths = factor.count};
    post(ticket, wire::Type::slow, wire::bytes_of(slow));
}

void ProcessHost::hang(ExecutorId exec, std::uint32_t ticket, bool hangs) {
    const wire::Hang hang{.ticket = ticket, .hangs = hangs ? 1U : 0U};
    (void)send(exec, wire::Type::hang, wire::bytes_of(hang));
}

void ProcessHost::exit(ExecutorId exec, std::int32_t code) {
    const auto found = executors_.find(exec);
    if (found == executors_.end() || found->second.state != Executor::State::running) {
        return;
    }
    Executor& executor = found->second;
    const wire::ExitNow exit{code};
    (void)send(exec, wire::Type::exit_now, wire::bytes_of(exit));
    end_.flush();
    executor.state = Executor::State::ending;
    if (executor.frozen) {
        end_.kill(executor.slot, SIGKILL);  // it cannot read
    }
}

void ProcessHost::serve(ExecutorId exec, bool serves) {
    const auto found = executors_.find(exec);
    if (found != executors_.end()) {
        found->second.refuses = !serves;
    }
}

void ProcessHost::freeze(ExecutorId exec) {
    const auto found = executors_.find(exec);
    if (found != executors_.end() && found->second.state == Executor::State::running) {
        found->second.frozen = true;
        end_.kill(found->second.slot, SIGSTOP);
    }
}

void ProcessHost::thaw(ExecutorId exec) {
    const auto found = executors_.find(exec);
    if (found != executors_.end() && found->second.frozen) {
        found->second.frozen = false;
        if (found->second.state != Executor::State::ended) {
            end_.kill(found->second.slot, SIGCONT);
        }
    }
}

}  // namespace forkyard::sim
