// Turns an errno into an Error that names the limit which was hit, its present value
// and the command that raises it.
#pragma once

#include <string>

#include "core/result.hpp"

namespace forkyard::sim {

// doing: "start executor e7", "make the shared memory of the run".
[[nodiscard]] Error system_error(int error_number, const std::string& doing);

// A driver has descriptors of what many executors have written: it may have as many as the hard
// limit says, up to 65,536.
void raise_file_limit();

// Could this process create a file of that size? RLIMIT_FSIZE counts for shared memory
// too, and would end the process with SIGXFSZ.
[[nodiscard]] Result<void> check_file_size_limit(unsigned long long bytes);

}  // namespace forkyard::sim
