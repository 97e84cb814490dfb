#include "sim/host/spill_file.hpp"

#include <cerrno>
#include <cstring>
#include <sys/mman.h>
#include <unistd.h>

#include <fmt/format.h>

#include "sim/process/temporary_file.hpp"

namespace forkyard::sim {

namespace {

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
    for (const std::string_view run : mapped_) {
        munmap(const_cast<char*>(run.data()), run.size());
    }
}

Computed<void> SpillFile::write(std::string_view bytes) {
    if (!file_.valid()) {
        file_ = open_temporary();
        if (!file_.valid()) {
            return failed("a temporary file");
        }
    }
    if (!write_at(file_.value(), end_, bytes)) {
        return failed("a temporary file of " + std::to_string(end_ + bytes.size()) + " bytes");
    }
    end_ += bytes.size();
    return {};
}

// What is mapped begins with a page.
Computed<std::string_view> SpillFile::finish() {
    const std::uint64_t size = end_ - begin_;
    if (size == 0) {
        return std::string_view{};
    }
    void* address =
        mmap(nullptr, size, PROT_READ, MAP_SHARED, file_.value(), static_cast<off_t>(begin_));
    if (address == MAP_FAILED) {
        return failed("mmap");
    }
    const std::string_view run{static_cast<const char*>(address), size};
    mapped_.push_back(run);
    const auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
    end_ = begin_ = (end_ + page - 1) / page * page;
    return run;
}

}  // namespace forkyard::sim
