// What driver and executors say to each other: message types and their layouts.
//
// Heads are trivially copyable and at most a cache line; what follows a head is noted
// beside it. Both ends are the same binary, so layouts need no versions; lengths are
// checked all the same, since a peer may be broken.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "core/model/fetch_conf.hpp"

namespace forkyard::sim::wire {

// Where a number of a shuffle or an executor would stand: there is none.
inline constexpr std::uint32_t none = 0xffffffff;

// What an executor holds for others goes by the number of a store: of a shuffle its own, of a
// dataset whose partitions are kept its number beyond those. What a message calls a shuffle may
// be either.
inline constexpr std::uint32_t kept_stores = 0x80000000;
[[nodiscard]] constexpr std::uint32_t kept_store(std::uint32_t rdd) {
    return kept_stores + rdd;
}
[[nodiscard]] constexpr bool is_kept_store(std::uint32_t store) {
    return store != none && store >= kept_stores;
}

// Where a kept partition is.
enum class Place : std::uint32_t { memory, disk, nowhere };

enum class Type : std::uint16_t {
    // driver to executor
    hello = 1,      // Hello
    program,        // ProgramHead, encoded StageProgram
    launch,         // LaunchHead, then of each shuffle partition that it reads: ReadHead, Region
                    // of each map output. Then, if it saves: SaveHead, folder
    grant_request,  // GrantRequest, BlockName each: another executor wants blocks
    blocks,         // BlocksHead, BlockPlace each: where the blocks are
    refused,        // Refused: the holder is gone
    stop,           // nothing
    cancel,         // Cancel: a task no longer matters
    slow,           // Slow: what is left of a task takes longer
    hang,           // Hang: a task stops, or goes on
    exit_now,       // ExitNow
    adopt,          // AdoptHead, BlockPlace each region: take a copy of a block
    settle,         // SaveHead, folder: what an attempt has saved is committed or dropped
    keep,           // KeepHead, KeptBlock each: what a task made that is kept, and where
    place,          // PlaceBlock: a kept partition is to be elsewhere
    broadcast,      // BroadcastHead, BlockPlace each: tasks to come may use it
    forget,         // Forget: a broadcast variable is not to be held any more
    // executor to driver
    done,           // DoneHead, i64 size each, MadeBlock each, i64 accumulated each, BlockPlace
                    // each, result
    fetch_request,  // FetchRequest, BlockName each
    grant,          // BlocksHead, BlockPlace each
    fetched,        // Fetched: all its input is mapped
    adopted,        // Adopted
    settled,        // Settled, why it could not be
};

struct Hello {
    std::uint32_t exec = 0;
    std::uint32_t host = none;  // its node
    std::uint32_t cores = 0;
    std::uint32_t tells_places = 0;  // of its map outputs, when they are made
    std::int64_t beat_us = 0;        // at least so often it beats
    std::int64_t output_memory = 0;  // bytes of map outputs beyond which they go to disk
    FetchConf fetch;
};

struct ProgramHead {
    std::uint64_t program = 0;
};

// A synthetic task takes its time in the model alone, and its executor has nothing to
// do; but under the wall clock it sleeps or spins, and a real one computes in real time.
enum class Work : std::uint8_t { nothing, compute, sleep, spin, compute_timed };

struct LaunchHead {
    std::uint32_t ticket = 0;
    std::uint32_t app = 0;
    std::uint64_t program = 0;  // compute
    std::uint32_t partition = 0;
    std::uint32_t output = 0;  // shuffle; none: a result
    std::uint32_t reads = 0;   // partitions of shuffles, and kept ones
    Work work = Work::nothing;
    std::uint8_t percent = 100;          // compute_timed: after so much of its time it ends
    std::uint8_t hangs = 0;              // from its start; wall clock
    std::uint64_t fetch_seed = 0;        // compute: of the order of its requests
    std::int64_t work_us = 0;            // sleep, spin; compute_timed: before
    std::int64_t factor_millionths = 0;  // compute_timed
};
static_assert(sizeof(LaunchHead) <= 56);

struct ReadHead {
    std::uint32_t shuffle = 0;
    std::uint32_t partition = 0;
    std::uint32_t maps = 0;
};

// Where a map output is, and how much of it is for the reader.
struct Region {
    std::uint32_t holder = none;  // none: there is nothing to read
    std::uint32_t host = none;    // the node that it is on; none: outside the cluster
    std::int64_t bytes = 0;
};

// A region of a map output; of a kept partition `map` says nothing.
struct BlockName {
    std::uint32_t store = 0;
    std::uint32_t map = 0;  // every_map: of all that are there
    std::uint32_t partition = 0;
    auto operator<=>(const BlockName&) const = default;
};
inline constexpr std::uint32_t every_map = none;

struct FetchRequest {
    std::uint32_t ticket = 0;
    std::uint32_t request = 0;  // of that task
    std::uint32_t holder = 0;
    std::uint32_t app = 0;
    std::uint32_t count = 0;  // of blocks
};

struct GrantRequest {
    FetchRequest fetch;
    std::uint32_t reader = 0;
};

struct BlocksHead {
    FetchRequest fetch;
    std::uint32_t reader = 0;
    std::int32_t pid = 0;  // of the holder
    std::uint32_t count = 0;
};

struct BlockPlace {
    BlockName block;
    std::int32_t fd = -1;  // of the arena that it is in; -1: it is not there
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
    std::uint32_t checksum = 0;  // CRC32C,
    std::uint32_t checked = 0;   // 0: which was not made
};

struct Refused {
    FetchRequest fetch;
};

struct Cancel {
    std::uint32_t ticket = 0;
};

struct Slow {
    std::uint32_t ticket = 0;
    std::uint32_t padding = 0;
    std::int64_t factor_millionths = 0;
};

struct Hang {
    std::uint32_t ticket = 0;
    std::uint32_t hangs = 0;  // 0: it goes on
};

struct ExitNow {
    std::int32_t code = 0;
};

struct AdoptHead {
    std::uint32_t app = 0;
    std::uint32_t shuffle = 0;
    std::uint32_t map = 0;
    std::int32_t pid = 0;  // of who holds it
    std::uint32_t count = 0;
    Place place = Place::memory;  // where to put it
};

struct KeepHead {
    std::uint32_t ticket = 0;
    std::uint32_t app = 0;
    std::uint32_t count = 0;
};

struct KeptBlock {
    std::uint32_t rdd = 0;
    std::uint32_t partition = 0;
    Place place = Place::memory;
};

struct PlaceBlock {
    std::uint32_t app = 0;
    KeptBlock block;
};

struct BroadcastHead {
    std::uint32_t broadcast = 0;
    std::int32_t pid = 0;  // of who has the pieces
    std::uint32_t pieces = 0;
    std::uint32_t compressed = 0;
};

struct Forget {
    std::uint32_t broadcast = 0;
};

struct Adopted {
    std::uint32_t app = 0;
    std::uint32_t shuffle = 0;
    std::uint32_t map = 0;
};

// An AttemptOutput, and what is to become of it.
struct SaveHead {
    std::uint32_t algorithm = 1;
    std::uint32_t app = 0;
    std::uint32_t job = 0;
    std::uint32_t partition = 0;
    std::uint32_t ticket = 0;
    std::uint32_t commits = 0;  // settle: 0: it is dropped
};

struct Settled {
    std::uint32_t ticket = 0;
};

// fetch_failed: of a shuffle or a kept partition.
enum class DoneStatus : std::uint8_t { success, failed, fetch_failed, killed, cannot_write };

struct MadeBlock {
    std::uint32_t rdd = 0;
    std::uint32_t partition = 0;
    std::int64_t bytes = 0;
};

struct DoneHead {
    std::uint32_t ticket = 0;
    DoneStatus status = DoneStatus::success;
    std::uint32_t from = 0;  // fetch_failed: the holder,
    BlockName block;         // and what was wanted of it
    std::uint32_t sizes = 0;
    std::uint32_t made = 0;
    std::int64_t cost_us = 0;
    std::int64_t rows = 0;
    std::int64_t records = 0;
    std::int64_t spilled_memory = 0;
    std::int64_t spilled_disk = 0;
    std::uint32_t accumulated = 0;
    std::uint32_t places = 0;        // of its output's regions, if its executor tells them
    std::uint32_t result_bytes = 0;  // of the result, or of why it failed
    std::uint32_t padding = 0;
};

struct Fetched {
    std::uint32_t ticket = 0;
};

// ---- packing

class Packer {
public:
    template <class T>
    requires std::is_trivially_copyable_v<T>
    void add(const T& value) {
        const std::size_t at = bytes_.size();
        bytes_.resize(at + sizeof(T));
        std::memcpy(bytes_.data() + at, &value, sizeof(T));
    }
    void add(std::string_view text) {
        if (text.empty()) {
            return;
        }
        const std::size_t at = bytes_.size();
        bytes_.resize(at + text.size());
        std::memcpy(bytes_.data() + at, text.data(), text.size());
    }
    void clear() { bytes_.clear(); }
    [[nodiscard]] std::span<const std::byte> bytes() const { return bytes_; }

private:
    std::vector<std::byte> bytes_;
};

class Unpacker {
public:
    explicit Unpacker(std::span<const std::byte> bytes) : rest_{bytes} {}

    template <class T>
    [[nodiscard]] std::optional<T> take() {
        static_assert(std::is_trivially_copyable_v<T>);
        if (rest_.size() < sizeof(T)) {
            return std::nullopt;
        }
        T value{};
        std::memcpy(&value, rest_.data(), sizeof(T));
        rest_ = rest_.subspan(sizeof(T));
        return value;
    }
    [[nodiscard]] std::optional<std::string> take_text(std::size_t length) {
        if (rest_.size() < length) {
            return std::nullopt;
        }
        std::string text(length, '\0');
        if (length > 0) {
            std::memcpy(text.data(), rest_.data(), length);
        }
        rest_ = rest_.subspan(length);
        return text;
    }
    template <class T>
    [[nodiscard]] std::optional<std::vector<T>> take_list(std::size_t count) {
        if (count > rest_.size() / sizeof(T)) {
            return std::nullopt;
        }
        std::vector<T> list(count);
        if (count > 0) {  // memcpy takes no null, not even for nothing
            std::memcpy(list.data(), rest_.data(), count * sizeof(T));
        }
        rest_ = rest_.subspan(count * sizeof(T));
        return list;
    }
    [[nodiscard]] std::size_t left() const { return rest_.size(); }

private:
    std::span<const std::byte> rest_;
};

template <class T>
[[nodiscard]] std::span<const std::byte> bytes_of(const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    return std::as_bytes(std::span{&value, 1});
}

}  // namespace forkyard::sim::wire
