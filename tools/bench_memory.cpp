#include "tools/bench_memory.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <malloc.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

#include "core/check.hpp"
#include "sim/process/unique_fd.hpp"

namespace forkyard::tools {

namespace {

// VmRSS or VmHWM of this process; 0 where /proc does not tell.
double status_bytes(const std::string& key) {
    std::ifstream status{"/proc/self/status"};
    constexpr double kilobyte = 1024;
    for (std::string word; status >> word;) {
        double value = 0;
        if (word == key + ":" && status >> value) {
            return value * kilobyte;
        }
    }
    return 0;
}

// The child's end; never returns, as nothing of the parent's may be run a second time.
[[noreturn]] void run_and_tell(const sim::LoadedScenario& loaded,
                               const sim::RunOptions& options,
                               int pipe_end) {
    const double before = status_bytes("VmRSS");
    const Result<sim::RunResult> result = sim::run_scenario(loaded, options);
    const PeakMemory peak{status_bytes("VmHWM"), status_bytes("VmHWM") - before};
    const bool told = result && result->report.exit == Exit::ok && before > 0 &&
                      ::write(pipe_end, &peak, sizeof peak) == sizeof peak;
    ::_exit(told ? 0 : static_cast<int>(Exit::internal));
}

Error not_measured(const char* what) {
    return {std::string{what}, "the measured process", {}, Exit::internal};
}

}  // namespace

Result<PeakMemory> peak_memory(const sim::LoadedScenario& loaded, const sim::RunOptions& options) {
    FORKYARD_CHECK(options.executors == sim::ExecutorMode::in_line,
                   "memory is measured of inline runs");
    std::array<int, 2> ends{-1, -1};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        return fail(not_measured(std::strerror(errno)));
    }
    const sim::UniqueFd read_end{ends[0]};
    sim::UniqueFd write_end{ends[1]};
    (void)::malloc_trim(0);
    std::fflush(nullptr);
    const pid_t child = ::fork();
    if (child < 0) {
        return fail(not_measured(std::strerror(errno)));
    }
    if (child == 0) {
        run_and_tell(loaded, options, write_end.value());
    }
    write_end = sim::UniqueFd{};  // so that the read ends with the child
    PeakMemory peak;
    const bool told = ::read(read_end.value(), &peak, sizeof peak) == sizeof peak;
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (!told || status != 0) {
        return fail(not_measured("a run whose memory was to be measured did not end well"));
    }
    return peak;
}

}  // namespace forkyard::tools
