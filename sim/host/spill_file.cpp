#include "sim/host/spill_file.hpp"

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>
#include <sys/mman.h>

#include <fmt/format.h>

#include "sim/process/temporary_file.hpp"

namespace forkyard::sim {

namespace {

// Of address space, not of memory.
constexpr std::uint64_t bytes_max = std::uint64_t{1} << 36U;

tl::unexpected<std::string> failed(std::string_view what) {
    const int problem = errno;
    return tl::make_unexpected(fmt::format("cannot spill: {}: {}{}{}",
                                           what,
                                           std::strerror(problem),
                                           problem == ENOSPC ? ": " : "",
                                           problem == ENOSPC ? make_room : std::string_view{}));
}

}  // namespace

SpillFile::~SpillFile() {
    if (mapped_ != nullptr) {
        munmap(const_cast<char*>(mapped_), bytes_max);
    }
}

Computed<void> SpillFile::write(std::string_view bytes) {
    if (!file_.valid()) {
        file_ = open_temporary();
        if (!file_.valid()) {
            return failed("a file in " + temporary_files_folder());
        }
    }
    if (bytes.size() > bytes_max - end_) {
        errno = EFBIG;
        return failed(fmt::format("more than {} GiB of a task", bytes_max >> 30U));
    }
    if (!write_at(file_.value(), end_, bytes)) {
        return failed(
            fmt::format("{} bytes to a file in {}", end_ + bytes.size(), temporary_files_folder()));
    }
    end_ += bytes.size();
    return {};
}

// What lies beyond the file's end is not looked at before it is written.
Computed<std::string_view> SpillFile::end_run() {
    if (mapped_ == nullptr && end_ > 0) {
        void* address = mmap(nullptr, bytes_max, PROT_READ, MAP_SHARED, file_.value(), 0);
        if (address == MAP_FAILED) {
            return failed("to map the file");
        }
        mapped_ = static_cast<const char*>(address);
    }
    const std::string_view run{end_ > 0 ? mapped_ + begin_ : nullptr, end_ - begin_};
    begin_ = end_;
    return run;
}

}  // namespace forkyard::sim
