// What answers a machine's choices in tests: the boring option, the one that is set, or nobody.
#pragma once

#include <cstdint>
#include <optional>
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

// Until an option is set, here too nothing is left to chance.
class SetChooser final : public Chooser {
public:
    void set(std::uint64_t option) { option_ = option; }

private:
    std::uint64_t choose(std::string_view /*point*/,
                         std::string_view /*label*/,
                         std::uint64_t n) override {
        REQUIRE(option_.has_value());
        REQUIRE(*option_ < n);
        return *option_;
    }

    std::optional<std::uint64_t> option_{};
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
