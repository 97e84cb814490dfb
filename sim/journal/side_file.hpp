// FILE.meta.json beside a journal: what must not stand in it. Host, pids, executor
// mode, compiler, wall-clock times. Never compared.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace forkyard::sim {

struct SideFacts {
    std::string_view version;
    std::string_view executors;  // process or inline
    std::int64_t started_unix_ms = 0;
    std::int64_t took_us = 0;
    std::uint64_t events = 0;
    std::vector<std::int64_t> executor_pids;
};

[[nodiscard]] Result<void> write_side_file(const std::string& journal_path, const SideFacts& facts);

}  // namespace forkyard::sim
