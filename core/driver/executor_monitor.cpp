#include "core/driver/executor_monitor.hpp"

#include <algorithm>

#include "core/digest.hpp"

namespace forkyard {

void ExecutorMonitor::add(ExecutorId exec, SimTime now) {
    const auto [found, fresh] = executors_.try_emplace(exec);
    if (fresh) {
        found->second.idle_since = now;
        update(exec, found->second);
    }
}

void ExecutorMonitor::remove(ExecutorId exec) {
    const auto found = executors_.find(exec);
    if (found == executors_.end()) {
        return;
    }
    deadlines_.erase({found->second.deadline, exec});
    leaving_ -= found->second.leaving ? 1 : 0;
    executors_.erase(found);
}

void ExecutorMonitor::forget_executors() {
    executors_.clear();
    deadlines_.clear();
    leaving_ = 0;
}

void ExecutorMonitor::start_task(ExecutorId exec) {
    const auto found = executors_.find(exec);
    if (found != executors_.end()) {
        ++found->second.running;
        found->second.idle_since = time_never;
        update(exec, found->second);
    }
}

void ExecutorMonitor::end_task(ExecutorId exec, StageId stage, bool succeeded, SimTime now) {
    const auto found = executors_.find(exec);
    if (found == executors_.end()) {
        return;
    }
    Executor& entry = found->second;
    const auto shuffle = shuffle_of_.find(stage);
    if (succeeded && shuffle != shuffle_of_.end()) {
        entry.shuffles.insert(shuffle->second);
    }
    entry.running -= entry.running > 0 ? 1 : 0;
    if (entry.running == 0) {
        entry.idle_since = now;
    }
    update(exec, entry);
}

void ExecutorMonitor::cache_block(ExecutorId exec, RddBlock block) {
    const auto found = executors_.find(exec);
    if (found != executors_.end() && found->second.cached.insert(block).second) {
        update(exec, found->second);
    }
}

void ExecutorMonitor::drop_block(ExecutorId exec, RddBlock block) {
    const auto found = executors_.find(exec);
    if (found != executors_.end() && found->second.cached.erase(block) > 0) {
        update(exec, found->second);
    }
}

void ExecutorMonitor::keep_shuffle(ExecutorId exec, ShuffleId shuffle) {
    const auto found = executors_.find(exec);
    if (tracks_shuffles_ && found != executors_.end()) {
        found->second.shuffles.insert(shuffle);
        update(exec, found->second);
    }
}

void ExecutorMonitor::start_job(JobId job, const std::vector<Writer>& writers) {
    if (!tracks_shuffles_) {
        return;
    }
    for (const Writer& writer : writers) {
        shuffle_of_[writer.stage] = writer.shuffle;
        jobs_[job].push_back(writer.shuffle);
        if (++users_[writer.shuffle] == 1) {
            update_holders_of(writer.shuffle);
        }
    }
}

void ExecutorMonitor::end_job(JobId job) {
    const auto found = jobs_.find(job);
    if (found == jobs_.end()) {
        return;
    }
    for (const ShuffleId shuffle : found->second) {
        if (--users_[shuffle] == 0) {
            users_.erase(shuffle);
            update_holders_of(shuffle);
        }
    }
    jobs_.erase(found);
}

void ExecutorMonitor::retire(ExecutorId exec) {
    const auto found = executors_.find(exec);
    if (found != executors_.end() && !found->second.leaving) {
        found->second.leaving = true;
        ++leaving_;
        update(exec, found->second);
    }
}

void ExecutorMonitor::update_holders_of(ShuffleId shuffle) {
    for (auto& [exec, entry] : executors_) {
        if (entry.shuffles.contains(shuffle)) {
            update(exec, entry);
        }
    }
}

void ExecutorMonitor::update(ExecutorId exec, Executor& entry) {
    const SimTime deadline = deadline_of(entry);
    if (deadline == entry.deadline) {
        return;
    }
    deadlines_.erase({entry.deadline, exec});
    entry.deadline = deadline;
    if (deadline != time_never) {
        deadlines_.insert({deadline, exec});
    }
}

SimTime ExecutorMonitor::deadline_of(const Executor& entry) const {
    if (entry.idle_since == time_never || entry.leaving || in_use(entry)) {
        return time_never;
    }
    SimDuration longest = conf_.idle_timeout;
    SimDuration shortest = duration_forever;
    const auto also = [&](std::optional<SimDuration> timeout) {
        longest = std::max(longest, timeout.value_or(duration_forever));
        shortest = std::min(shortest, timeout.value_or(duration_forever));
    };
    if (!entry.cached.empty()) {
        also(conf_.cached_timeout);
    }
    if (!entry.shuffles.empty()) {
        also(conf_.shuffle_timeout);
    }
    const bool held = !entry.cached.empty() || !entry.shuffles.empty();
    const SimDuration timeout = held && !conf_.longest_timeout ? shortest : longest;
    return timeout == duration_forever ? time_never : entry.idle_since + timeout;
}

bool ExecutorMonitor::in_use(const Executor& entry) const {
    return std::any_of(entry.shuffles.begin(), entry.shuffles.end(), [this](ShuffleId shuffle) {
        return users_.contains(shuffle);
    });
}

std::vector<ExecutorId> ExecutorMonitor::timed_out(SimTime now) const {
    std::vector<ExecutorId> found;
    for (const auto& [deadline, exec] : deadlines_) {
        if (deadline > now) {
            break;
        }
        found.push_back(exec);
    }
    std::sort(found.begin(), found.end());
    return found;
}

std::optional<SimTime> ExecutorMonitor::next_timeout() const {
    return deadlines_.empty() ? std::nullopt : std::optional{deadlines_.begin()->first};
}

std::uint64_t ExecutorMonitor::digest() const {
    std::uint64_t sum = leaving_;
    for (const auto& [exec, entry] : executors_) {
        sum = combine(sum, digest_of(exec.value, entry.running, micros(entry.deadline)));
    }
    return sum;
}

}  // namespace forkyard
