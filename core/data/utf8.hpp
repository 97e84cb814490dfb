// UTF-8 to code points, one at a time; a byte that starts no valid sequence is U+FFFD.
#pragma once

#include <cstddef>
#include <string_view>

namespace forkyard {

struct CodePoint {
    char32_t code = 0;
    std::size_t bytes = 1;
    bool valid = true;
};

// The code point at `at`, which is inside the text.
[[nodiscard]] CodePoint decode_utf8(std::string_view text, std::size_t at);

}  // namespace forkyard
