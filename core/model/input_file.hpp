// A file that a source of an application reads, as it was found at the submission.
#pragma once

#include <cstdint>
#include <string>

#include "core/model/units.hpp"

namespace forkyard {

struct InputFile {
    std::uint32_t source = 0;  // which of the application's file sources, in file order
    std::string name{};        // in the folder that the source reads; empty: it reads one file
    Bytes size{};              // as it is stored, compressed or not
    bool operator==(const InputFile&) const = default;
};

}  // namespace forkyard
