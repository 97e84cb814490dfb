#include "sim/host/process_host.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <utility>

#include <fmt/format.h>

#include "core/check.hpp"

namespace forkyard::sim {

namespace {

constexpr std::uint32_t none = 0xffffffff;
constexpr std::chrono::seconds answer_limit{60};  // an executor that says nothing for so long
constexpr std::chrono::seconds close_limit{2};    // then those that are left are killed

}  // namespace

Result<std::unique_ptr<ProcessHost>> ProcessHost::create(std::uint32_t places) {
    DriverEndOptions options;
    options.slots_max = places;
    Result<DriverEnd> end = DriverEnd::create(options);
    if (!end) {
        return fail(end.error());
    }
    return std::unique_ptr<ProcessHost>{new ProcessHost{std::move(*end)}};
}

ProcessHost::~ProcessHost() {
    close();
}

Result<void> ProcessHost::start(const ExecutorStart& start) {
    const std::string name = fmt::format("e{}", start.exec.value);
    Result<SlotId> slot = end_.start({"executor", name, fmt::format("({})", start.title)});
    if (!slot) {
        return fail(slot.error());
    }
    if (of_slot_.size() <= slot->index) {
        of_slot_.resize(slot->index + 1);
    }
    of_slot_[slot->index] = start.exec;
    executors_[start.exec] = {Executor::State::running, *slot, start.title, {}, {}};
    pids_.push_back(end_.pid(*slot));
    const wire::Hello hello{start.exec.value, start.cores};
    return send(start.exec, wire::Type::hello, wire::bytes_of(hello));
}

Result<void> ProcessHost::launch(const TaskOrder& order) {
    Executor& executor = executors_.at(order.exec);
    wire::LaunchHead head;
    head.ticket = order.ticket;
    head.app = order.app.value;
    head.partition = order.task.partition;
    head.output = order.output.valid() ? order.output.value : none;
    head.input = none;
    Waiting& waiting = waiting_[order.ticket];
    waiting.exec = order.exec;
    if (order.program == nullptr) {
        return send(order.exec, wire::Type::launch, wire::bytes_of(head));
    }
    Result<void> sent = send_program(executor, order);
    if (!sent) {
        return sent;
    }
    head.work = wire::Work::compute;
    head.program = program_numbers_.at(order.encoded.get());
    packer_.clear();
    if (order.input != nullptr) {
        head.input = order.input->shuffle.value;
        for (const ExecutorId holder : order.input->distinct) {
            if (holder != order.exec) {
                waiting.holders.push_back(holder);
                executors_.at(holder).readers.insert(order.ticket);
            }
        }
    }
    packer_.add(head);
    if (order.input != nullptr) {
        for (const ExecutorId holder : order.input->holders) {
            packer_.add(holder.value);
        }
    }
    return send(order.exec, wire::Type::launch, packer_.bytes());
}

Result<void> ProcessHost::send_program(Executor& executor, const TaskOrder& order) {
    const auto [number, fresh] =
        program_numbers_.emplace(order.encoded.get(), program_numbers_.size());
    if (fresh) {
        programs_.push_back(order.encoded);  // kept, so that its address stays its own
    }
    if (!executor.programs.insert(number->second).second) {
        return {};
    }
    wire::Packer packer;
    packer.add(wire::ProgramHead{number->second});
    packer.add(std::string_view{*order.encoded});
    return send(order.exec, wire::Type::program, packer.bytes());
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
            const Executor& executor = executors_.at(found->second.exec);
            return fail({fmt::format("executor process e{} ({}) has stopped answering",
                                     found->second.exec.value,
                                     executor.title),
                         fmt::format("pid {}", end_.pid(executor.slot)),
                         "look whether it was stopped by hand; under the virtual clock only "
                         "faults may touch executors",
                         Exit::divergence});
        }
    }
}

void ProcessHost::discard(std::uint32_t ticket) {
    const auto found = waiting_.find(ticket);
    if (found == waiting_.end()) {
        return;
    }
    stop_reading(found->second, ticket);
    waiting_.erase(found);
}

void ProcessHost::stop_reading(Waiting& task, std::uint32_t ticket) {
    for (const ExecutorId holder : task.holders) {
        executors_.at(holder).readers.erase(ticket);
    }
    task.holders.clear();
}

Result<void> ProcessHost::kill(ExecutorId exec) {
    const auto found = executors_.find(exec);
    if (found == executors_.end() || found->second.state == Executor::State::ended) {
        return {};  // its node was down: it was never started
    }
    Executor& victim = found->second;
    while (!victim.readers.empty()) {
        Result<void> pumped = pump();
        if (!pumped) {
            return pumped;
        }
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
    (void)end_.take_registered();
    end_.drain([this](SlotId slot, std::uint16_t type, std::span<const std::byte> bytes) {
        on_message(slot, type, bytes);
    });
    if (!garbled_.empty() || !end_.take_garbage().empty()) {
        return fail({fmt::format("an executor process has sent garbage{}{}",
                                 garbled_.empty() ? "" : ": ",
                                 garbled_),
                     {},
                     "this is a bug of forkyard or of the machine's memory",
                     Exit::divergence});
    }
    for (const SlotId slot : end_.take_overdue(std::chrono::steady_clock::now())) {
        return fail({fmt::format("executor process e{} has not registered in time",
                                 of_slot_[slot.index].value),
                     fmt::format("pid {}", end_.pid(slot)),
                     "the machine may be overloaded: start fewer executors at once",
                     Exit::unavailable});
    }
    return take_exits();
}

Result<void> ProcessHost::take_exits() {
    for (const ExecutorExit& exit : end_.take_exits()) {
        const ExecutorId exec = of_slot_[exit.slot.index];
        Executor& executor = executors_.at(exec);
        const bool expected = executor.state == Executor::State::ending;
        executor.state = Executor::State::ended;
        end_.release(exit.slot,
                     [this](SlotId slot, std::uint16_t type, std::span<const std::byte> bytes) {
                         on_message(slot, type, bytes);
                     });
        if (!expected) {
            return fail(died(executor, exec, exit));
        }
    }
    return {};
}

Error ProcessHost::died(const Executor& executor, ExecutorId exec, const ExecutorExit& exit) const {
    const std::string who = fmt::format("executor process e{} ({})", exec.value, executor.title);
    if (!exit.registered) {
        return {fmt::format("{} failed to start: {}", who, exit.how.text()),
                fmt::format("pid {}", exit.pid),
                "its own message stands above; check memory and process limits",
                Exit::unavailable};
    }
    return {fmt::format("{} died by itself: {}{}",
                        who,
                        exit.how.text(),
                        exit.died_in_write ? ", in the middle of a message" : ""),
            fmt::format("pid {}", exit.pid),
            "under the virtual clock only faults may end executors; kill by hand with --clock wall",
            Exit::divergence};
}

// ---- messages

void ProcessHost::on_message(SlotId slot, std::uint16_t type, std::span<const std::byte> bytes) {
    const ExecutorId exec = of_slot_[slot.index];
    switch (static_cast<wire::Type>(type)) {
        case wire::Type::done:
            on_done(wire::Unpacker{bytes});
            break;
        case wire::Type::fetch_request:
            on_fetch_request(exec, wire::Unpacker{bytes});
            break;
        case wire::Type::grant:
            on_grant(bytes);
            break;
        case wire::Type::fetched: {
            wire::Unpacker in{bytes};
            const auto fetched = in.take<wire::Fetched>();
            const auto task = fetched ? waiting_.find(fetched->ticket) : waiting_.end();
            if (task != waiting_.end()) {
                stop_reading(task->second, fetched->ticket);
            }
            break;
        }
        default:
            garbled_ = fmt::format("message of type {} from e{}", type, exec.value);
            break;
    }
}

void ProcessHost::on_done(wire::Unpacker in) {
    const auto head = in.take<wire::DoneHead>();
    if (!head) {
        garbled_ = "a report that is too short";
        return;
    }
    const auto found = waiting_.find(head->ticket);
    if (found == waiting_.end()) {
        return;  // it no longer matters
    }
    auto sizes = in.take_list<std::int64_t>(head->sizes);
    auto text = in.take_text(head->result_bytes);
    auto saved = in.take_text(head->saved_bytes);
    if (!sizes || !text || !saved) {
        garbled_ = "a report that is cut off";
        return;
    }
    Waiting& task = found->second;
    stop_reading(task, head->ticket);
    task.answered = true;
    TaskAnswer& answer = task.answer;
    switch (head->status) {
        case wire::DoneStatus::success:
            answer.result = std::move(*text);
            break;
        case wire::DoneStatus::failed:
            answer.status = TaskAnswer::Status::failed;
            answer.error = std::move(*text);
            break;
        case wire::DoneStatus::fetch_failed:
            answer.status = TaskAnswer::Status::fetch_failed;
            answer.from = ExecutorId{head->from};
            break;
        case wire::DoneStatus::killed:
            answer.status = TaskAnswer::Status::killed;
            break;
    }
    answer.cost = SimDuration{head->cost_us};
    answer.run = SimDuration{head->run_us};
    answer.rows = head->rows;
    answer.saved = std::move(*saved);
    answer.sizes = std::move(*sizes);
}

void ProcessHost::on_fetch_request(ExecutorId reader, wire::Unpacker in) {
    const auto request = in.take<wire::FetchRequest>();
    if (!request) {
        garbled_ = "a fetch request that is too short";
        return;
    }
    const auto holder = executors_.find(ExecutorId{request->holder});
    if (holder == executors_.end() || holder->second.state != Executor::State::running) {
        const wire::Refused refused{*request};
        (void)send(reader, wire::Type::refused, wire::bytes_of(refused));
        return;
    }
    const wire::GrantRequest ask{*request, reader.value};
    (void)send(holder->first, wire::Type::grant_request, wire::bytes_of(ask));
}

void ProcessHost::on_grant(std::span<const std::byte> bytes) {
    wire::Unpacker in{bytes};
    const auto head = in.take<wire::BlocksHead>();
    if (!head) {
        garbled_ = "a grant that is too short";
        return;
    }
    (void)send(ExecutorId{head->reader}, wire::Type::blocks, bytes);
}

Result<void> ProcessHost::send(ExecutorId exec, wire::Type type, std::span<const std::byte> bytes) {
    const auto found = executors_.find(exec);
    if (found == executors_.end() || found->second.state == Executor::State::ended) {
        return {};  // nobody is there to read it
    }
    const PushResult pushed =
        end_.send(found->second.slot, static_cast<std::uint16_t>(type), bytes);
    if (pushed == PushResult::ok) {
        return {};
    }
    return fail({fmt::format("a message of {} bytes does not reach e{}", bytes.size(), exec.value),
                 {},
                 "the executor is too slow, or the task too large",
                 Exit::unavailable});
}

void ProcessHost::close() {
    for (auto& [exec, executor] : executors_) {
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
