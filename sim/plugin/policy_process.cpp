#include "sim/plugin/policy_process.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "core/check.hpp"
#include "sim/process/limits.hpp"

namespace forkyard::sim {

namespace {

// From the end of its input to that of the process, before it is killed.
constexpr std::chrono::milliseconds end_limit{500};

// How long a wait may last before signals are looked at.
constexpr long long slice_ms = 100;

// Where executors are processes, the driver's end has these blocked and takes them by itself.
bool signal_waits() {
    sigset_t waiting;
    ::sigpending(&waiting);
    return sigismember(&waiting, SIGINT) == 1 || sigismember(&waiting, SIGTERM) == 1;
}

struct PipeEnds {
    UniqueFd read;
    UniqueFd write;
};

Result<PipeEnds> make_pipe() {
    std::array<int, 2> ends{-1, -1};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        return fail(system_error(errno, "make a pipe to the policy"));
    }
    PipeEnds pipe{UniqueFd{ends[0]}, UniqueFd{ends[1]}};
    for (UniqueFd* end : {&pipe.read, &pipe.write}) {
        if (end->value() <= STDERR_FILENO) {  // closed here; the child puts others in their place
            *end = UniqueFd{::fcntl(end->value(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1)};
        }
    }
    return pipe;
}

// "10 s", "250 ms": as a person would say it.
std::string span_text(std::chrono::microseconds limit) {
    const auto whole = std::chrono::duration_cast<std::chrono::milliseconds>(limit).count();
    return whole % 1000 == 0 ? fmt::format("{} s", whole / 1000) : fmt::format("{} ms", whole);
}

}  // namespace

PolicyProcess::~PolicyProcess() {
    if (pid_ > 0) {
        to_ = UniqueFd{};
        (void)comes_to_an_end(end_limit);
        kill();
    }
}

void PolicyProcess::kill() {
    if (pid_ > 0) {
        (void)stop();
    }
}

Result<void> PolicyProcess::start(ChildCommand command) {
    std::signal(SIGPIPE, SIG_IGN);  // a policy that has died is told by its end
    Result<PipeEnds> down = make_pipe();
    Result<PipeEnds> up = make_pipe();
    if (!down || !up) {
        return fail(down ? up.error() : down.error());
    }
    command.standard_input = down->read.value();
    command.standard_output = up->write.value();
    command.dies_with_driver = true;
    const Result<pid_t> pid = start_child(command);
    if (!pid) {
        return fail(pid.error());
    }
    pid_ = *pid;
    to_ = std::move(down->write);
    from_ = std::move(up->read);
    ::fcntl(to_.value(), F_SETFL, O_NONBLOCK);
    ::fcntl(from_.value(), F_SETFL, O_NONBLOCK);
    return {};
}

tl::expected<std::string_view, std::string> PolicyProcess::ask(std::string_view line,
                                                               std::chrono::microseconds limit) {
    out_ += line;
    out_ += '\n';
    in_.erase(0, taken_);
    taken_ = 0;
    send();
    const Clock::time_point deadline = Clock::now() + limit;
    std::size_t looked = 0;
    while (true) {
        const std::size_t end = in_.find('\n', looked);
        if (end != std::string::npos && end <= line_max) {
            taken_ = end + 1;
            return std::string_view{in_}.substr(0, end);
        }
        looked = in_.size();
        if (looked > line_max) {
            return tl::unexpected{fmt::format("wrote a line of more than {} MiB", line_max >> 20U)};
        }
        switch (receive(deadline)) {
            case Received::some:
                break;
            case Received::end:
                return tl::unexpected{end_text()};
            case Received::late:
                return tl::unexpected{
                    fmt::format("did not answer within {} (does it flush its standard output "
                                "after each line?)",
                                span_text(limit))};
            case Received::interrupted:
                return tl::unexpected<std::string>{"was waited for when the run was interrupted"};
        }
    }
}

// As much as it takes now. What it does not read because it has ended is no loss.
void PolicyProcess::send() {
    while (!out_.empty()) {
        const ssize_t n = ::write(to_.value(), out_.data(), out_.size());
        if (n > 0) {
            out_.erase(0, static_cast<std::size_t>(n));
        } else if (n < 0 && errno == EPIPE) {
            out_.clear();
        } else if (n < 0 && errno != EINTR) {
            return;
        }
    }
}

// Waits for something to read, and reads it.
PolicyProcess::Received PolicyProcess::receive(Clock::time_point deadline) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    std::array<pollfd, 2> ready{{{from_.value(), POLLIN, 0}, {to_.value(), POLLOUT, 0}}};
    const nfds_t count = out_.empty() ? 1 : 2;
    if (left <= 0) {
        return Received::late;
    }
    const int woken =
        ::poll(ready.data(), count, static_cast<int>(std::min<long long>(left, slice_ms)));
    if (woken <= 0) {
        return woken < 0 || signal_waits() ? Received::interrupted : Received::some;
    }
    if (count == 2 && ready[1].revents != 0) {
        send();
    }
    std::array<char, 65536> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init)
    const ssize_t n = ::read(from_.value(), buffer.data(), buffer.size());
    if (n > 0) {
        in_.append(buffer.data(), static_cast<std::size_t>(n));
    }
    return n == 0 ? Received::end : Received::some;
}

// Whether it ends within that time; it is not reaped, so that its group keeps its number.
bool PolicyProcess::comes_to_an_end(std::chrono::milliseconds limit) const {
    for (auto left = limit.count(); left >= 0; --left) {
        siginfo_t info{};
        if (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
            info.si_pid == pid_) {
            return true;
        }
        ::poll(nullptr, 0, 1);
    }
    return false;
}

std::string PolicyProcess::end_text() {
    if (!comes_to_an_end(end_limit)) {
        return "closed its standard output";
    }
    const ChildExit how = stop();
    return (how.kind == ChildExit::Kind::killed ? "was " : "") + how.text();
}

ChildExit PolicyProcess::stop() {
    FORKYARD_CHECK(pid_ > 0, "a process is stopped once");
    ::kill(-pid_, SIGKILL);
    return reap_killed(std::exchange(pid_, -1));
}

}  // namespace forkyard::sim
