#include "sim/executor/task_fetches.hpp"

#include <algorithm>
#include <deque>
#include <iterator>
#include <string>
#include <unistd.h>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "core/event_text.hpp"

namespace forkyard::sim {

namespace {

// By this machine's clock.
SimTime now() {
    const auto at = std::chrono::steady_clock::now().time_since_epoch();
    return SimTime{std::chrono::duration_cast<SimDuration>(at)};
}

wire::BlockName on_wire(const ShuffleBlock& block) {
    return {block.shuffle.value, block.map, block.partition};
}

ShuffleBlock from_wire(const wire::BlockName& block) {
    return {ShuffleId{block.store}, block.map, block.partition};
}

std::string text_of(const wire::BlockName& block) {
    return wire::is_kept_store(block.store)
               ? fmt::format("rdd_{}_{}", block.store - wire::kept_stores, block.partition)
               : to_text(from_wire(block));
}

FetchTrouble trouble_of(BlockReader::Added added) {
    return added == BlockReader::Added::corrupt ? FetchTrouble::corrupt : FetchTrouble::unreadable;
}

}  // namespace

void TaskFetches::begin(const Task& task) {
    const ShuffleFetcher::Reader reader{
        ExecutorId{reader_.exec}, NodeId{reader_.host}, task->head.fetch_seed};
    const auto entry =
        fetching_
            .emplace(task->head.ticket,
                     Fetching{task, {reader_.fetch, reader, task->blocks}, task->kept.size()})
            .first;
    for (std::uint32_t i = 0; i < task->kept.size(); ++i) {
        const auto& [block, holder] = task->kept[i];
        if (holder != reader_.exec) {
            ask(*task, first_kept + i, holder, {block});
            continue;
        }
        std::vector<wire::BlockPlace> places;
        store_.find(task->head.app, block, places);
        if (!take_kept(entry, first_kept + i, getpid(), places)) {
            return;
        }
    }
    if (carry_out(entry, entry->second.shuffles.start())) {
        end_if_done(entry);
    }
}

void TaskFetches::ask(const RunningTask& task,
                      std::uint32_t request,
                      std::uint32_t holder,
                      const std::vector<wire::BlockName>& blocks) {
    packer_.clear();
    packer_.add(wire::FetchRequest{task.head.ticket,
                                   request,
                                   holder,
                                   task.head.app,
                                   static_cast<std::uint32_t>(blocks.size())});
    for (const wire::BlockName& block : blocks) {
        packer_.add(block);
    }
    send_(wire::Type::fetch_request, packer_.bytes());
}

// False: the fetch has failed, and the entry is gone.
bool TaskFetches::carry_out(Entry entry, FetchActions actions) {
    std::deque<FetchAction> open{actions.begin(), actions.end()};
    const RunningTask& task = *entry->second.task;
    for (; !open.empty(); open.pop_front()) {
        if (const auto* request = std::get_if<SendRequest>(&open.front())) {
            std::vector<wire::BlockName> blocks;
            for (const ShuffleBlock& block : request->blocks) {
                blocks.push_back(on_wire(block));
            }
            ask(task, request->request, request->holder.value, blocks);
        } else if (const auto* read = std::get_if<ReadBlock>(&open.front())) {
            std::vector<wire::BlockPlace> places;
            store_.find(task.head.app, on_wire(read->block), places);
            const FetchActions more =
                take_block(entry->second, read->request, getpid(), places.front());
            open.insert(open.end(), more.begin(), more.end());
        } else {
            const auto& failed = std::get<FailFetch>(open.front());
            fail(entry, failed.holder, on_wire(failed.block), failed.trouble);
            return false;
        }
    }
    return true;
}

FetchActions TaskFetches::take_block(Fetching& fetching,
                                     std::uint32_t request,
                                     int pid,
                                     const wire::BlockPlace& place) {
    ShuffleFetcher& shuffles = fetching.shuffles;
    if (place.fd < 0) {
        return shuffles.on(now(), RequestFailed{request, FetchTrouble::gone});
    }
    const ShuffleBlock block = from_wire(place.block);
    switch (fetching.task->input.add(pid, place, reader_.fetch.detects_corruption)) {
        case BlockReader::Added::ok:
            return shuffles.on(
                BlockArrived{request, block, static_cast<std::int64_t>(place.length)});
        case BlockReader::Added::corrupt:
            return shuffles.on(BlockCorrupt{request, block});
        case BlockReader::Added::unreadable:
            return shuffles.on(now(), RequestFailed{request, FetchTrouble::unreadable});
    }
    return {};
}

// Nothing of a kept partition is asked for twice: who does not get it looks for it again.
bool TaskFetches::take_kept(Entry entry,
                            std::uint32_t request,
                            int pid,
                            const std::vector<wire::BlockPlace>& places) {
    const RunningTask::KeptRead& read = entry->second.task->kept[request - first_kept];
    if (places.empty() || places.front().fd < 0) {
        fail(entry, ExecutorId{read.holder}, read.block, FetchTrouble::gone);
        return false;
    }
    const BlockReader::Added added =
        entry->second.task->input.add(pid, places.front(), reader_.fetch.detects_corruption);
    if (added != BlockReader::Added::ok) {
        fail(entry, ExecutorId{read.holder}, read.block, trouble_of(added));
        return false;
    }
    --entry->second.kept_left;
    return true;
}

bool TaskFetches::on_blocks(wire::Unpacker in) {
    const auto head = in.take<wire::BlocksHead>();
    if (!head) {
        return false;
    }
    const auto places = in.take_list<wire::BlockPlace>(head->count);
    const auto entry = fetching_.find(head->fetch.ticket);
    if (entry == fetching_.end() || !places) {
        return places.has_value();
    }
    const std::uint32_t request = head->fetch.request;
    if (request >= first_kept) {
        if (take_kept(entry, request, head->pid, *places)) {
            end_if_done(entry);
        }
        return true;
    }
    for (const wire::BlockPlace& place : *places) {
        if (!carry_out(entry, take_block(entry->second, request, head->pid, place))) {
            return true;
        }
    }
    end_if_done(entry);
    return true;
}

bool TaskFetches::on_refused(wire::Unpacker in) {
    const auto refused = in.take<wire::Refused>();
    const auto entry = refused ? fetching_.find(refused->fetch.ticket) : fetching_.end();
    if (entry == fetching_.end()) {
        return refused.has_value();
    }
    const std::uint32_t request = refused->fetch.request;
    if (request >= first_kept) {
        (void)take_kept(entry, request, 0, {});
    } else {
        (void)carry_out(
            entry, entry->second.shuffles.on(now(), RequestFailed{request, FetchTrouble::gone}));
    }
    return true;
}

TaskFetches::Task TaskFetches::find(std::uint32_t ticket) const {
    const auto entry = fetching_.find(ticket);
    return entry == fetching_.end() ? nullptr : entry->second.task;
}

std::chrono::steady_clock::time_point TaskFetches::retries_at() const {
    SimTime earliest = time_never;
    for (const auto& [ticket, fetching] : fetching_) {
        earliest = std::min(earliest, fetching.shuffles.retries_at());
    }
    using Time = std::chrono::steady_clock::time_point;
    return earliest == time_never ? Time::max() : Time{earliest.time_since_epoch()};
}

void TaskFetches::retry() {
    for (auto entry = fetching_.begin(); entry != fetching_.end();) {
        const auto next = std::next(entry);
        (void)carry_out(entry, entry->second.shuffles.retry(now()));
        entry = next;
    }
}

void TaskFetches::end_if_done(Entry entry) {
    if (!entry->second.shuffles.done() || entry->second.kept_left > 0) {
        return;
    }
    const Task task = entry->second.task;
    fetching_.erase(entry);
    if (!task->blocks.empty() || !task->kept.empty()) {
        const wire::Fetched fetched{task->head.ticket};
        send_(wire::Type::fetched, wire::bytes_of(fetched));
    }
    ended_(task);
}

void TaskFetches::fail(Entry entry,
                       ExecutorId holder,
                       const wire::BlockName& block,
                       FetchTrouble trouble) {
    const Task task = entry->second.task;
    fetching_.erase(entry);
    task->done.from = holder.value;
    task->done.block = block;
    task->answer.status = TaskAnswer::Status::fetch_failed;
    task->answer.error =
        fmt::format("{} from {}: {}", text_of(block), to_text(holder), to_text(trouble));
    ended_(task);
}

}  // namespace forkyard::sim
