#include "sim/executor/executor_loop.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <unistd.h>
#include <utility>

#include "core/check.hpp"
#include "sim/executor/adopt_output.hpp"
#include "sim/executor/block_store.hpp"
#include "sim/executor/broadcast_store.hpp"
#include "sim/executor/kept_blocks.hpp"
#include "sim/executor/program_store.hpp"
#include "sim/executor/running_task.hpp"
#include "sim/executor/settle_output.hpp"
#include "sim/executor/slot_pool.hpp"
#include "sim/executor/task_fetches.hpp"
#include "sim/host/task_answer.hpp"
#include "sim/host/wire.hpp"
#include "sim/ipc/executor_end.hpp"

namespace forkyard::sim {

namespace {

using wire::Type;

constexpr int exit_driver_gone = 1;  // as Spark's executors
constexpr int exit_garbled = 50;     // an uncaught problem of our own
constexpr int exit_no_room = 53;     // as of Spark's disk store

using Task = std::shared_ptr<RunningTask>;

class ExecutorLoop {
public:
    explicit ExecutorLoop(ExecutorEnd end) : end_{std::move(end)} {}

    int run();

private:
    [[nodiscard]] std::chrono::steady_clock::time_point next_wake() const;
    bool on_message(std::uint16_t type, std::span<const std::byte> bytes);
    bool on_launch(wire::Unpacker in);
    bool on_grant_request(wire::Unpacker in);
    bool on_cancel(wire::Unpacker in);
    bool kept(const Result<bool>& result);
    template <class Message, class Change>
    bool change_time(wire::Unpacker in, Change&& change) {
        const auto message = in.take<Message>();
        if (const Task task = message ? find(message->ticket) : nullptr) {
            change(task->time, *message);
        }
        return message.has_value();
    }
    [[nodiscard]] Task find(std::uint32_t ticket) const;
    void fetched(const Task& task);
    void ready(const Task& task);
    void keep_output(RunningTask& task);
    void report(const Task& task);
    void report_finished();
    void send(Type type, std::span<const std::byte> bytes);

    ExecutorEnd end_;
    std::uint32_t exec_ = 0;
    ProgramStore programs_;
    BroadcastStore broadcasts_;
    std::map<std::uint32_t, Task> running_;  // in a slot or about to be, by ticket
    BlockStore store_;
    TaskFetches fetches_{store_,
                         [this](Type type, auto bytes) { send(type, bytes); },
                         [this](const Task& task) { fetched(task); }};
    KeptBlocks blocks_{store_};
    std::mutex finished_mutex_;
    std::vector<Task> finished_;
    wire::Packer packer_;
    std::optional<int> exit_;
    std::unique_ptr<SlotPool> slots_;  // last: its threads end before what they use
    std::uint32_t cores_ = 1;
    bool tells_places_ = false;
    std::chrono::microseconds beat_interval_ = std::chrono::seconds{1};
};

std::chrono::steady_clock::time_point ExecutorLoop::next_wake() const {
    const auto beat = std::chrono::steady_clock::now() + beat_interval_;
    return std::min(beat, fetches_.retries_at());
}

int ExecutorLoop::run() {
    while (!exit_) {
        const ExecutorWake woken = end_.wait(next_wake());
        end_.beat();
        if (woken == ExecutorWake::driver_gone) {
            exit_ = exit_driver_gone;
            break;
        }
        report_finished();
        fetches_.retry();
        const Received received =
            end_.receive([this](std::uint16_t type, std::span<const std::byte> bytes) {
                return on_message(type, bytes);
            });
        if (received.corrupt) {
            exit_ = exit_garbled;
        }
    }
    end_.flush();
    for (const auto& [ticket, task] : running_) {
        task->time.cancel();  // nobody waits for it, so the slots need not
        task->time.hang(false);
    }
    return *exit_;
}

bool ExecutorLoop::on_message(std::uint16_t type, std::span<const std::byte> bytes) {
    wire::Unpacker in{bytes};
    bool ok = true;
    switch (static_cast<Type>(type)) {
        case Type::hello: {
            const auto hello = in.take<wire::Hello>();
            ok = hello.has_value();
            if (ok) {
                exec_ = hello->exec;
                cores_ = hello->cores;
                tells_places_ = hello->tells_places != 0;
                beat_interval_ = std::chrono::microseconds{hello->beat_us};
                fetches_.configure(*hello);
                store_.make_checksums(hello->fetch.checksums);
                store_.keep_outputs_within(hello->output_memory);
            }
            break;
        }
        case Type::program:
            ok = programs_.take(in);
            break;
        case Type::broadcast:
            ok = broadcasts_.take(in);
            break;
        case Type::forget:
            ok = broadcasts_.forget(in);
            break;
        case Type::launch:
            ok = on_launch(in);
            break;
        case Type::grant_request:
            ok = on_grant_request(in);
            break;
        case Type::blocks:
            ok = fetches_.on_blocks(in);
            break;
        case Type::refused:
            ok = fetches_.on_refused(in);
            break;
        case Type::cancel:
            ok = on_cancel(in);
            break;
        case Type::slow:
            ok = change_time<wire::Slow>(in, [](TaskTime& time, const wire::Slow& slow) {
                time.slow(static_cast<double>(slow.factor_millionths) / 1e6);
            });
            break;
        case Type::hang:
            ok = change_time<wire::Hang>(
                in, [](TaskTime& time, const wire::Hang& hang) { time.hang(hang.hangs != 0); });
            break;
        case Type::adopt:
            ok = kept(adopt_output(store_, in).map([this](const auto& adopted) {
                if (adopted) {
                    send(Type::adopted, wire::bytes_of(*adopted));
                }
                return adopted.has_value();
            }));
            break;
        case Type::settle:
            ok = settle_output(
                in,
                [this](std::uint32_t ticket) { return find(ticket); },
                [this](std::span<const std::byte> note) { send(Type::settled, note); });
            break;
        case Type::keep:
        case Type::place:
            ok = kept(static_cast<Type>(type) == Type::keep ? blocks_.keep(in) : blocks_.place(in));
            break;
        case Type::exit_now: {
            const auto now = in.take<wire::ExitNow>();
            _exit(now ? now->code : exit_garbled);  // as System.exit in a task: at once
        }
        case Type::stop:
            exit_ = 0;
            break;
        default:
            ok = false;
            break;
    }
    if (!ok) {
        std::fprintf(
            stderr, "forkyard executor e%u: a message of the driver makes no sense\n", exec_);
        exit_ = exit_garbled;
    }
    return !exit_.has_value();
}

bool ExecutorLoop::on_launch(wire::Unpacker in) {
    const auto head = in.take<wire::LaunchHead>();
    if (!head) {
        return false;
    }
    if (head->work == wire::Work::nothing) {
        wire::DoneHead done;
        done.ticket = head->ticket;
        send(Type::done, wire::bytes_of(done));
        return true;
    }
    auto task = std::make_shared<RunningTask>(*head);
    if (!task->real()) {
        ready(task);
        return true;
    }
    task->broadcasts = &broadcasts_;
    task->program = programs_.find(head->program);
    if (task->program == nullptr) {
        return false;
    }
    if (!task->take_reads(in)) {
        return false;
    }
    fetches_.begin(task);
    return true;
}

bool ExecutorLoop::on_grant_request(wire::Unpacker in) {
    const auto request = in.take<wire::GrantRequest>();
    if (!request) {
        return false;
    }
    const auto names = in.take_list<wire::BlockName>(request->fetch.count);
    if (!names) {
        return false;
    }
    std::vector<wire::BlockPlace> places;
    for (const wire::BlockName& name : *names) {
        store_.find(request->fetch.app, name, places);
    }
    packer_.clear();
    packer_.add(wire::BlocksHead{
        request->fetch, request->reader, getpid(), static_cast<std::uint32_t>(places.size())});
    for (const wire::BlockPlace& place : places) {
        packer_.add(place);
    }
    send(Type::grant, packer_.bytes());
    return true;
}

bool ExecutorLoop::on_cancel(wire::Unpacker in) {
    const auto cancel = in.take<wire::Cancel>();
    const Task task = cancel ? find(cancel->ticket) : nullptr;
    if (task != nullptr && fetches_.find(cancel->ticket) != nullptr) {
        fetches_.forget(cancel->ticket);
        task->answer.status = TaskAnswer::Status::killed;
        report(task);
    } else if (task != nullptr) {
        task->time.cancel();
    }
    return cancel.has_value();
}

// Others count on what is said to be kept: without it there is nothing to go on with.
bool ExecutorLoop::kept(const Result<bool>& result) {
    if (!result) {
        std::fprintf(stderr, "forkyard executor e%u: %s\n", exec_, result.error().text().c_str());
        exit_ = exit_no_room;
    }
    return !result || *result;
}

Task ExecutorLoop::find(std::uint32_t ticket) const {
    const auto task = running_.find(ticket);
    return task != running_.end() ? task->second : fetches_.find(ticket);
}

void ExecutorLoop::fetched(const Task& task) {
    if (task->answer.status == TaskAnswer::Status::fetch_failed) {
        report(task);
    } else {
        ready(task);
    }
}

void ExecutorLoop::ready(const Task& task) {
    running_[task->head.ticket] = task;
    if (slots_ == nullptr) {
        slots_ = std::make_unique<SlotPool>(cores_, [this] { end_.notify(); });
    }
    slots_->add([this, task] {
        task->work();
        const std::lock_guard lock{finished_mutex_};
        finished_.push_back(task);
    });
}

void ExecutorLoop::report_finished() {
    std::vector<Task> finished;
    {
        const std::lock_guard lock{finished_mutex_};
        finished.swap(finished_);
    }
    for (const Task& task : finished) {
        running_.erase(task->head.ticket);
        if (task->head.output != wire::none && task->answer.status == TaskAnswer::Status::done) {
            keep_output(*task);
        }
        if (task->answer.status == TaskAnswer::Status::done) {
            blocks_.hold(task->head.ticket, std::move(task->made));
        }
        report(task);
    }
}

void ExecutorLoop::keep_output(RunningTask& task) {
    const wire::LaunchHead& head = task.head;
    Result<void> kept = store_.put_output(head.app, head.output, head.partition, task.pieces());
    if (!kept) {
        task.answer = failed_answer(kept.error().what);
        return;
    }
    for (std::uint32_t region = 0; tells_places_ && region < task.regions.size(); ++region) {
        store_.find(head.app, {head.output, head.partition, region}, task.output_places);
    }
}

void ExecutorLoop::report(const Task& task) {
    packer_.clear();
    task->pack_report(packer_);
    send(Type::done, packer_.bytes());
}

void ExecutorLoop::send(Type type, std::span<const std::byte> bytes) {
    const SendResult sent = end_.send(static_cast<std::uint16_t>(type), bytes);
    if (sent == SendResult::driver_gone) {
        exit_ = exit_driver_gone;
    }
    FORKYARD_CHECK(sent != SendResult::too_long, "a message fits the ring's limits");
}

}  // namespace

int executor_main() {
    Result<ExecutorEnd> end = ExecutorEnd::attach();
    if (!end) {
        std::fprintf(stderr, "forkyard executor: %s\n", end.error().text().c_str());
        return static_cast<int>(end.error().exit);
    }
    ExecutorLoop loop{std::move(*end)};
    return loop.run();
}

}  // namespace forkyard::sim
