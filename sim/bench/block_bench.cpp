// Shuffle blocks from one process to another: written, granted, mapped, checked, read.
#include "sim/bench/block_bench.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>
#include <vector>

#include "sim/bench/ipc_bench.hpp"
#include "sim/bench/statistics.hpp"
#include "sim/executor/block_reader.hpp"
#include "sim/executor/block_store.hpp"
#include "sim/ipc/driver_end.hpp"

namespace forkyard::sim {

namespace {

using Clock = std::chrono::steady_clock;
using ByteView = std::span<const std::byte>;

constexpr std::uint16_t write_type = 1;
constexpr std::uint16_t places_type = 2;
constexpr std::uint16_t read_type = 3;
constexpr std::uint32_t regions = 16;
constexpr std::size_t region_bytes = std::size_t{1} << 20;
constexpr std::uint32_t outputs = 32;
constexpr double output_bytes = outputs * regions * double{region_bytes};
constexpr std::uint32_t ahead = 2;  // outputs that are asked for before the first is read

struct Write {
    std::uint32_t map = 0;
    std::uint32_t checksums = 0;
};

// What a task does with a region at the least: it looks at every byte.
std::uint64_t read(std::string_view region) {
    std::uint64_t sum = 0;
    for (std::size_t at = 0; at + sizeof sum <= region.size(); at += sizeof sum) {
        std::uint64_t word = 0;
        std::memcpy(&word, region.data() + at, sizeof word);
        sum += word;
    }
    return sum;
}

// An output of all regions; each of its 64-bit words is its number.
std::vector<std::string> make_regions() {
    std::vector<std::uint64_t> words(region_bytes / sizeof(std::uint64_t));
    std::iota(words.begin(), words.end(), 0U);
    return std::vector<std::string>(
        regions, std::string{reinterpret_cast<const char*>(words.data()), region_bytes});
}

bool map_and_read(wire::Unpacker in) {
    constexpr std::uint64_t words = region_bytes / sizeof(std::uint64_t);
    const auto head = in.take<wire::BlocksHead>();
    const auto places = in.take_list<wire::BlockPlace>(head ? head->count : 0);
    bool ok = places && places->size() == regions;
    BlockReader reader;
    for (std::size_t i = 0; ok && i < places->size(); ++i) {
        const wire::BlockPlace& place = (*places)[i];
        ok = reader.add(head->pid, place, true) == BlockReader::Added::ok &&
             read(reader.regions({0, place.block.partition}).front()) == words * (words - 1) / 2;
    }
    return ok;
}

// Processes that write outputs and read those of others.
class Holders {
public:
    [[nodiscard]] static Result<Holders> start(std::uint32_t count) {
        auto end = DriverEnd::create({.slots_max = count});
        if (!end) {
            return fail(std::move(end).error());
        }
        for (std::uint32_t i = 0; i < count; ++i) {
            if (auto slot = end->start({"bench-child", "blocks"}); !slot) {
                return fail(std::move(slot).error());
            }
        }
        for (std::size_t registered = 0; registered < count;) {
            (void)end->wait();
            (void)end->drain([](SlotId, std::uint16_t, ByteView) {});
            registered += end->take_registered().size();
        }
        return Holders{std::move(*end)};
    }

    void write(std::uint32_t holder, const Write& output) {
        (void)end_.send(SlotId{holder}, write_type, wire::bytes_of(output));
    }
    void pass_on(std::uint32_t holder, ByteView places) {
        (void)end_.send(SlotId{holder}, places_type, places);
    }
    // Waits for what they have to say. False: one of them is gone.
    template <class Handler>
    [[nodiscard]] bool hear(Handler handler) {
        const bool gone = end_.wait().exits;
        (void)end_.drain(handler);
        return !gone;
    }

private:
    explicit Holders(DriverEnd end) : end_{std::move(end)} {}
    DriverEnd end_;
};

double rate_since(Clock::time_point start, double bytes) {
    return bytes / std::chrono::duration<double>(Clock::now() - start).count();
}

enum class Outcome { ok, wrong, gone };

tl::unexpected<Error> failed(Outcome outcome) {
    if (outcome == Outcome::gone) {
        return fail({"a process that writes blocks has ended",
                     {},
                     "blocks take up to 1 GiB of memory: is there so much?",
                     Exit::unavailable});
    }
    return fail({"a block does not arrive as it was written",
                 {},
                 "this is a bug of forkyard or of the machine's memory",
                 Exit::internal});
}

// One process writes, and this one reads while it writes the next ones. Bytes a second.
Result<double> move_outputs(bool checksums) {
    Result<Holders> holder = Holders::start(1);
    if (!holder) {
        return fail(holder.error());
    }
    std::uint32_t asked = 0;
    std::uint32_t read = 0;
    Outcome outcome = Outcome::ok;
    const auto start = Clock::now();
    while (outcome == Outcome::ok && read < outputs) {
        for (; asked < std::min(outputs, read + ahead); ++asked) {
            holder->write(0, {asked, checksums ? 1U : 0U});
        }
        const bool here = holder->hear([&](SlotId, std::uint16_t, ByteView bytes) {
            outcome = map_and_read(wire::Unpacker{bytes}) ? outcome : Outcome::wrong;
            ++read;
        });
        outcome = here ? outcome : Outcome::gone;
    }
    return outcome == Outcome::ok ? Result<double>{rate_since(start, output_bytes)}
                                  : failed(outcome);
}

// As a shuffle between two executors: each writes all its outputs, and then reads those of the
// other. Bytes a second, both ways together.
Result<double> exchange_outputs(bool checksums) {
    Result<Holders> holders = Holders::start(2);
    if (!holders) {
        return fail(holders.error());
    }
    std::uint32_t read = 0;
    Outcome outcome = Outcome::ok;
    const auto start = Clock::now();
    for (std::uint32_t output = 0; output < outputs; ++output) {
        holders->write(0, {output, checksums ? 1U : 0U});
        holders->write(1, {output, checksums ? 1U : 0U});
    }
    while (outcome == Outcome::ok && read < 2 * outputs) {
        const bool here = holders->hear([&](SlotId slot, std::uint16_t type, ByteView bytes) {
            if (type == places_type) {
                holders->pass_on(slot == SlotId{0} ? 1 : 0, bytes);
                return;
            }
            const bool whole = wire::Unpacker{bytes}.take<std::uint32_t>() == 1U;
            outcome = whole ? outcome : Outcome::wrong;
            ++read;
        });
        outcome = here ? outcome : Outcome::gone;
    }
    return outcome == Outcome::ok ? Result<double>{rate_since(start, 2 * output_bytes)}
                                  : failed(outcome);
}

}  // namespace

int block_bench::hold(ExecutorEnd end) {
    const std::vector<std::string> made = make_regions();
    std::vector<BlockStore::Pieces> output;
    for (const std::string& region : made) {
        output.push_back({region});
    }
    BlockStore store;
    bool ok = true;
    const auto write = [&](const Write& order) {
        store.make_checksums(order.checksums != 0);
        ok = ok && store.put(0, 0, order.map, output).has_value();
        if (!ok) {
            return;
        }
        std::vector<wire::BlockPlace> places;
        for (std::uint32_t region = 0; region < regions; ++region) {
            store.find(0, {0, order.map, region}, places);
        }
        wire::Packer packer;
        packer.add(wire::BlocksHead{{}, 0, getpid(), static_cast<std::uint32_t>(places.size())});
        for (const wire::BlockPlace& place : places) {
            packer.add(place);
        }
        (void)end.send(places_type, packer.bytes());
    };
    while (ok && end.wait() != ExecutorWake::driver_gone) {
        (void)end.receive([&](std::uint16_t type, ByteView bytes) {
            if (type == write_type) {
                write(wire::Unpacker{bytes}.take<Write>().value_or(Write{}));
            } else {
                const std::uint32_t is_whole = map_and_read(wire::Unpacker{bytes}) ? 1 : 0;
                (void)end.send(read_type, wire::bytes_of(is_whole));
            }
        });
    }
    return ok ? 0 : 1;
}

Result<BlockFigures> bench_blocks(int runs) {
    std::array<std::vector<double>, 4> rates;
    for (int run = 0; run < runs; ++run) {
        for (std::size_t kind = 0; kind < rates.size(); ++kind) {
            const bool checksums = kind % 2 == 0;
            const Result<double> rate =
                kind < 2 ? move_outputs(checksums) : exchange_outputs(checksums);
            if (!rate) {
                return fail(rate.error());
            }
            rates[kind].push_back(*rate / 1e9);
        }
    }
    return BlockFigures{median(rates[0]), median(rates[1]), median(rates[2]), median(rates[3])};
}

}  // namespace forkyard::sim
