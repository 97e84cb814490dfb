// What an executor holds for others to read: map outputs and kept partitions, each of them a
// block, in one arena a store, by offset.
//
// A store is a shuffle or a kept dataset (wire::kept_store). An arena in memory is a memfd that
// nobody else owns, sealed against shrinking; that of what is kept on disk is a file without a
// name. Both go with the process, so what a dead executor had is really gone. A reader gets the
// number of the descriptor with each grant and maps it through /proc, read-only; the bytes are not
// copied. A map output is its regions one after the other, a kept partition one region. A region is
// batches (core/data/batch_format.hpp), which stay aligned since each fills whole units. Each
// region has a checksum, so that its reader notices if its bytes have changed since (DP-SHUF-16).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "sim/host/wire.hpp"
#include "sim/process/unique_fd.hpp"

namespace forkyard::sim {

class BlockStore {
public:
    // Whether what is put from now on has checksums.
    void make_checksums(bool make) { checksums_ = make; }
    // So many bytes of map outputs stay in memory; Spark's are files from the start.
    void keep_outputs_within(std::int64_t bytes) { output_memory_ = bytes; }

    // A region, in as many pieces as it has.
    using Pieces = std::vector<std::string_view>;

    [[nodiscard]] Result<void> put(std::uint32_t app,
                                   std::uint32_t store,
                                   std::uint32_t map,
                                   const std::vector<Pieces>& regions,
                                   wire::Place place = wire::Place::memory);
    // Where there is room for it. One that was made before is found no more; who reads it may.
    [[nodiscard]] Result<void> put_output(std::uint32_t app,
                                          std::uint32_t shuffle,
                                          std::uint32_t map,
                                          const std::vector<Pieces>& regions);
    // A kept partition changes its place, or is dropped; one that is not there does nothing. That
    // which comes to memory stays on disk, too: a task may be reading it there.
    [[nodiscard]] Result<void> move(std::uint32_t app,
                                    std::uint32_t store,
                                    std::uint32_t partition,
                                    wire::Place place);

    // Where it is; of every map output that is there, if the name says so.
    void find(std::uint32_t app,
              const wire::BlockName& name,
              std::vector<wire::BlockPlace>& places) const;

private:
    struct Key {
        std::uint32_t app;
        std::uint32_t store;
        wire::Place place;
        auto operator<=>(const Key&) const = default;
    };
    struct Region {
        std::uint64_t offset = 0;
        std::uint64_t length = 0;
        std::uint32_t checksum = 0;
        bool checked = false;
    };
    struct Arena {
        UniqueFd fd;
        std::uint64_t size = 0;
        std::map<std::uint32_t, std::vector<Region>> blocks;
    };

    [[nodiscard]] Result<Arena*> open(const Key& key);
    // The arena that has the block; null: it does not.
    [[nodiscard]] const Arena* with(const Key& key, std::uint32_t block) const;
    [[nodiscard]] bool add_place(const Key& key,
                                 const wire::BlockName& name,
                                 std::vector<wire::BlockPlace>& places) const;
    [[nodiscard]] Result<void> copy(const Key& from, std::uint32_t block, wire::Place to);
    [[nodiscard]] static Result<void> append(Arena& arena, std::string_view bytes);
    // The file keeps its length: others' offsets stay.
    void drop(const Key& key, std::uint32_t block);

    bool checksums_ = true;
    std::int64_t output_memory_ = INT64_MAX;
    std::map<Key, Arena> arenas_;
};

}  // namespace forkyard::sim
