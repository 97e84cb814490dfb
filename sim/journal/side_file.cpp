#include "sim/journal/side_file.hpp"

#include <array>
#include <fstream>
#include <unistd.h>

#include <nlohmann/json.hpp>

namespace forkyard::sim {

Result<void> write_side_file(const std::string& journal_path, const SideFacts& facts) {
    std::array<char, 256> host{};
    (void)gethostname(host.data(), host.size() - 1);
    const nlohmann::ordered_json json{{"version", facts.version},
                                      {"compiler", __VERSION__},
                                      {"host", host.data()},
                                      {"driver_pid", getpid()},
                                      {"executors", facts.executors},
                                      {"executor_pids", facts.executor_pids},
                                      {"started_unix_ms", facts.started_unix_ms},
                                      {"took_us", facts.took_us},
                                      {"events", facts.events}};
    const std::string path = journal_path + ".meta.json";
    std::ofstream out{path, std::ios::binary | std::ios::trunc};
    // A host name may be any bytes.
    out << json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
    if (out.flush()) {
        return {};
    }
    return fail({"the side file of the journal cannot be written",
                 path,
                 "check the folder's permissions and free space",
                 Exit::cannot_write});
}

}  // namespace forkyard::sim
