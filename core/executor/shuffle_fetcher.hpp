// Fetches the blocks of shuffles that one task reads, within the limits of its executor.
//
// A pure machine: it says what to ask for and when; whoever carries that out tells it how it
// went. What its own executor has is read at once, what another executor of its node has is
// asked for at once, beside all limits. For the rest blocks of one executor are packed into
// requests of about a fifth of what may be in flight, which go in an order drawn at random, as
// many as the limits allow; a request that would break the limit of its executor alone lets
// others pass. Of a request that fails to be read what is outstanding is asked for again, after
// a while; a corrupt block of a request is fetched once more.
//
//   start           --.                     .--> ReadBlock
//   BlockArrived      |                     |--> SendRequest
//   BlockCorrupt      |-->  ShuffleFetcher  |--> FailFetch: nothing comes after it
//   RequestFailed     |                     '
//   retries_at()    --'
//
// In Spark: ShuffleBlockFetcherIterator, over RetryingBlockFetcher (DP-SHUF-09 to 16).
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/ids.hpp"
#include "core/model/fetch_conf.hpp"
#include "core/sim_time.hpp"

namespace forkyard {

// A region of a map output.
struct ShuffleBlock {
    ShuffleId shuffle;
    std::uint32_t map = 0;
    std::uint32_t partition = 0;
    auto operator<=>(const ShuffleBlock&) const = default;
};

// shuffle_0_3_1, as Spark's BlockId; with the map's number, where Spark has its attempt's.
[[nodiscard]] std::string to_text(const ShuffleBlock& block);

struct BlockToFetch {
    ShuffleBlock block;
    ExecutorId holder;
    NodeId host;  // of the holder; invalid: outside the cluster
    std::int64_t bytes = 0;
};

enum class FetchTrouble : std::uint8_t {
    gone,        // the holder, or the block there: asking again is no use
    unreadable,  // an error of input or output
    corrupt,
    empty,  // though it was said to hold something
};
[[nodiscard]] std::string_view to_text(FetchTrouble trouble);

// ---- what has happened

using RequestNumber = std::uint32_t;

struct BlockArrived {
    RequestNumber request = 0;
    ShuffleBlock block;
    std::int64_t bytes = 0;
};
struct BlockCorrupt {
    RequestNumber request = 0;
    ShuffleBlock block;
};
// Of all that has not arrived of it.
struct RequestFailed {
    RequestNumber request = 0;
    FetchTrouble trouble = FetchTrouble::unreadable;
};

// ---- what to do

// Of the executor's own.
struct ReadBlock {
    RequestNumber request = 0;
    ShuffleBlock block;
    bool operator==(const ReadBlock&) const = default;
};
struct SendRequest {
    RequestNumber request = 0;
    ExecutorId holder;
    std::vector<ShuffleBlock> blocks;
    bool operator==(const SendRequest&) const = default;
};
struct FailFetch {
    ShuffleBlock block;
    ExecutorId holder;
    FetchTrouble trouble = FetchTrouble::gone;
    bool operator==(const FailFetch&) const = default;
};
using FetchAction = std::variant<ReadBlock, SendRequest, FailFetch>;
using FetchActions = std::vector<FetchAction>;

class ShuffleFetcher {
public:
    struct Reader {
        ExecutorId exec;
        NodeId host;
        std::uint64_t seed = 0;  // of the order of its requests
    };
    ShuffleFetcher(const FetchConf& conf,
                   const Reader& reader,
                   const std::vector<BlockToFetch>& blocks);

    [[nodiscard]] FetchActions start();
    // Of what is not outstanding, or was asked for again since, nothing comes.
    [[nodiscard]] FetchActions on(const BlockArrived& event);
    [[nodiscard]] FetchActions on(const BlockCorrupt& event);
    [[nodiscard]] FetchActions on(SimTime now, const RequestFailed& event);
    // When something is to be asked for again; time_never: nothing is.
    [[nodiscard]] SimTime retries_at() const;
    [[nodiscard]] FetchActions retry(SimTime now);

    // Everything has arrived.
    [[nodiscard]] bool done() const { return left_ == 0; }

private:
    enum class Way { local, same_host, remote };
    struct Request {
        Way way = Way::remote;
        ExecutorId holder;
        std::map<ShuffleBlock, std::int64_t> blocks{};  // outstanding, with their bytes
        std::int64_t bytes = 0;                         // of these
        bool again = false;                             // its one block has been corrupt before
        std::uint32_t retries = 0;
        SimTime retries_at = time_never;
    };
    using Queue = std::deque<Request>;

    void pack(const std::vector<BlockToFetch>& remote);
    void shuffle(std::uint64_t seed);
    [[nodiscard]] bool fits(const Queue& queue) const;
    [[nodiscard]] bool holder_is_full(const Request& request) const;
    void send_what_fits(FetchActions& actions);
    void send(Request request, FetchActions& actions);
    // The block is outstanding no longer.
    void settle(RequestNumber number, const ShuffleBlock& block);
    [[nodiscard]] FetchActions fail(ShuffleBlock block, ExecutorId holder, FetchTrouble trouble);
    // Null: nothing is known of it.
    [[nodiscard]] Request* outstanding(RequestNumber number, const ShuffleBlock& block);

    FetchConf conf_;
    std::size_t left_ = 0;  // blocks
    Queue queue_;           // remote ones, in the order of sending
    std::map<ExecutorId, Queue> deferred_;
    std::vector<Request> near_;  // that start() sends
    std::map<RequestNumber, Request> sent_;
    RequestNumber next_ = 0;
    std::int64_t bytes_in_flight_ = 0;
    std::uint32_t requests_in_flight_ = 0;
    std::map<ExecutorId, std::size_t> blocks_in_flight_;
};

}  // namespace forkyard
