// Result<T>: what can go wrong in the world outside (files, TOML, processes,
// memory). An Error says what, where and how to mend it, and carries the exit
// status that a run ending with it has (the table of `forkyard reference exits`).
#pragma once

#include <string>
#include <utility>

#include <tl/expected.hpp>

namespace forkyard {

enum class Exit : int {
    ok = 0,
    failed = 1,
    inconclusive = 2,
    divergence = 3,
    stale = 4,
    usage = 64,
    bad_input = 65,
    missing_input = 66,
    unavailable = 69,
    internal = 70,
    cannot_write = 74,
    interrupted = 130,
    terminated = 143,
};

struct Error {
    std::string what;   // one sentence, no full stop
    std::string where;  // FILE:LINE:COL, a path, a flag; may be empty
    std::string mend;   // what the user can do; may be empty
    Exit exit = Exit::internal;

    // `WHERE: error: what. mend`, without the program's name in front.
    [[nodiscard]] std::string text() const {
        std::string out;
        if (!where.empty()) {
            out = where + ": ";
        }
        out += "error: " + what;
        if (!mend.empty()) {
            out += ". " + mend;
        }
        return out;
    }
};

template <class T>
using Result = tl::expected<T, Error>;

[[nodiscard]] inline tl::unexpected<Error> fail(Error error) {
    return tl::unexpected<Error>(std::move(error));
}

}  // namespace forkyard
