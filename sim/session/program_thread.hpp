// A driver program in C++ while it runs: a thread that has its turn when the run gives it one.
//
// Either the program runs or the run does, never both: the run resumes the program with the
// answer to what it asked for, and waits until it asks for the next thing. So where a program
// stands is a matter of what it was told, and no clock of this machine comes into it.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <variant>

#include <tl/expected.hpp>

#include "core/data/value.hpp"
#include "core/model/application.hpp"
#include "sim/session/sdk/forkyard/session.hpp"

namespace forkyard::sim {

class ProgramThread final : private SessionLink {
public:
    struct Ended {
        std::string failure;  // empty: it has returned
    };
    struct Unpersist {
        std::string dataset;
    };
    struct BroadcastOrder {
        std::shared_ptr<const Value> value;
    };
    struct DropBroadcast {
        BroadcastId id;
        std::string destroyed_at;  // empty: executors drop it, the driver keeps it
    };
    struct CheckpointOrder {
        std::string dataset;
        bool local = false;  // by executors, and not into files
        std::string folder;  // of all checkpoints; empty: as its application's properties say
    };
    struct LineageAsked {
        std::string dataset;
    };
    struct AccumulatorRead {
        std::string accumulator;
    };
    // Each becomes an event.
    using Order = std::
        variant<DatasetSpec, JobSpec, Unpersist, CheckpointOrder, BroadcastOrder, DropBroadcast>;
    using Request = std::variant<Order, LineageAsked, AccumulatorRead, Ended>;
    using Reply = tl::expected<Value, std::string>;  // of what is no question: nothing

    ProgramThread(const ProgramInfo& program, Session::Arguments arguments);
    // A program that has not ended is unwound: what it asks for next is refused.
    ~ProgramThread() override;
    ProgramThread(const ProgramThread&) = delete;
    ProgramThread& operator=(const ProgramThread&) = delete;

    // Lets it run until it asks for something. The first time nobody reads the reply.
    [[nodiscard]] Request resume(Reply reply);

private:
    struct Unwound {};
    enum class Turn { run, program };

    void define(DatasetSpec spec) override { (void)ask(Order{std::move(spec)}); }
    void unpersist(std::string dataset) override {
        (void)ask(Order{Unpersist{std::move(dataset)}});
    }
    [[nodiscard]] BroadcastId broadcast(std::shared_ptr<const Value> value) override {
        const Value number = ask(Order{BroadcastOrder{std::move(value)}});
        return BroadcastId{static_cast<std::uint32_t>(number.integer())};
    }
    void drop_broadcast(BroadcastId id, std::string destroyed_at) override {
        (void)ask(Order{DropBroadcast{id, std::move(destroyed_at)}});
    }
    void checkpoint(std::string dataset, std::string folder) override {
        (void)ask(Order{CheckpointOrder{std::move(dataset), false, std::move(folder)}});
    }
    void checkpoint_local(std::string dataset) override {
        (void)ask(Order{CheckpointOrder{std::move(dataset), true, {}}});
    }
    [[nodiscard]] Value run(JobSpec spec) override { return ask(Order{std::move(spec)}); }
    [[nodiscard]] std::string lineage(std::string dataset) override {
        return std::string{ask(LineageAsked{std::move(dataset)}).text()};
    }
    [[nodiscard]] std::int64_t accumulated(std::string accumulator) override {
        return ask(AccumulatorRead{std::move(accumulator)}).integer();
    }
    [[nodiscard]] bool is_program() const override {
        return std::this_thread::get_id() == thread_.get_id();
    }
    [[nodiscard]] Value ask(Request request);
    void main();
    void hand_over(Request request);
    void await_turn();

    const ProgramInfo& program_;
    Session session_;
    std::mutex mutex_;
    std::condition_variable turned_;
    Turn turn_ = Turn::run;
    bool unwinding_ = false;
    std::optional<Request> request_{};
    Reply reply_{};
    std::thread thread_;  // last: it uses the others
};

}  // namespace forkyard::sim
