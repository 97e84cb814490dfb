// What a parser makes of the text of a record.
#pragma once

#include <string>

#include "core/data/value.hpp"

namespace forkyard {

struct ParsedText {
    List rows;            // also what could be read of a malformed record
    std::string problem;  // why it is malformed; empty: it is not
};

}  // namespace forkyard
