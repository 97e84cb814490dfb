#include "sim/session/program_thread.hpp"

#include <exception>
#include <utility>

namespace forkyard::sim {

ProgramThread::ProgramThread(const ProgramInfo& program, Session::Arguments arguments)
    : program_{program}, session_{*this, std::move(arguments)}, thread_{[this] { main(); }} {}

ProgramThread::~ProgramThread() {
    {
        const std::lock_guard lock{mutex_};
        unwinding_ = true;
        turn_ = Turn::program;
    }
    turned_.notify_all();
    thread_.join();
}

ProgramThread::Request ProgramThread::resume(Reply reply) {
    std::unique_lock lock{mutex_};
    reply_ = std::move(reply);
    request_.reset();
    turn_ = Turn::program;
    turned_.notify_all();
    turned_.wait(lock, [this] { return turn_ == Turn::run; });
    return std::move(*request_);
}

void ProgramThread::await_turn() {
    std::unique_lock lock{mutex_};
    turned_.wait(lock, [this] { return turn_ == Turn::program; });
    if (unwinding_) {
        throw Unwound{};
    }
}

void ProgramThread::hand_over(Request request) {
    {
        const std::lock_guard lock{mutex_};
        if (unwinding_) {  // nobody waits for it
            throw Unwound{};
        }
        request_ = std::move(request);
        turn_ = Turn::run;
    }
    turned_.notify_all();
}

Value ProgramThread::ask(Request request) {
    hand_over(std::move(request));
    await_turn();
    const std::lock_guard lock{mutex_};
    if (!reply_) {
        throw SessionError{reply_.error()};
    }
    return std::move(*reply_);
}

void ProgramThread::main() {
    try {
        await_turn();
        Ended ended;
        try {
            program_.run(session_);
        } catch (const std::exception& error) {
            ended.failure = error.what();
        } catch (const Unwound&) {
            throw;
        } catch (...) {
            ended.failure = "the program threw something that is no std::exception";
        }
        hand_over(std::move(ended));
    } catch (const Unwound&) {
        return;  // the run is over, or its driver is gone
    }
}

}  // namespace forkyard::sim
