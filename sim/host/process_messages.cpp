// What the process host and its executors say to each other.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/event_text.hpp"
#include "core/random.hpp"
#include "sim/host/process_host.hpp"
#include "sim/host/save_message.hpp"

namespace forkyard::sim {

// ---- to executors

namespace {

// A stage belongs to one job; attempts of a task ask in the same order.
std::uint64_t fetch_seed(const TaskOrder& order) {
    const std::uint64_t stage = mix(order.app.value, order.task.stage.stage.value);
    return mix(mix(stage, order.task.stage.attempt), order.task.partition);
}

}  // namespace

Result<void> ProcessHost::launch(const TaskOrder& order) {
    Executor& executor = executors_.at(order.exec);
    wire::LaunchHead head;
    head.ticket = order.ticket;
    head.app = order.app.value;
    head.partition = order.task.partition;
    head.output = order.output.valid() ? order.output.value : wire::none;
    head.reads = static_cast<std::uint32_t>(order.reads.size() + order.kept.size());
    Waiting& waiting = waiting_[order.ticket];
    waiting.exec = order.exec;
    waiting.app = order.app;
    head.work_us = live_ ? micros(order.work) : 0;
    head.hangs = order.hangs ? 1 : 0;
    if (order.program == nullptr) {
        if (live_) {
            head.work = order.work_kind == WorkKind::spin ? wire::Work::spin : wire::Work::sleep;
        }
        return send(order.exec, wire::Type::launch, wire::bytes_of(head));
    }
    Result<void> sent = send_program(executor, order);
    if (sent) {
        sent = send_broadcasts(executor, order);
    }
    if (!sent) {
        return sent;
    }
    head.work = live_ ? wire::Work::compute_timed : wire::Work::compute;
    head.factor_millionths = order.factor.count;
    head.percent = static_cast<std::uint8_t>(order.percent);
    head.program = program_numbers_.at(order.encoded.get());
    head.fetch_seed = fetch_seed(order);
    packer_.clear();
    packer_.add(head);
    const auto read_from = [&](ExecutorId holder, std::int64_t bytes) {
        const bool outside = !holder.valid() || holder == fallback_storage;
        packer_.add(wire::Region{
            holder.value, outside ? wire::none : executors_.at(holder).node.value, bytes});
        if (holder.valid() && holder != order.exec && holder != fallback_storage &&
            executors_.at(holder).readers.insert(order.ticket).second) {
            waiting.holders.push_back(holder);
        }
    };
    for (const PartRead& read : order.reads) {
        packer_.add(wire::ReadHead{
            read.shuffle.value, read.partition, static_cast<std::uint32_t>(read.holders.size())});
        for (std::size_t map = 0; map < read.holders.size(); ++map) {
            read_from(read.holders[map], read.bytes[map]);
        }
    }
    for (const KeptRead& read : order.kept) {
        packer_.add(
            wire::ReadHead{wire::kept_store(read.block.rdd.value), read.block.partition, 1});
        read_from(read.holder, read.bytes);
    }
    if (!order.save.folder.empty()) {
        add_save(packer_, order.save);
    }
    return send(order.exec, wire::Type::launch, packer_.bytes());
}

Result<void> ProcessHost::send_program(Executor& executor, const TaskOrder& order) {
    const auto [number, fresh] =
        program_numbers_.emplace(order.encoded.get(), program_numbers_.size());
    if (fresh) {
        programs_.push_back(order.encoded);  // kept, so that its address stays its own
    }
    if (!executor.programs.insert(number->second).second) {
        return {};
    }
    wire::Packer packer;
    packer.add(wire::ProgramHead{number->second});
    packer.add(std::string_view{*order.encoded});
    return send(order.exec, wire::Type::program, packer.bytes());
}

Result<void> ProcessHost::send(ExecutorId exec, wire::Type type, std::span<const std::byte> bytes) {
    const auto found = executors_.find(exec);
    if (found == executors_.end() || found->second.state == Executor::State::ended) {
        return {};  // nobody is there to read it
    }
    const PushResult pushed =
        end_.send(found->second.slot, static_cast<std::uint16_t>(type), bytes);
    if (pushed == PushResult::ok) {
        return {};
    }
    return fail(
        {fmt::format("a message of {} bytes does not reach {}", bytes.size(), to_text(exec)),
         {},
         "the executor is too slow, or the task too large",
         Exit::unavailable});
}

// ---- from executors

void ProcessHost::garbled(ExecutorId exec, std::string what) {
    garbled_.emplace_back(exec, std::move(what));
}

void ProcessHost::on_message(SlotId slot, std::uint16_t type, std::span<const std::byte> bytes) {
    const ExecutorId exec = of_slot_[slot.index];
    switch (static_cast<wire::Type>(type)) {
        case wire::Type::done:
            on_done(exec, wire::Unpacker{bytes});
            break;
        case wire::Type::fetch_request:
            on_fetch_request(exec, wire::Unpacker{bytes});
            break;
        case wire::Type::grant:
            on_grant(exec, bytes);
            break;
        case wire::Type::fetched:
            on_fetched(exec, wire::Unpacker{bytes});
            break;
        case wire::Type::adopted:
            on_adopted(exec, wire::Unpacker{bytes});
            break;
        case wire::Type::settled:
            on_settled(exec, wire::Unpacker{bytes});
            break;
        default:
            garbled(exec, fmt::format("a message of type {}", type));
            break;
    }
}

void ProcessHost::on_fetched(ExecutorId exec, wire::Unpacker in) {
    const auto fetched = in.take<wire::Fetched>();
    if (!fetched) {
        garbled(exec, "a note of blocks that is too short");
        return;
    }
    const auto task = waiting_.find(fetched->ticket);
    if (task != waiting_.end()) {
        stop_reading(task->second, fetched->ticket);
    }
}

void ProcessHost::on_done(ExecutorId exec, wire::Unpacker in) {
    const auto head = in.take<wire::DoneHead>();
    if (!head) {
        garbled(exec, "a report that is too short");
        return;
    }
    const auto found = waiting_.find(head->ticket);
    if (found == waiting_.end()) {  // it no longer matters
        if (head->made > 0) {
            (void)keep_made(exec, AppId{}, head->ticket, {});
        }
        return;
    }
    auto sizes = in.take_list<std::int64_t>(head->sizes);
    const auto made = in.take_list<wire::MadeBlock>(head->made);
    auto accumulated = in.take_list<std::int64_t>(head->accumulated);
    const auto places = in.take_list<wire::BlockPlace>(head->places);
    auto text = in.take_text(head->result_bytes);
    if (!sizes || !made || !accumulated || !places || !text) {
        garbled(exec, "a report that is cut off");
        return;
    }
    Waiting& task = found->second;
    stop_reading(task, head->ticket);
    task.answered = true;
    TaskAnswer& answer = task.answer;
    switch (head->status) {
        case wire::DoneStatus::success:
            answer.result = std::move(*text);
            break;
        case wire::DoneStatus::failed:
            answer.status = TaskAnswer::Status::failed;
            answer.error = std::move(*text);
            break;
        case wire::DoneStatus::fetch_failed:
            answer.status = TaskAnswer::Status::fetch_failed;
            answer.error = std::move(*text);
            answer.from = ExecutorId{head->from};
            if (wire::is_kept_store(head->block.store)) {
                answer.block =
                    RddBlock{RddId{head->block.store - wire::kept_stores}, head->block.partition};
            } else {
                answer.shuffle = ShuffleId{head->block.store};
                answer.map = head->block.map;
            }
            break;
        case wire::DoneStatus::killed:
            answer.status = TaskAnswer::Status::killed;
            break;
        case wire::DoneStatus::cannot_write:
            cannot_write(std::move(*text));
            return;
    }
    answer.cost = SimDuration{head->cost_us};
    answer.spilled = {head->spilled_memory, head->spilled_disk};
    answer.accumulated = std::move(*accumulated);
    answer.rows = head->rows;
    answer.records = head->records;
    answer.sizes = std::move(*sizes);
    for (const wire::MadeBlock& block : *made) {
        answer.made.push_back({{RddId{block.rdd}, block.partition}, block.bytes});
    }
    if (!made->empty()) {
        made_[head->ticket] = {exec, task.app};
    }
    if (!places->empty()) {
        const FilesKey key{exec, task.app, ShuffleId{places->front().block.store}};
        Result<void> held = hold(key, end_.pid(executors_.at(exec).slot), *places);
        if (!held) {
            broken_ = std::move(held.error());
        }
    }
    if (live_) {
        HostNews news;
        news.kind = HostNews::Kind::answered;
        news.exec = exec;
        news.ticket = head->ticket;
        news.answer = std::move(answer);
        news_.push_back(std::move(news));
        waiting_.erase(found);
    }
}

void ProcessHost::on_fetch_request(ExecutorId reader, wire::Unpacker in) {
    const auto request = in.take<wire::FetchRequest>();
    const auto blocks = request ? in.take_list<wire::BlockName>(request->count) : std::nullopt;
    if (!blocks) {
        garbled(reader, "a fetch request that is too short");
        return;
    }
    const auto holder = executors_.find(ExecutorId{request->holder});
    // What it keeps it gives itself.
    const bool refuses = holder != executors_.end() && holder->second.refuses && !blocks->empty() &&
                         !wire::is_kept_store(blocks->front().store);
    const bool runs =
        holder != executors_.end() && holder->second.state == Executor::State::running;
    const bool serves = !refuses && (!runs || holder->second.served);
    if (serves && serve(reader, *request, *blocks)) {
        return;
    }
    if (refuses || !runs) {
        refuse(reader, *request);
        return;
    }
    holder->second.asked.emplace_back(reader, *request);
    packer_.clear();
    packer_.add(wire::GrantRequest{*request, reader.value});
    for (const wire::BlockName& block : *blocks) {
        packer_.add(block);
    }
    (void)send(holder->first, wire::Type::grant_request, packer_.bytes());
}

void ProcessHost::refuse(ExecutorId reader, const wire::FetchRequest& request) {
    const wire::Refused refused{request};
    (void)send(reader, wire::Type::refused, wire::bytes_of(refused));
}

void ProcessHost::on_grant(ExecutorId holder, std::span<const std::byte> bytes) {
    wire::Unpacker in{bytes};
    const auto head = in.take<wire::BlocksHead>();
    if (!head) {
        garbled(holder, "a grant that is too short");
        return;
    }
    if (head->reader == wire::none) {
        take_own_grant(*head, in);
        return;
    }
    std::erase_if(executors_.at(holder).asked, [&](const auto& asked) {
        return asked.first.value == head->reader && asked.second.ticket == head->fetch.ticket &&
               asked.second.request == head->fetch.request;
    });
    (void)send(ExecutorId{head->reader}, wire::Type::blocks, bytes);
}

}  // namespace forkyard::sim
