// Reads a journal file back, as far as it counts.
//
// A file that was cut counts up to its last valid K line; what was ignored is said in a
// warning. A wrong checksum before a valid one is an error, unless `unsealed`. Lines are
// told apart by their letter only; what stands in a record is core/journal/codec's, and
// whether it is true is replay's.
#pragma once

#include <cstddef>
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
    std::size_t counted = 0;                  // bytes of it, up to the last K line
    std::map<std::string, std::string> header;
    std::vector<std::string> configuration;  // C lines, without their letter
    std::uint64_t configuration_line = 0;    // of the first of them

    struct Line {
        std::string_view text;
        std::uint64_t number = 0;  // in the file, from 1
    };
    std::vector<Line> lines;             // E A D F M V S K, in order
    std::optional<std::string> verdict;  // of a complete journal
    int exit = 0;
    std::vector<std::string> warnings;
    // With `unsealed`: the first K line whose checksum did not fit; 0: all did.
    std::uint64_t unsealed_line = 0;
};

struct ReadOptions {
    bool unsealed = false;
};

// Missing or unreadable: 66; not a journal, corrupt, nothing that counts: 65; of a newer
// format or schema: 4. Compression is told by content, not by name.
[[nodiscard]] Result<JournalFile> read_journal(const std::string& path, ReadOptions options = {});
[[nodiscard]] Result<JournalFile> parse_journal(std::string path,
                                                std::string text,
                                                ReadOptions options = {});

}  // namespace forkyard::sim
