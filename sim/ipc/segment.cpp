#include "sim/ipc/segment.hpp"

#include <bit>
#include <cerrno>
#include <fcntl.h>
#include <initializer_list>
#include <string>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "sim/process/limits.hpp"

namespace forkyard::sim {

namespace {

namespace ipc = boost::interprocess;

constexpr std::uint64_t segment_magic = 0x666b'7961'7264'7368;  // "fkyardsh"
constexpr std::uint32_t segment_version = 1;
constexpr std::uint64_t page_bytes = 4096;

// FNV-1a over what both sides must agree on: another build may order fields differently.
constexpr std::uint64_t layout_hash() {
    std::uint64_t hash = 0xcbf2'9ce4'8422'2325;
    for (const std::uint64_t value : std::initializer_list<std::uint64_t>{
             segment_version,
             line_bytes,
             slots_per_group,
             sizeof(SegmentHeader),
             sizeof(FutexGroup),
             sizeof(SlotControl),
             sizeof(RingControl),
             sizeof(RecordHeader),
             offsetof(SegmentHeader, driver_sleeping),
             offsetof(SlotControl, sleeping),
             offsetof(SlotControl, heartbeat),
             offsetof(SlotControl, down),
             offsetof(SlotControl, up),
             std::endian::native == std::endian::little ? 1U : 2U}) {
        hash = (hash ^ value) * 0x0000'0100'0000'01b3;
    }
    return hash;
}

// Gives Boost a descriptor that it did not open: all that mapped_region asks for.
class Mappable {
public:
    explicit Mappable(int fd) : fd_{fd} {}
    [[nodiscard]] ipc::mapping_handle_t get_mapping_handle() const {
        return ipc::ipcdetail::mapping_handle_from_file_handle(fd_);
    }

private:
    int fd_;
};

SegmentLayout layout_of(std::uint32_t slots_max, std::uint64_t ring_bytes) {
    const auto up_to = [](std::uint64_t at, std::uint64_t unit) {
        return (at + unit - 1) / unit * unit;
    };
    SegmentLayout layout;
    layout.slots_max = slots_max;
    layout.ring_bytes = ring_bytes;
    layout.groups_at = up_to(sizeof(SegmentHeader), line_bytes);
    layout.ready_at = layout.groups_at + layout.groups() * sizeof(FutexGroup);
    layout.slots_at =
        up_to(layout.ready_at + sizeof(std::uint64_t) * layout.ready_words(), line_bytes);
    layout.rings_at = up_to(layout.slots_at + slots_max * sizeof(SlotControl), page_bytes);
    layout.total_bytes = layout.rings_at + 2 * ring_bytes * slots_max;
    return layout;
}

bool sizes_ok(std::uint32_t slots_max, std::uint64_t ring_bytes) {
    return slots_max >= 1 && slots_max <= slots_max_limit && std::has_single_bit(ring_bytes) &&
           ring_bytes >= ring_bytes_min && ring_bytes <= ring_bytes_max;
}

Result<ipc::mapped_region> map(int fd, std::uint64_t bytes) {
    try {
        return ipc::mapped_region{Mappable{fd}, ipc::read_write, 0, bytes};
    } catch (const ipc::interprocess_exception& error) {
        return fail(system_error(error.get_native_error(),
                                 "map " + std::to_string(bytes) + " bytes of shared memory"));
    }
}

Error not_ours(const std::string& what) {
    return {.what = "the shared memory handed to this executor " + what,
            .where = "executor",
            .mend = "executor processes are started by `forkyard run`, with the same binary",
            .exit = Exit::usage};
}

}  // namespace

Segment::Segment(UniqueFd memory, ipc::mapped_region region, SegmentLayout layout)
    : memory_{std::move(memory)},
      region_{std::move(region)},
      layout_{layout},
      base_{static_cast<std::byte*>(region_.get_address())} {}

Result<Segment> Segment::create(std::uint32_t slots_max, std::uint64_t ring_bytes) {
    FORKYARD_CHECK(sizes_ok(slots_max, ring_bytes), "sizes of the shared memory out of range");
    const auto layout = layout_of(slots_max, ring_bytes);
    const std::string doing =
        "make " + std::to_string(layout.total_bytes) + " bytes of shared memory";
    if (auto allowed = check_file_size_limit(layout.total_bytes); !allowed) {
        return fail(allowed.error());
    }
    UniqueFd memory{::memfd_create("forkyard", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
    if (!memory.valid()) {
        return fail(system_error(errno, doing));
    }
    if (::ftruncate(memory.value(), static_cast<off_t>(layout.total_bytes)) != 0 ||
        ::fcntl(memory.value(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
        return fail(system_error(errno, doing));
    }
    auto region = map(memory.value(), layout.total_bytes);
    if (!region) {
        return fail(std::move(region).error());
    }
    Segment segment{std::move(memory), std::move(*region), layout};
    auto& header = segment.header();  // the rest is zero, as every slot starts out
    header.magic = segment_magic;
    header.layout_hash = layout_hash();
    header.version = segment_version;
    header.driver_pid = static_cast<std::uint32_t>(::getpid());
    header.slots_max = slots_max;
    header.ring_bytes = ring_bytes;
    header.total_bytes = layout.total_bytes;
    return segment;
}

Result<Segment> Segment::adopt(UniqueFd memory) {
    struct stat status {};
    if (::fstat(memory.value(), &status) != 0) {
        return fail(not_ours("is not there"));
    }
    const auto size = static_cast<std::uint64_t>(status.st_size);
    if (size < sizeof(SegmentHeader)) {
        return fail(not_ours("is too small"));
    }
    auto region = map(memory.value(), size);
    if (!region) {
        return fail(std::move(region).error());
    }
    const auto& header = *static_cast<const SegmentHeader*>(region->get_address());
    if (header.magic != segment_magic || header.version != segment_version ||
        header.layout_hash != layout_hash()) {
        return fail(not_ours("is of another build of forkyard"));
    }
    if (!sizes_ok(header.slots_max, header.ring_bytes)) {
        return fail(not_ours("has impossible sizes"));
    }
    const auto layout = layout_of(header.slots_max, header.ring_bytes);
    if (layout.total_bytes != size || header.total_bytes != size) {
        return fail(not_ours("has impossible sizes"));
    }
    return Segment{std::move(memory), std::move(*region), layout};
}

RingMemory Segment::down(std::uint32_t slot) const noexcept {
    return {&this->slot(slot).down,
            base_ + layout_.rings_at + 2 * layout_.ring_bytes * slot,
            layout_.ring_bytes};
}

RingMemory Segment::up(std::uint32_t slot) const noexcept {
    auto memory = down(slot);
    memory.control = &this->slot(slot).up;
    memory.bytes += layout_.ring_bytes;
    return memory;
}

}  // namespace forkyard::sim
