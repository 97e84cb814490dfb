// The files of a `save`: one part a partition, written whole and then renamed, and
// _SUCCESS when the job is done. A retry of a partition replaces nothing half.
#pragma once

#include <cstdint>
#include <string>

#include "core/result.hpp"

namespace forkyard::sim {

// What an earlier save has left there is no part of this one, least of all its success.
void begin_save(const std::string& out_folder, const std::string& path);
[[nodiscard]] Result<void> save_part(const std::string& out_folder,
                                     const std::string& path,
                                     std::uint32_t partition,
                                     const std::string& lines);
[[nodiscard]] Result<void> finish_save(const std::string& out_folder, const std::string& path);

}  // namespace forkyard::sim
