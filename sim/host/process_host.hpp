// Executors as real processes, one for each, over shared-memory rings.
//
// The virtual clock asks it to carry out what has been decided: it hands tasks over at
// once and waits for an answer only when that answer is due, so processes work side by
// side. A holder of shuffle blocks grants each fetch through here. A kill is a real
// SIGKILL, sent when every task that began to read from the victim has its blocks. A
// process that ends by itself is an error of the run.
//
// The wall clock lets them go their way: what happens to them is news, and a fetch is
// refused when its holder turns out to be gone.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/model/scenario.hpp"
#include "sim/executor/block_store.hpp"
#include "sim/host/executor_host.hpp"
#include "sim/host/wire.hpp"
#include "sim/ipc/driver_end.hpp"
#include "sim/process/unique_fd.hpp"

namespace forkyard::sim {

class ProcessHost final : public LiveHost {
public:
    // `places`: how many executors can be alive at the same time. `clock`: whether they are
    // carriers of decisions or live.
    [[nodiscard]] static Result<std::unique_ptr<ProcessHost>> create(std::uint32_t places,
                                                                     ClockKind clock);
    ~ProcessHost() override;

    [[nodiscard]] Result<void> start(const ExecutorStart& executor) override;
    [[nodiscard]] Result<void> launch(const TaskOrder& order) override;
    [[nodiscard]] Result<TaskAnswer> await(std::uint32_t ticket) override;
    void discard(std::uint32_t ticket) override;
    [[nodiscard]] Result<void> kill(ExecutorId exec) override;
    [[nodiscard]] Result<void> copy_output(ExecutorId from,
                                           ExecutorId to,
                                           const WrittenShuffle& shuffle,
                                           std::uint32_t map) override;
    [[nodiscard]] Result<void> keep_made(ExecutorId exec,
                                         AppId app,
                                         std::uint32_t ticket,
                                         const std::vector<KeptBlock>& kept) override;
    [[nodiscard]] Result<void> place(ExecutorId exec, AppId app, const KeptBlock& block) override;
    [[nodiscard]] Result<void> copy_block(ExecutorId from,
                                          ExecutorId to,
                                          AppId app,
                                          const KeptBlock& block) override;
    [[nodiscard]] Result<void> drop_broadcast(ExecutorId exec, BroadcastId id) override;
    void release_broadcast(AppId app, BroadcastId id) override;
    [[nodiscard]] Result<void> keep_files(ExecutorId exec,
                                          const std::vector<WrittenShuffle>& shuffles) override;
    [[nodiscard]] Result<void> drop_files(ExecutorId exec) override;
    [[nodiscard]] Result<void> commit(ExecutorId exec, const AttemptOutput& output) override;
    void drop(ExecutorId exec, const AttemptOutput& output) override;
    void stop(ExecutorId exec) override;
    [[nodiscard]] Result<void> look() override;
    [[nodiscard]] int signal() const override { return signal_; }
    void close() override;
    [[nodiscard]] std::vector<std::int64_t> pids() const override { return pids_; }

    [[nodiscard]] Result<std::vector<HostNews>> wait(
        std::chrono::steady_clock::time_point deadline) override;
    void cancel(std::uint32_t ticket) override;
    void slow(std::uint32_t ticket, Millionths factor) override;
    void hang(ExecutorId exec, std::uint32_t ticket, bool hangs) override;
    void exit(ExecutorId exec, std::int32_t code) override;
    void serve(ExecutorId exec, bool serves) override;
    void freeze(ExecutorId exec) override;
    void thaw(ExecutorId exec) override;

private:
    struct Executor {
        enum class State : std::uint8_t { running, ending, ended };
        State state = State::running;
        SlotId slot;
        std::string title;
        NodeId node;
        std::set<std::uint64_t> programs;  // those it has
        std::set<BroadcastId> broadcasts;  // likewise
        std::set<std::uint32_t> readers;   // tickets that still read from it
        // Fetches that it has not granted yet, with who asks.
        std::vector<std::pair<ExecutorId, wire::FetchRequest>> asked;
        std::chrono::microseconds heartbeat{0};
        bool registered = false;
        bool silent = false;  // told
        bool frozen = false;
        bool served = false;   // by a shuffle service,
        bool refuses = false;  // which was stopped
    };
    using Arena = std::shared_ptr<const UniqueFd>;
    struct Waiting {
        ExecutorId exec;
        AppId app;
        std::vector<ExecutorId> holders;  // it still reads from,
        std::set<Arena> served;           // and from these of ours
        bool answered = false;
        TaskAnswer answer;
    };

    // What an executor has written of a shuffle, in arenas that we have open as well.
    struct HeldPlace {
        wire::BlockPlace place;  // by our descriptor
        Arena arena;
    };
    struct Files {
        std::map<std::int32_t, Arena> arenas;  // of its own, by its descriptor
        std::map<wire::BlockName, HeldPlace> places;
    };
    struct FilesKey {
        ExecutorId exec;
        AppId app;
        ShuffleId shuffle;
        auto operator<=>(const FilesKey&) const = default;
    };

    ProcessHost(DriverEnd end, std::uint32_t places, bool live)
        : end_{std::move(end)}, places_{places}, live_{live} {}

    [[nodiscard]] Result<void> make_room();
    // Sleeps until something comes, and takes it.
    [[nodiscard]] Result<void> pump();
    [[nodiscard]] Result<void> take_all();
    void on_registered(SlotId slot);
    void on_message(SlotId slot, std::uint16_t type, std::span<const std::byte> bytes);
    void on_done(ExecutorId exec, wire::Unpacker in);
    void on_fetch_request(ExecutorId reader, wire::Unpacker in);
    void on_grant(ExecutorId holder, std::span<const std::byte> bytes);
    void on_fetched(ExecutorId exec, wire::Unpacker in);
    void on_settled(ExecutorId exec, wire::Unpacker in);
    void cannot_write(std::string what);
    // ---- process_blocks.cpp: kept partitions
    void forget_made(std::uint32_t ticket);
    [[nodiscard]] Result<void> send_broadcasts(Executor& executor, const TaskOrder& order);
    [[nodiscard]] Result<void> hold_broadcast(AppId app, const UsedBroadcast& broadcast);
    // A copy that is under way: asked for, then adopted.
    struct Copy {
        CopiedBlock what;
        ExecutorId to;
        BlockPlace place = BlockPlace::memory;
        UniqueFd arena{};  // that it is read from, once it is granted
    };
    using Copies = std::map<std::uint32_t, Copy>;  // by the number of the request
    void on_copy_granted(const wire::BlocksHead& head, const std::vector<wire::BlockPlace>& places);
    void on_adopted(ExecutorId exec, wire::Unpacker in);
    void end_copy(Copies::iterator copy, bool done);
    // Those that wait for one that is gone.
    void end_copies_of(ExecutorId exec);
    // ---- process_files.cpp: what executors have written, held by the driver
    [[nodiscard]] Result<void> hold_files(ExecutorId exec, const WrittenShuffle& shuffle);
    [[nodiscard]] Result<void> pump_until(const bool& done, ExecutorId exec);
    // As a reader would; its answer is granted_.
    [[nodiscard]] Result<void> ask_for_grant(ExecutorId holder,
                                             AppId app,
                                             const std::vector<wire::BlockName>& blocks);
    // Places in arenas of our own, and where they belong.
    [[nodiscard]] Result<void> hold(const FilesKey& key,
                                    std::int32_t pid,
                                    const std::vector<wire::BlockPlace>& places);
    void take_own_grant(const wire::BlocksHead& head, wire::Unpacker places);
    // False: nobody is there to serve it.
    [[nodiscard]] bool serve(ExecutorId reader,
                             const wire::FetchRequest& request,
                             const std::vector<wire::BlockName>& blocks);
    void forget_files(ExecutorId exec);
    void garbled(ExecutorId exec, std::string what);
    void refuse(ExecutorId reader, const wire::FetchRequest& request);
    void stop_reading(Waiting& task, std::uint32_t ticket);
    [[nodiscard]] Result<void> send(ExecutorId exec,
                                    wire::Type type,
                                    std::span<const std::byte> bytes);
    [[nodiscard]] Result<void> send_program(Executor& executor, const TaskOrder& order);
    [[nodiscard]] Result<void> take_garbled();
    [[nodiscard]] Result<void> take_overdue();
    [[nodiscard]] Result<void> take_exits();
    // An executor is lost and nobody asked for it.
    [[nodiscard]] Result<void> lost(ExecutorId exec, LossReason reason, int code, Error error);
    [[nodiscard]] Error died(ExecutorId exec, const ExecutorExit& exit) const;
    [[nodiscard]] std::string who(ExecutorId exec) const;
    void look_at_beats(std::chrono::steady_clock::time_point now);
    void post(std::uint32_t ticket, wire::Type type, std::span<const std::byte> bytes);

    DriverEnd end_;
    std::uint32_t places_;
    bool live_;
    std::map<ExecutorId, Executor> executors_;
    std::vector<ExecutorId> of_slot_;
    std::unordered_map<std::uint32_t, Waiting> waiting_;  // by ticket; looked up, never iterated
    // By ticket: of tasks that made what is not settled yet.
    std::map<std::uint32_t, std::pair<ExecutorId, AppId>> made_;
    std::map<const std::string*, std::uint64_t> program_numbers_;
    std::vector<std::shared_ptr<const std::string>> programs_;
    std::vector<std::int64_t> pids_;
    wire::Packer packer_;
    std::vector<std::pair<ExecutorId, std::string>> garbled_;  // what makes no sense, by whom
    std::vector<HostNews> news_;
    std::map<FilesKey, Files> files_;
    std::set<ExecutorId> kept_;  // gone: we serve their files
    // Of outputs that are being adopted, by whom: the oldest comes first.
    std::map<ExecutorId, std::deque<Arena>> adopting_;
    BlockStore outside_;     // the fallback storage
    BlockStore broadcasts_;  // all pieces of those that tasks have used: for everybody
    std::map<std::pair<AppId, BroadcastId>, std::shared_ptr<const BroadcastValue>> broadcast_;
    Copies copies_;
    std::uint32_t copies_begun_ = 0;
    bool copied_ = false;       // the one that ended last
    wire::BlocksHead granted_;  // to ourselves
    std::vector<wire::BlockPlace> granted_places_;
    // We, by a grant, an adoption or a commit.
    bool answered_ = false;
    std::optional<Error> broken_{};                       // a file that cannot be written
    std::chrono::steady_clock::time_point next_beats_{};  // the next look at them
    int signal_ = 0;
};

}  // namespace forkyard::sim
