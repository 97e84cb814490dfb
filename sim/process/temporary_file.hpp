// A file without a name in the folder for temporary files: gone with whoever holds it, however
// that ends.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sim/process/unique_fd.hpp"

namespace forkyard::sim {

// TMPDIR, or what the system has for that.
[[nodiscard]] std::string temporary_files_folder();
// In it. Not valid: errno says why.
[[nodiscard]] UniqueFd open_temporary();
// All of the bytes at that place of a file. False: errno says why.
[[nodiscard]] bool write_at(int fd, std::uint64_t offset, std::string_view bytes);

// What to do about a full one.
inline constexpr std::string_view make_room =
    "make room in the folder for temporary files, or name another in TMPDIR";

}  // namespace forkyard::sim
