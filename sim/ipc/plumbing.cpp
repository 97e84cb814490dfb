#include "sim/ipc/plumbing.hpp"

#include <array>
#include <charconv>
#include <cstdlib>
#include <string_view>

namespace forkyard::sim {

std::string Plumbing::environment() const {
    return std::string{name} + "=" + std::to_string(memory_fd) + ":" + std::to_string(doorbell_fd) +
           ":" + std::to_string(slot) + ":" + std::to_string(generation) + ":" +
           std::to_string(driver);
}

std::optional<Plumbing> Plumbing::take_from_environment() {
    const char* const value = std::getenv(name);
    if (value == nullptr) {
        return std::nullopt;
    }
    const std::string copy{value};
    ::unsetenv(name);
    std::array<std::uint32_t, 5> numbers{};
    std::string_view rest{copy};
    for (auto& number : numbers) {
        const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
        if (error != std::errc{}) {
            return std::nullopt;
        }
        rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
        if (&number != &numbers.back()) {
            if (!rest.starts_with(':')) {
                return std::nullopt;
            }
            rest.remove_prefix(1);
        }
    }
    if (!rest.empty()) {
        return std::nullopt;
    }
    return Plumbing{.memory_fd = static_cast<int>(numbers[0]),
                    .doorbell_fd = static_cast<int>(numbers[1]),
                    .slot = numbers[2],
                    .generation = numbers[3],
                    .driver = static_cast<pid_t>(numbers[4])};
}

}  // namespace forkyard::sim
