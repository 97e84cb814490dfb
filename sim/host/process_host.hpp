// Executors as real processes, one for each, over shared-memory rings.
//
// The virtual clock asks it to carry out what has been decided: it hands tasks over at
// once and waits for an answer only when that answer is due, so processes work side by
// side. A holder of shuffle blocks grants each fetch through here. A kill is a real
// SIGKILL, sent when every task that began to read from the victim has its blocks. A
// process that ends by itself is an error of the run.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "sim/host/executor_host.hpp"
#include "sim/host/wire.hpp"
#include "sim/ipc/driver_end.hpp"

namespace forkyard::sim {

class ProcessHost final : public ExecutorHost {
public:
    // `places`: how many executors can be alive at the same time.
    [[nodiscard]] static Result<std::unique_ptr<ProcessHost>> create(std::uint32_t places);
    ~ProcessHost() override;

    [[nodiscard]] Result<void> start(const ExecutorStart& executor) override;
    [[nodiscard]] Result<void> launch(const TaskOrder& order) override;
    [[nodiscard]] Result<TaskAnswer> await(std::uint32_t ticket) override;
    void discard(std::uint32_t ticket) override;
    [[nodiscard]] Result<void> kill(ExecutorId exec) override;
    void stop(ExecutorId exec) override;
    [[nodiscard]] Result<void> look() override;
    [[nodiscard]] int signal() const override { return signal_; }
    void close() override;
    [[nodiscard]] std::vector<std::int64_t> pids() const override { return pids_; }

private:
    struct Executor {
        enum class State : std::uint8_t { running, ending, ended };
        State state = State::running;
        SlotId slot;
        std::string title;
        std::set<std::uint64_t> programs;  // those it has
        std::set<std::uint32_t> readers;   // tickets that still read from it
    };
    struct Waiting {
        ExecutorId exec;
        std::vector<ExecutorId> holders;  // it still reads from
        bool answered = false;
        TaskAnswer answer;
    };

    explicit ProcessHost(DriverEnd end) : end_{std::move(end)} {}

    // Sleeps until something comes, and takes it.
    [[nodiscard]] Result<void> pump();
    [[nodiscard]] Result<void> take_all();
    void on_message(SlotId slot, std::uint16_t type, std::span<const std::byte> bytes);
    void on_done(wire::Unpacker in);
    void on_fetch_request(ExecutorId reader, wire::Unpacker in);
    void on_grant(std::span<const std::byte> bytes);
    void stop_reading(Waiting& task, std::uint32_t ticket);
    [[nodiscard]] Result<void> send(ExecutorId exec,
                                    wire::Type type,
                                    std::span<const std::byte> bytes);
    [[nodiscard]] Result<void> send_program(Executor& executor, const TaskOrder& order);
    [[nodiscard]] Result<void> take_exits();
    [[nodiscard]] Error died(const Executor& executor,
                             ExecutorId exec,
                             const ExecutorExit& exit) const;

    DriverEnd end_;
    std::map<ExecutorId, Executor> executors_;
    std::vector<ExecutorId> of_slot_;
    std::unordered_map<std::uint32_t, Waiting> waiting_;  // by ticket; looked up, never iterated
    std::map<const std::string*, std::uint64_t> program_numbers_;
    std::vector<std::shared_ptr<const std::string>> programs_;
    std::vector<std::int64_t> pids_;
    wire::Packer packer_;
    std::string garbled_;  // what an executor said that makes no sense
    int signal_ = 0;
};

}  // namespace forkyard::sim
