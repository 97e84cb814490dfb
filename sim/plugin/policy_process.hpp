// The process of a policy: one line to it, one line back, and its end.
//
// It gets a process group of its own, dies with this process however that ends, and nothing of
// its group is left when this object goes. Its standard error is ours. What the lines say means
// nothing here.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <sys/types.h>

#include <tl/expected.hpp>

#include "core/result.hpp"
#include "sim/process/child_process.hpp"
#include "sim/process/unique_fd.hpp"

namespace forkyard::sim {

class PolicyProcess {
public:
    static constexpr std::size_t line_max = std::size_t{64} << 20;

    PolicyProcess() = default;
    PolicyProcess(const PolicyProcess&) = delete;
    PolicyProcess& operator=(const PolicyProcess&) = delete;
    PolicyProcess(PolicyProcess&&) = delete;
    PolicyProcess& operator=(PolicyProcess&&) = delete;
    ~PolicyProcess();

    // Once. `command` without descriptors and group: these are made here.
    [[nodiscard]] Result<void> start(ChildCommand command);

    // The line without its end, valid until the next call. Or what went wrong instead, as in
    // "was killed by SIGSEGV (11)".
    [[nodiscard]] tl::expected<std::string_view, std::string> ask(std::string_view line,
                                                                  std::chrono::microseconds limit);

    // At once, with its group; it is not asked again.
    void kill();

private:
    using Clock = std::chrono::steady_clock;

    void send();
    enum class Received { some, end, late, interrupted };
    [[nodiscard]] Received receive(Clock::time_point deadline);
    [[nodiscard]] bool comes_to_an_end(std::chrono::milliseconds limit) const;
    [[nodiscard]] std::string end_text();
    ChildExit stop();

    pid_t pid_ = -1;
    UniqueFd to_;
    UniqueFd from_;
    std::string out_;  // not sent yet
    std::string in_;   // received
    std::size_t taken_ = 0;
};

}  // namespace forkyard::sim
