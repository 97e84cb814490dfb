// Shuffle blocks from one process to another: written, granted, mapped, checked, read.
#include "sim/bench/block_bench.hpp"

#include <algorithm>
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
constexpr std::uint32_t regions = 16;
constexpr std::size_t region_bytes = std::size_t{1} << 20;
constexpr std::uint32_t outputs = 32;
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

// Bytes a second of all outputs; 0: a block was not what was written.
Result<double> move_outputs(bool checksums) {
    auto end = DriverEnd::create({.slots_max = 1});
    if (!end) {
        return fail(std::move(end).error());
    }
    if (auto slot = end->start({"bench-child", "blocks"}); !slot) {
        return fail(std::move(slot).error());
    }
    while (end->take_registered().empty()) {
        (void)end->wait();
        (void)end->drain([](SlotId, std::uint16_t, ByteView) {});
    }
    std::uint32_t asked = 0;
    std::uint32_t read = 0;
    bool ok = true;
    const auto start = Clock::now();
    while (ok && read < outputs) {
        for (; asked < std::min(outputs, read + ahead); ++asked) {
            const Write write{asked, checksums ? 1U : 0U};
            (void)end->send(SlotId{0}, write_type, wire::bytes_of(write));
        }
        ok = !end->wait().exits;
        (void)end->drain([&](SlotId, std::uint16_t, ByteView bytes) {
            ok = ok && map_and_read(wire::Unpacker{bytes});
            ++read;
        });
    }
    const std::chrono::duration<double> took = Clock::now() - start;
    if (!ok) {
        return fail({"a block does not arrive as it was written",
                     {},
                     "this is a bug of forkyard or of the machine's memory",
                     Exit::internal});
    }
    return static_cast<double>(outputs * regions * region_bytes) / took.count();
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
    while (ok && end.wait() != ExecutorWake::driver_gone) {
        (void)end.receive([&](std::uint16_t, ByteView bytes) {
            const auto write = wire::Unpacker{bytes}.take<Write>();
            store.make_checksums(write && write->checksums != 0);
            ok = write && store.put(0, 0, write->map, output).has_value();
            std::vector<wire::BlockPlace> places;
            for (std::uint32_t region = 0; ok && region < regions; ++region) {
                store.find(0, {0, write->map, region}, places);
            }
            wire::Packer packer;
            packer.add(
                wire::BlocksHead{{}, 0, getpid(), static_cast<std::uint32_t>(places.size())});
            for (const wire::BlockPlace& place : places) {
                packer.add(place);
            }
            (void)end.send(places_type, packer.bytes());
        });
    }
    return ok ? 0 : 1;
}

Result<BlockFigures> bench_blocks(int runs) {
    std::vector<double> with;
    std::vector<double> without;
    for (int run = 0; run < runs; ++run) {
        for (const bool checksums : {true, false}) {
            const Result<double> rate = move_outputs(checksums);
            if (!rate) {
                return fail(rate.error());
            }
            (checksums ? with : without).push_back(*rate / 1e9);
        }
    }
    return BlockFigures{median(with), median(without)};
}

}  // namespace forkyard::sim
