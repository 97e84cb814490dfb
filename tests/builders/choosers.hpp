// What answers a machine's choices in tests: the boring option, or nobody.
#pragma once

#include <cstdint>
#include <string_view>

#include <doctest/doctest.h>

#include "core/step.hpp"

namespace forkyard {

class BoringChooser final : public Chooser {
    std::uint64_t choose(std::string_view /*point*/,
                         std::string_view /*label*/,
                         std::uint64_t /*n*/) override {
        return 0;
    }
};

class NoChoice final : public Chooser {
    std::uint64_t choose(std::string_view /*point*/,
                         std::string_view /*label*/,
                         std::uint64_t /*n*/) override {
        FAIL("here nothing is left to chance");
        return 0;
    }
};

}  // namespace forkyard
