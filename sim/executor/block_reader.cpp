#include "sim/executor/block_reader.hpp"

#include <sys/mman.h>
#include <sys/stat.h>
#include <utility>

#include "sim/journal/crc32c.hpp"
#include "sim/process/peer_file.hpp"

namespace forkyard::sim {

// The file is mapped as it is; a descriptor is not needed once it is.
class MappedArena {
public:
    MappedArena(int pid, int fd) {
        const UniqueFd file = open_peer_file(pid, fd);
        struct stat info {};
        if (file.value() < 0 || fstat(file.value(), &info) != 0) {
            return;
        }
        ok_ = true;
        size_ = static_cast<std::size_t>(info.st_size);
        if (size_ == 0) {
            return;
        }
        void* address = mmap(nullptr, size_, PROT_READ, MAP_SHARED, file.value(), 0);
        ok_ = address != MAP_FAILED;
        address_ = ok_ ? address : nullptr;
    }
    ~MappedArena() {
        if (address_ != nullptr) {
            munmap(address_, size_);
        }
    }
    MappedArena(const MappedArena&) = delete;
    MappedArena& operator=(const MappedArena&) = delete;

    [[nodiscard]] bool ok() const { return ok_; }
    [[nodiscard]] std::string_view bytes() const {
        return {static_cast<const char*>(address_), size_};
    }

private:
    void* address_ = nullptr;
    std::size_t size_ = 0;
    bool ok_ = false;
};

BlockReader::BlockReader() = default;
BlockReader::~BlockReader() = default;
BlockReader::BlockReader(BlockReader&&) noexcept = default;
BlockReader& BlockReader::operator=(BlockReader&&) noexcept = default;

const MappedArena* BlockReader::arena(int pid, int fd, std::uint64_t bytes) {
    auto& mapped = arenas_[{pid, fd}];
    if (mapped.empty() || mapped.back()->bytes().size() < bytes) {
        auto arena = std::make_unique<MappedArena>(pid, fd);
        if (!arena->ok()) {
            return nullptr;
        }
        mapped.push_back(std::move(arena));
    }
    return mapped.back().get();
}

// A region that ends beyond its arena is not the one that was written.
BlockReader::Added BlockReader::add(int pid, const wire::BlockPlace& place, bool checks) {
    const MappedArena* from = arena(pid, place.fd, place.offset + place.length);
    if (from == nullptr) {
        return Added::unreadable;
    }
    const std::string_view bytes = from->bytes();
    if (place.offset > bytes.size() || place.length > bytes.size() - place.offset) {
        return Added::corrupt;
    }
    const std::string_view region = bytes.substr(place.offset, place.length);
    if (checks && place.checked != 0 && crc32c(0, region) != place.checksum) {
        return Added::corrupt;
    }
    regions_[{place.block.store, place.block.partition}][place.block.map] = region;
    return Added::ok;
}

std::vector<std::string_view> BlockReader::regions(const Part& part) const {
    std::vector<std::string_view> all;
    const auto found = regions_.find(part);
    if (found != regions_.end()) {
        for (const auto& [map, region] : found->second) {
            all.push_back(region);
        }
    }
    return all;
}

}  // namespace forkyard::sim
