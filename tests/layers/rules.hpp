// The rules of this source tree that no compiler checks.
//
// Layers (who may include whom), what core must not touch so that it stays
// pure, and how a file looks. A rule knows text only: it needs no build.
// The tables at the top of rules.cpp are the place to change one.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace forkyard::layers {

struct SourceFile {
    std::string path;  // from the root, with forward slashes
    std::string text;
};

struct Finding {
    std::string path;
    std::size_t line = 0;
    std::string what;
};

using Findings = std::vector<Finding>;

// Says whether a path from the root names a file.
using Exists = std::function<bool(std::string_view path)>;

// The rules look only at text; a NUL byte marks everything else.
[[nodiscard]] bool is_text(std::string_view content);

[[nodiscard]] Findings check_file(const SourceFile& file, const Exists& exists);

// Feeds every rule an input it must catch, and good inputs that must pass.
// Returns the number of disappointments, each printed.
[[nodiscard]] int self_test();

}  // namespace forkyard::layers
