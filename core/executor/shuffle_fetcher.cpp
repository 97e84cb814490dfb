#include "core/executor/shuffle_fetcher.hpp"

#include <algorithm>
#include <utility>

#include "core/random.hpp"

namespace forkyard {

std::string to_text(const ShuffleBlock& block) {
    return "shuffle_" + std::to_string(block.shuffle.value) + "_" + std::to_string(block.map) +
           "_" + std::to_string(block.partition);
}

std::string_view to_text(FetchTrouble trouble) {
    switch (trouble) {
        case FetchTrouble::gone:
            return "it is not there";
        case FetchTrouble::unreadable:
            return "it cannot be read";
        case FetchTrouble::corrupt:
            return "it is corrupt";
        case FetchTrouble::empty:
            return "it is empty";
    }
    return "";
}

ShuffleFetcher::ShuffleFetcher(const FetchConf& conf,
                               const Reader& reader,
                               const std::vector<BlockToFetch>& blocks)
    : conf_{conf} {
    std::map<ExecutorId, Request> local;
    std::map<ExecutorId, Request> same_host;
    std::map<ExecutorId, std::vector<BlockToFetch>> remote;
    for (const BlockToFetch& block : blocks) {
        if (block.bytes == 0) {
            continue;  // nobody is asked for nothing
        }
        ++left_;
        const bool near = conf.reads_host_local && block.host.valid() && block.host == reader.host;
        if (block.holder != reader.exec && !near) {
            remote[block.holder].push_back(block);
            continue;
        }
        const bool own = block.holder == reader.exec;
        Request& request = (own ? local : same_host)[block.holder];
        request.way = own ? Way::local : Way::same_host;
        request.holder = block.holder;
        request.blocks.emplace(block.block, block.bytes);
    }
    for (auto* requests : {&local, &same_host}) {
        for (auto& [holder, request] : *requests) {
            near_.push_back(std::move(request));
        }
    }
    for (const auto& [holder, of_holder] : remote) {
        pack(of_holder);
    }
    shuffle(reader.seed);
}

// A request is full when it has a fifth of what may be in flight, so that five executors can
// send at the same time; the block that makes it full is the last.
void ShuffleFetcher::pack(const std::vector<BlockToFetch>& remote) {
    const std::int64_t full = std::max<std::int64_t>(conf_.bytes_in_flight_max.count / 5, 1);
    Request request;
    for (const BlockToFetch& block : remote) {
        request.holder = block.holder;
        request.blocks.emplace(block.block, block.bytes);
        request.bytes += block.bytes;
        if (request.bytes >= full ||
            request.blocks.size() >= conf_.blocks_in_flight_per_address_max) {
            queue_.push_back(std::exchange(request, {}));
        }
    }
    if (!request.blocks.empty()) {
        queue_.push_back(std::move(request));
    }
}

// So that not all readers begin with the same holder.
void ShuffleFetcher::shuffle(std::uint64_t seed) {
    for (std::size_t i = queue_.size(); i > 1; --i) {
        std::swap(queue_[i - 1], queue_[draw_below(seed, i, i)]);
    }
}

FetchActions ShuffleFetcher::start() {
    FetchActions actions;
    send_what_fits(actions);
    for (Request& request : std::exchange(near_, {})) {
        if (request.way == Way::same_host) {
            send(std::move(request), actions);
            continue;
        }
        const RequestNumber number = next_++;
        for (const auto& [block, bytes] : request.blocks) {
            actions.push_back(ReadBlock{number, block});
        }
        sent_.emplace(number, std::move(request));
    }
    return actions;
}

bool ShuffleFetcher::fits(const Queue& queue) const {
    return !queue.empty() &&
           (bytes_in_flight_ == 0 ||
            (requests_in_flight_ + 1 <= conf_.requests_in_flight_max &&
             bytes_in_flight_ + queue.front().bytes <= conf_.bytes_in_flight_max.count));
}

bool ShuffleFetcher::holder_is_full(const Request& request) const {
    const auto found = blocks_in_flight_.find(request.holder);
    const std::size_t there = found == blocks_in_flight_.end() ? 0 : found->second;
    return there + request.blocks.size() > conf_.blocks_in_flight_per_address_max;
}

// Those that had to wait for their holder come first.
void ShuffleFetcher::send_what_fits(FetchActions& actions) {
    for (auto& [holder, waiting] : deferred_) {
        while (fits(waiting) && !holder_is_full(waiting.front())) {
            Request request = std::move(waiting.front());
            waiting.pop_front();
            send(std::move(request), actions);
        }
    }
    while (fits(queue_)) {
        Request request = std::move(queue_.front());
        queue_.pop_front();
        if (holder_is_full(request)) {
            deferred_[request.holder].push_back(std::move(request));
        } else {
            send(std::move(request), actions);
        }
    }
}

void ShuffleFetcher::send(Request request, FetchActions& actions) {
    SendRequest action{next_++, request.holder, {}};
    for (const auto& [block, bytes] : request.blocks) {
        action.blocks.push_back(block);
    }
    if (request.way == Way::remote && request.retries == 0) {
        bytes_in_flight_ += request.bytes;
        ++requests_in_flight_;
        blocks_in_flight_[request.holder] += request.blocks.size();
    }
    sent_.emplace(action.request, std::move(request));
    actions.push_back(std::move(action));
}

ShuffleFetcher::Request* ShuffleFetcher::outstanding(RequestNumber number,
                                                     const ShuffleBlock& block) {
    const auto found = sent_.find(number);
    const bool known = found != sent_.end() && found->second.retries_at == time_never &&
                       found->second.blocks.contains(block);
    return known ? &found->second : nullptr;
}

void ShuffleFetcher::settle(RequestNumber number, const ShuffleBlock& block) {
    Request& request = sent_.at(number);
    const auto at = request.blocks.find(block);
    const bool last = request.blocks.size() == 1;
    if (request.way == Way::remote) {
        request.bytes -= at->second;
        bytes_in_flight_ -= at->second;
        --blocks_in_flight_.at(request.holder);
        requests_in_flight_ -= last ? 1 : 0;
    }
    request.blocks.erase(at);
    if (last) {
        sent_.erase(number);
    }
}

FetchActions ShuffleFetcher::on(const BlockArrived& event) {
    const Request* request = outstanding(event.request, event.block);
    if (request == nullptr) {
        return {};
    }
    if (event.bytes == 0) {
        return fail(event.block, request->holder, FetchTrouble::empty);
    }
    settle(event.request, event.block);
    --left_;
    FetchActions actions;
    send_what_fits(actions);
    return actions;
}

// What an executor of the same node has is not sent, so it is not a sending that went wrong.
FetchActions ShuffleFetcher::on(const BlockCorrupt& event) {
    const Request* request = outstanding(event.request, event.block);
    if (request == nullptr) {
        return {};
    }
    if (request->way != Way::remote || request->again) {
        return fail(event.block, request->holder, FetchTrouble::corrupt);
    }
    Request once_more;
    once_more.holder = request->holder;
    once_more.bytes = request->blocks.at(event.block);
    once_more.blocks.emplace(event.block, once_more.bytes);
    once_more.again = true;
    settle(event.request, event.block);
    queue_.push_back(std::move(once_more));
    FetchActions actions;
    send_what_fits(actions);
    return actions;
}

// It stays in flight while it waits.
FetchActions ShuffleFetcher::on(SimTime now, const RequestFailed& event) {
    const auto found = sent_.find(event.request);
    if (found == sent_.end() || found->second.retries_at != time_never) {
        return {};
    }
    Request& request = found->second;
    if (request.way != Way::remote || event.trouble != FetchTrouble::unreadable ||
        request.retries >= conf_.retries_max) {
        return fail(request.blocks.begin()->first, request.holder, event.trouble);
    }
    request.retries_at = now + conf_.retry_wait;
    return {};
}

SimTime ShuffleFetcher::retries_at() const {
    SimTime earliest = time_never;
    for (const auto& [number, request] : sent_) {
        earliest = std::min(earliest, request.retries_at);
    }
    return earliest;
}

// By another number, so that what is still said of the old one is not heard.
FetchActions ShuffleFetcher::retry(SimTime now) {
    std::vector<Request> due;
    std::erase_if(sent_, [&](auto& entry) {
        const bool is_due = entry.second.retries_at <= now;
        if (is_due) {
            due.push_back(std::move(entry.second));
        }
        return is_due;
    });
    FetchActions actions;
    for (Request& request : due) {
        ++request.retries;
        request.retries_at = time_never;
        send(std::move(request), actions);
    }
    return actions;
}

FetchActions ShuffleFetcher::fail(ShuffleBlock block, ExecutorId holder, FetchTrouble trouble) {
    queue_.clear();
    deferred_.clear();
    sent_.clear();
    return {FailFetch{block, holder, trouble}};
}

}  // namespace forkyard
