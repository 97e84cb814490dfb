// The loop under the wall clock: sleeping until something is due, or the executors have
// news.
#include <algorithm>
#include <chrono>
#include <utility>

#include "sim/run/event_loop.hpp"

namespace forkyard::sim {

namespace {

constexpr std::uint64_t look_period = 64;  // events between two looks at the executors
constexpr SimDuration sleep_longest = std::chrono::milliseconds{100};  // then signals are seen

}  // namespace

// Sleeps until then at the longest, or until something is due.
Result<void> EventLoop::await_news(SimTime until) {
    if (options_.journal != nullptr) {
        Result<void> written = options_.journal->idle();
        if (!written) {
            return written;
        }
    }
    if (!agenda_.empty()) {
        until = std::min(until, agenda_.next().time);
    }
    Result<std::vector<HostNews>> news = options_.live->wait(clock_.real(until));
    if (!news) {
        return fail(news.error());
    }
    for (HostNews& piece : *news) {
        if (piece.kind == HostNews::Kind::gone && options_.note) {
            options_.note(piece.text);
        }
        Result<void> taken = cluster_.take(clock_.now(), std::move(piece));
        if (!taken) {
            return taken;
        }
    }
    return {};
}

// Whether the run is over before the next entry of the agenda; waits until that is due, or
// for news that come before.
Result<std::optional<Verdict>> EventLoop::await_turn() {
    const SimTime limit{scenario_.time_limit};
    while (signal_ == 0) {
        const SimTime now = clock_.now();
        if (now >= limit) {
            now_ = limit;
            return Verdict::timed_out;
        }
        const bool due = !agenda_.empty() && agenda_.next().time <= now;
        if (due && ++turns_ % look_period != 0) {
            return std::optional<Verdict>{};
        }
        if (agenda_.empty() && !cluster_.expects_news()) {
            return Verdict::stuck;
        }
        Result<void> heard = await_news(std::min(limit, now + sleep_longest));
        if (!heard) {
            return fail(heard.error());
        }
        signal_ = options_.poll ? options_.poll(clock_.now(), seq_) : 0;
        signal_ = signal_ == 0 ? host_.signal() : signal_;
    }
    return std::optional<Verdict>{};
}

}  // namespace forkyard::sim
