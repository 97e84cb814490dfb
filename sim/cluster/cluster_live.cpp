// The cluster under the wall clock: what the live host's news mean.
#include <algorithm>
#include <utility>

#include "core/check.hpp"
#include "core/journal/field_text.hpp"
#include "sim/cluster/cluster_model.hpp"

namespace forkyard::sim {

Result<void> ClusterModel::take(SimTime now, HostNews news) {
    switch (news.kind) {
        case HostNews::Kind::registered:
            registers(news.exec, now);
            break;
        case HostNews::Kind::answered:
        case HostNews::Kind::committed: {
            const auto& slots = executor(news.exec).slots;
            const auto slot = std::find_if(slots.begin(), slots.end(), [&](std::uint32_t s) {
                return tasks_[s].ticket == news.ticket;
            });
            if (slot != slots.end() && news.kind == HostNews::Kind::answered) {
                answered(now, *slot, std::move(news.answer));
            } else if (slot != slots.end()) {
                committed(now, *slot);
            }
            break;
        }
        case HostNews::Kind::copied:
        case HostNews::Kind::not_copied:
            return copied({now, 0}, news);
        case HostNews::Kind::gone:
            return gone(now, news);
        case HostNews::Kind::silent:
        case HostNews::Kind::back:
            beats_changed(now, news);
            break;
    }
    return {};
}

bool ClusterModel::expects_news() const {
    return std::any_of(executors_.begin(), executors_.end(), [this](const Executor& entry) {
        return entry.state == Executor::State::starting ||
               (entry.leaving != nullptr && entry.leaving->copies > 0) ||
               (entry.state == Executor::State::alive &&
                std::any_of(entry.slots.begin(), entry.slots.end(), [this](std::uint32_t slot) {
                    return !tasks_[slot].hangs();
                }));
    });
}

// A task ends when its executor says so. How, a fault or a kill may have said before.
void ClusterModel::answered(SimTime now, std::uint32_t slot, TaskAnswer answer) {
    Task& task = tasks_[slot];
    if (task.decided || executor(task.exec).state != Executor::State::alive) {
        return;
    }
    if (task.hangs()) {  // it was done before it heard that it was to hang
        task.special->hangs_since = time_never;
    }
    task.ends = now;
    if (task.status == TaskStatus::success) {
        switch (answer.status) {
            case TaskAnswer::Status::done:
                if (task.real) {
                    task.ends += write_time(scenario_.cluster, answer.bytes_written());
                    task.own().made = std::move(answer);
                }
                if (task.real && task.fails_at()) {
                    task.status = TaskStatus::failed;
                    task.own().reason = task.own().fail_reason;
                }
                break;
            case TaskAnswer::Status::failed:
                task.status = TaskStatus::failed;
                task.own().reason = recordable(answer.error);
                break;
            case TaskAnswer::Status::fetch_failed:
                if (answer.block) {  // what was kept is gone: it looks again (DP-BLK-04)
                    if (storage_.remove(task.app, answer.from, *answer.block)) {
                        tell_change({now, 0}, task.app, answer.from, {*answer.block, {}});
                    }
                    if (const Result<void> begun = begin_again({now, 0}, slot); !begun) {
                        end_at(slot, now, TaskStatus::failed, recordable(begun.error().what));
                    }
                    return;
                }
                fail_fetch(
                    slot, now, answer.shuffle, answer.from, LostBlock{answer.map, answer.error});
                return;
            case TaskAnswer::Status::killed:
                task.status = TaskStatus::killed;
                break;
        }
    }
    task.decided = !task.saves();  // else it has yet to commit
    task.fixed_frozen = executor(task.exec).frozen_at != time_never;
    ++task.generation;
    schedule_end(slot);
}

// A process that nobody ended.
Result<void> ClusterModel::gone(SimTime now, const HostNews& news) {
    const Executor& entry = executor(news.exec);
    if (entry.state != Executor::State::starting && entry.state != Executor::State::alive) {
        return {};
    }
    Result<void> died = keep_files_of(news.exec).and_then([&] { return die({now, 0}, news.exec); });
    tell_leavers_of({now, 0}, news.exec);
    tell_loss(news.exec, now + delay(), 0, news.reason, news.code);
    return died;
}

void ClusterModel::beats_changed(SimTime now, const HostNews& news) {
    const Executor& entry = executor(news.exec);
    if (entry.state != Executor::State::alive) {
        return;
    }
    const bool silent = news.kind == HostNews::Kind::silent;
    const SimTime since = silent ? std::max(entry.registered_at, now - news.quiet) : now;
    agenda_.add_event(
        now + delay(),
        DueClass::heartbeat,
        entry.app,
        news.exec.value,
        0,
        HeartbeatChanged{
            entry.app, news.exec, silent ? BeatState::silent : BeatState::back, since});
}

}  // namespace forkyard::sim
