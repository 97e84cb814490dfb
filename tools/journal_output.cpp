#include "tools/journal_output.hpp"

#include <utility>

#include "sim/journal/side_file.hpp"
#include "tools/options.hpp"

#ifndef FORKYARD_VERSION
#define FORKYARD_VERSION "0.1.0"
#endif

namespace forkyard::tools {

namespace {

std::string_view verdict_text(sim::Verdict verdict) {
    switch (verdict) {
        case sim::Verdict::ended:
            return "ended";
        case sim::Verdict::stuck:
            return "stuck";
        case sim::Verdict::timed_out:
            return "timed-out";
        case sim::Verdict::interrupted:
            return "interrupted";
    }
    return "ended";
}

}  // namespace

Result<JournalOutput> JournalOutput::open(const std::string& path,
                                          const std::string& scenario_path,
                                          bool several,
                                          const sim::LoadedScenario& loaded) {
    JournalOutput journal;
    journal.started_ = std::chrono::system_clock::now();
    journal.clock_ = std::chrono::steady_clock::now();
    if (path.empty()) {
        return journal;
    }
    journal.path_ = output_path(path, scenario_path, several && path != "-", ".fyj");
    Result<std::unique_ptr<sim::ByteOutput>> output = sim::open_output(journal.path_);
    if (!output) {
        return fail(output.error());
    }
    journal.writer_ = std::make_unique<sim::JournalWriter>(std::move(*output));
    journal.writer_->begin(loaded.scenario, loaded.lines, FORKYARD_VERSION);
    return journal;
}

Result<void> JournalOutput::finish(sim::Verdict verdict,
                                   const RunReport& report,
                                   std::uint64_t events,
                                   std::string_view executors,
                                   const std::vector<std::int64_t>& pids) {
    if (writer_ == nullptr) {
        return {};
    }
    Result<void> written = writer_->finish(verdict_text(verdict), static_cast<int>(report.exit));
    if (!written || path_ == "-") {
        return written;
    }
    using std::chrono::duration_cast;
    using std::chrono::microseconds;
    using std::chrono::milliseconds;
    return sim::write_side_file(
        path_,
        {.version = FORKYARD_VERSION,
         .executors = executors,
         .started_unix_ms = duration_cast<milliseconds>(started_.time_since_epoch()).count(),
         .took_us = duration_cast<microseconds>(std::chrono::steady_clock::now() - clock_).count(),
         .events = events,
         .executor_pids = pids});
}

Result<void> JournalOutput::abandon(Exit exit) {
    return writer_ == nullptr ? Result<void>{} : writer_->finish("error", static_cast<int>(exit));
}

}  // namespace forkyard::tools
