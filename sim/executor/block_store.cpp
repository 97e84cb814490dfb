#include "sim/executor/block_store.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "sim/process/temporary_file.hpp"

namespace forkyard::sim {

namespace {

tl::unexpected<Error> failed(const char* what) {
    const bool full = errno == ENOSPC;
    return fail(
        {fmt::format("a block cannot be kept: {}: {}", what, std::strerror(errno)),
         {},
         full ? std::string{make_room} : "raise the memory or descriptor limits of the process",
         Exit::unavailable});
}

}  // namespace

Result<BlockStore::Arena*> BlockStore::open(const Key& key) {
    Arena& arena = arenas_[key];
    if (arena.fd.value() < 0) {
        const bool disk = key.place == wire::Place::disk;
        arena.fd = disk ? open_temporary() : UniqueFd{memfd_create("forkyard-blocks", MFD_CLOEXEC)};
        if (arena.fd.value() < 0) {
            return failed(disk ? "a temporary file" : "memfd_create");
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
    std::vector<std::uint64_t> offsets{(*arena)->size};
    for (const Pieces& region : regions) {
        for (const std::string_view piece : region) {
            Result<void> appended = append(**arena, piece);
            if (!appended) {
                return appended;
            }
        }
        offsets.push_back((*arena)->size);
    }
    (*arena)->blocks[map] = std::move(offsets);
    return {};
}

void BlockStore::drop(Arena& arena, std::uint32_t block) {
    const auto found = arena.blocks.find(block);
    const auto begin = static_cast<off_t>(found->second.front());
    const auto bytes = static_cast<off_t>(found->second.back()) - begin;
    if (bytes > 0) {
        (void)fallocate(arena.fd.value(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, begin, bytes);
    }
    arena.blocks.erase(found);
}

BlockStore::Arena* BlockStore::with(const Key& key, std::uint32_t block) {
    const auto arena = arenas_.find(key);
    return arena == arenas_.end() || !arena->second.blocks.contains(block) ? nullptr
                                                                           : &arena->second;
}

Result<void> BlockStore::copy(const Key& from, std::uint32_t block, wire::Place to) {
    const Arena* arena = with(from, block);
    if (arena == nullptr || with({from.app, from.store, to}, block) != nullptr) {
        return {};
    }
    const std::vector<std::uint64_t>& at = arena->blocks.at(block);
    std::string bytes(at.back() - at.front(), '\0');
    const auto read =
        pread(arena->fd.value(), bytes.data(), bytes.size(), static_cast<off_t>(at.front()));
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
    if (Arena* arena = with(memory, partition)) {
        drop(*arena, partition);
    }
    if (Arena* arena = with(disk, partition); arena != nullptr && place == wire::Place::nowhere) {
        drop(*arena, partition);
    }
    return {};
}

int BlockStore::places(std::uint32_t app,
                       std::uint32_t store,
                       std::uint32_t partition,
                       std::vector<wire::BlockPlace>& places) const {
    if (wire::is_kept_store(store)) {
        for (const wire::Place from : {wire::Place::memory, wire::Place::disk}) {
            const auto arena = arenas_.find({app, store, from});
            if (arena == arenas_.end() || !arena->second.blocks.contains(partition)) {
                continue;
            }
            const std::vector<std::uint64_t>& at = arena->second.blocks.at(partition);
            places.push_back({partition, 0, at.front(), at.back() - at.front()});
            return arena->second.fd.value();
        }
        return -1;
    }
    const auto found = arenas_.find({app, store, wire::Place::memory});
    if (found == arenas_.end()) {
        return -1;
    }
    for (const auto& [map, offsets] : found->second.blocks) {
        if (partition + 1 < offsets.size()) {
            places.push_back(
                {map, 0, offsets[partition], offsets[partition + 1] - offsets[partition]});
        }
    }
    return found->second.fd.value();
}

}  // namespace forkyard::sim
