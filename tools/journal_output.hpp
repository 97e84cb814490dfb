// The journal of a run, if one was asked for, with its side file.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/report/run_report.hpp"
#include "core/result.hpp"
#include "sim/journal/journal_writer.hpp"
#include "sim/run/event_loop.hpp"
#include "sim/scenario/scenario_file.hpp"

namespace forkyard::tools {

class JournalOutput {
public:
    // `path` empty: none. With several scenarios it is a folder, made if missing, and the
    // journal is called after its scenario file.
    [[nodiscard]] static Result<JournalOutput> open(const std::string& path,
                                                    const std::string& scenario_path,
                                                    bool several,
                                                    const sim::LoadedScenario& loaded);

    [[nodiscard]] sim::RecordSink* sink() const { return writer_.get(); }  // null: none
    [[nodiscard]] const std::string& path() const { return path_; }

    [[nodiscard]] Result<void> finish(sim::Verdict verdict,
                                      const RunReport& report,
                                      std::uint64_t events,
                                      std::string_view executors,
                                      const std::vector<std::int64_t>& pids);
    // Of a run that ended with an error of the world.
    [[nodiscard]] Result<void> abandon(Exit exit);

private:
    std::unique_ptr<sim::JournalWriter> writer_;
    std::string path_;
    std::chrono::system_clock::time_point started_;
    std::chrono::steady_clock::time_point clock_;
};

}  // namespace forkyard::tools
