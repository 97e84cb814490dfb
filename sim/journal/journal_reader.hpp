// Reads a journal file back, as far as it counts.
//
// A file that was cut counts up to its last valid K line; what was ignored is said in a
// warning. A wrong checksum before a valid one is an error, unless `unsealed`.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace forkyard::sim {

struct JournalFile {
    std::string path;
    std::shared_ptr<const std::string> text;  // what the lines below point into
    std::map<std::string, std::string> header;
    std::vector<std::string> configuration;  // C lines, without their letter

    struct Line {
        std::string_view text;
        std::uint64_t number = 0;  // in the file, from 1
    };
    std::vector<Line> lines;             // E A D F M V S K, in order
    std::optional<std::string> verdict;  // of a complete journal
    int exit = 0;
    std::vector<std::string> warnings;
};

struct ReadOptions {
    bool unsealed = false;
};

// Missing: 66; not a journal, corrupt: 65; of a newer schema: 4.
[[nodiscard]] Result<JournalFile> read_journal(const std::string& path, ReadOptions options = {});
[[nodiscard]] Result<JournalFile> parse_journal(std::string path,
                                                std::string text,
                                                ReadOptions options = {});

}  // namespace forkyard::sim
