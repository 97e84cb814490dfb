#include "sim/executor/block_store.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "sim/journal/crc32c.hpp"
#include "sim/process/temporary_file.hpp"

namespace forkyard::sim {

namespace {

tl::unexpected<Error> failed(const char* what) {
    const std::string_view mend =
        errno == ENOSPC ? make_room : "raise the memory or descriptor limits of the process";
    return fail({fmt::format("a block cannot be kept: {}: {}", what, std::strerror(errno)),
                 {},
                 std::string{mend},
                 Exit::unavailable});
}

// It only ever grows: a reader's mapping cannot lose its end.
UniqueFd open_memory() {
    UniqueFd memory{memfd_create("forkyard-blocks", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
    if (memory.value() >= 0 &&
        fcntl(memory.value(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_SEAL) != 0) {
        return {};
    }
    return memory;
}

}  // namespace

Result<BlockStore::Arena*> BlockStore::open(const Key& key) {
    Arena& arena = arenas_[key];
    if (arena.fd.value() < 0) {
        const bool disk = key.place == wire::Place::disk;
        arena.fd = disk ? open_temporary() : open_memory();
        if (arena.fd.value() < 0) {
            return failed(disk ? "a temporary file" : "shared memory");
        }
    }
    return &arena;
}

Result<void> BlockStore::append(Arena& arena, std::string_view bytes) {
    if (!write_at(arena.fd.value(), arena.size, bytes)) {
        return failed("pwrite");
    }
    arena.size += bytes.size();
    return {};
}

Result<void> BlockStore::put(std::uint32_t app,
                             std::uint32_t store,
                             std::uint32_t map,
                             const std::vector<Pieces>& regions,
                             wire::Place place) {
    const Result<Arena*> arena = open({app, store, place});
    if (!arena) {
        return fail(arena.error());
    }
    std::vector<Region> placed;
    placed.reserve(regions.size());
    for (const Pieces& region : regions) {
        Region at{(*arena)->size, 0, 0, checksums_};
        for (const std::string_view piece : region) {
            at.length += piece.size();
            at.checksum = checksums_ ? crc32c(at.checksum, piece) : 0;
            Result<void> appended = append(**arena, piece);
            if (!appended) {
                return appended;
            }
        }
        placed.push_back(at);
    }
    (*arena)->blocks[map] = std::move(placed);
    return {};
}

Result<void> BlockStore::put_output(std::uint32_t app,
                                    std::uint32_t shuffle,
                                    std::uint32_t map,
                                    const std::vector<Pieces>& regions) {
    std::int64_t left = output_memory_;
    for (const auto& [key, arena] : arenas_) {
        const bool counts = key.place == wire::Place::memory && !wire::is_kept_store(key.store);
        left -= counts ? static_cast<std::int64_t>(arena.size) : 0;
    }
    for (const Pieces& region : regions) {
        for (const std::string_view piece : region) {
            left -= static_cast<std::int64_t>(piece.size());
        }
    }
    const bool fits = left >= 0;
    const wire::Place place = fits ? wire::Place::memory : wire::Place::disk;
    const auto other = arenas_.find({app, shuffle, fits ? wire::Place::disk : wire::Place::memory});
    if (other != arenas_.end()) {
        other->second.blocks.erase(map);
    }
    return put(app, shuffle, map, regions, place);
}

void BlockStore::drop(const Key& key, std::uint32_t block) {
    if (with(key, block) == nullptr) {
        return;
    }
    Arena& arena = arenas_.at(key);
    const auto found = arena.blocks.find(block);
    for (const Region& region : found->second) {
        if (region.length > 0) {
            (void)fallocate(arena.fd.value(),
                            FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                            static_cast<off_t>(region.offset),
                            static_cast<off_t>(region.length));
        }
    }
    arena.blocks.erase(found);
}

const BlockStore::Arena* BlockStore::with(const Key& key, std::uint32_t block) const {
    const auto arena = arenas_.find(key);
    return arena == arenas_.end() || !arena->second.blocks.contains(block) ? nullptr
                                                                           : &arena->second;
}

Result<void> BlockStore::copy(const Key& from, std::uint32_t block, wire::Place to) {
    const Arena* arena = with(from, block);
    if (arena == nullptr || with({from.app, from.store, to}, block) != nullptr) {
        return {};
    }
    const Region& at = arena->blocks.at(block).front();
    std::string bytes(at.length, '\0');
    const auto read =
        pread(arena->fd.value(), bytes.data(), bytes.size(), static_cast<off_t>(at.offset));
    if (read != static_cast<ssize_t>(bytes.size())) {
        return failed("pread");
    }
    return put(from.app, from.store, block, {{bytes}}, to);
}

Result<void> BlockStore::move(std::uint32_t app,
                              std::uint32_t store,
                              std::uint32_t partition,
                              wire::Place place) {
    const Key memory{app, store, wire::Place::memory};
    const Key disk{app, store, wire::Place::disk};
    if (place == wire::Place::memory) {
        return copy(disk, partition, place);
    }
    if (place == wire::Place::disk) {
        Result<void> copied = copy(memory, partition, place);
        if (!copied) {
            return copied;
        }
    }
    drop(memory, partition);
    if (place == wire::Place::nowhere) {
        drop(disk, partition);
    }
    return {};
}

bool BlockStore::add_place(const Key& key,
                           const wire::BlockName& name,
                           std::vector<wire::BlockPlace>& places) const {
    const bool kept = wire::is_kept_store(name.store);
    const Arena* arena = with(key, kept ? name.partition : name.map);
    const std::size_t region = kept ? 0 : name.partition;
    if (arena == nullptr) {
        return false;
    }
    const std::vector<Region>& regions = arena->blocks.at(kept ? name.partition : name.map);
    if (region >= regions.size()) {
        return false;
    }
    const Region& at = regions[region];
    const std::uint32_t checked = at.checked ? 1 : 0;
    places.push_back({name, arena->fd.value(), at.offset, at.length, at.checksum, checked});
    return true;
}

void BlockStore::find(std::uint32_t app,
                      const wire::BlockName& name,
                      std::vector<wire::BlockPlace>& places) const {
    const Key memory{app, name.store, wire::Place::memory};
    const Key disk{app, name.store, wire::Place::disk};
    if (name.map != wire::every_map) {
        if (!add_place(memory, name, places) && !add_place(disk, name, places)) {
            places.push_back({.block = name});
        }
        return;
    }
    for (const Key& key : {memory, disk}) {
        const auto arena = arenas_.find(key);
        if (arena != arenas_.end()) {
            for (const auto& [map, regions] : arena->second.blocks) {
                (void)add_place(key, {name.store, map, name.partition}, places);
            }
        }
    }
}

}  // namespace forkyard::sim
