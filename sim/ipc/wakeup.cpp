#include "sim/ipc/wakeup.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <climits>

#include "sim/process/limits.hpp"

namespace forkyard::sim {

namespace {

timespec to_timespec(std::chrono::nanoseconds duration) {
    const auto whole = std::chrono::duration_cast<std::chrono::seconds>(duration);
    return {.tv_sec = whole.count(), .tv_nsec = (duration - whole).count()};
}

std::uint64_t now_ns() {
    return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch() /
                                      std::chrono::nanoseconds{1});
}

sigset_t driver_signals() {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : {SIGCHLD, SIGINT, SIGTERM}) {
        sigaddset(&set, signal);
    }
    return set;
}

// epoll_pwait2 counts nanoseconds; where a kernel or a sandbox lacks it, milliseconds
// rounded up have to do.
int epoll_sleep(int epoll, epoll_event* events, int events_max, std::chrono::nanoseconds time) {
#ifdef SYS_epoll_pwait2
    static bool missing = false;
    if (!missing) {
        const auto timeout = to_timespec(time);
        const auto count =
            ::syscall(SYS_epoll_pwait2, epoll, events, events_max, &timeout, nullptr, 0UL);
        if (count >= 0 || errno == EINTR) {
            return static_cast<int>(count);
        }
        missing = true;
    }
#endif
    const auto rounded = std::chrono::ceil<std::chrono::milliseconds>(time);
    return ::epoll_wait(epoll, events, events_max, static_cast<int>(rounded.count()));
}

bool watch(int epoll, int fd, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.fd = fd;
    return ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

}  // namespace

FutexWait futex_wait(std::atomic<std::uint32_t>& word,
                     std::uint32_t expected,
                     std::uint32_t bits,
                     WallTime until) noexcept {
    // FUTEX_WAIT_BITSET takes an absolute time of the monotonic clock.
    const auto deadline = to_timespec(std::max(until.time_since_epoch(), WallTime::duration{0}));
    const auto result =
        ::syscall(SYS_futex, &word, FUTEX_WAIT_BITSET, expected, &deadline, nullptr, bits);
    if (result == 0) {
        return FutexWait::woken;
    }
    return errno == ETIMEDOUT ? FutexWait::timed_out : FutexWait::changed;
}

void futex_wake(std::atomic<std::uint32_t>& word, std::uint32_t bits) noexcept {
    (void)::syscall(SYS_futex, &word, FUTEX_WAKE_BITSET, INT_MAX, nullptr, nullptr, bits);
}

bool guarded_yield(std::atomic<std::uint64_t>& off_until) noexcept {
    const auto before = now_ns();
    if (before < off_until.load(std::memory_order_relaxed)) {
        return false;
    }
    ::sched_yield();
    const auto after = now_ns();
    if (after - before > static_cast<std::uint64_t>(yield_slow.count())) {
        off_until.store(after + static_cast<std::uint64_t>(yield_pause.count()),
                        std::memory_order_relaxed);
        return false;
    }
    return true;
}

Result<DriverBell> DriverBell::create() {
    const auto* const doing = "make the doorbell of the driver";
    DriverBell bell;
    const auto signals = driver_signals();
    bell.epoll_ = UniqueFd{::epoll_create1(EPOLL_CLOEXEC)};
    bell.doorbell_ = UniqueFd{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    if (!bell.epoll_.valid() || !bell.doorbell_.valid()) {
        return fail(system_error(errno, doing));
    }
    bell.signals_ = UniqueFd{::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK)};
    // Edge-triggered: each ring wakes us and the counter need never be read.
    if (!bell.signals_.valid() ||
        !watch(bell.epoll_.value(), bell.doorbell_.value(), EPOLLIN | EPOLLET) ||
        !watch(bell.epoll_.value(), bell.signals_.value(), EPOLLIN)) {
        return fail(system_error(errno, doing));
    }
    ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    return bell;
}

DriverBell::~DriverBell() {
    if (signals_.valid()) {
        const auto signals = driver_signals();
        ::pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
    }
}

DriverBell::Heard DriverBell::listen(WallTime until) {
    const auto time = std::max(std::chrono::nanoseconds{until - std::chrono::steady_clock::now()},
                               std::chrono::nanoseconds{0});
    std::array<epoll_event, 2> events{};
    const auto count = epoll_sleep(epoll_.value(), events.data(), 2, time);
    Heard heard;
    for (int i = 0; i < count; ++i) {
        if (events[static_cast<std::size_t>(i)].data.fd == doorbell_.value()) {
            heard.rung = true;
        } else {
            read_signals(heard);
        }
    }
    return heard;
}

void DriverBell::read_signals(Heard& heard) const {
    signalfd_siginfo info{};
    while (::read(signals_.value(), &info, sizeof info) == sizeof info) {
        if (info.ssi_signo == SIGCHLD) {
            heard.child = true;
        } else {
            heard.signal = static_cast<int>(info.ssi_signo);
        }
    }
}

void DriverBell::ring(int doorbell) noexcept {
    const std::uint64_t one = 1;
    (void)!::write(doorbell, &one, sizeof one);
}

}  // namespace forkyard::sim
