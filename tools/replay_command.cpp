// forkyard replay: do today's schedulers decide as recorded?
#include <cstdio>

#include <fmt/format.h>

#include "core/report/table.hpp"
#include "sim/replay/replay.hpp"
#include "tools/commands.hpp"

namespace forkyard::tools {

int replay_command(const std::string& path,
                   const std::string& policy_folder,
                   bool unsealed,
                   bool quiet) {
    Result<sim::JournalFile> journal = sim::read_journal(path, {.unsealed = unsealed});
    if (!journal) {
        return complain(journal.error());
    }
    Result<sim::ReplayReport> report = sim::replay(*journal, nullptr, policy_folder);
    if (!report) {
        return complain(report.error());
    }
    for (const std::string& warning : report->warnings) {
        fmt::print(stderr, "forkyard: {}\n", warning);
    }
    if (report->divergence) {
        fmt::print("{}", sim::to_text(*report));
        return static_cast<int>(Exit::divergence);
    }
    if (!quiet) {
        fmt::print("{}: {} records of {} events agree, digest {}, {}\n",
                   path,
                   report->records,
                   report->events,
                   digest_text(report->digest),
                   report->verdict ? fmt::format("verdict {}", *report->verdict)
                                   : std::string{"cut off before the end"});
        fmt::print("{}", loss_lines(report->report.summary));
    }
    return 0;
}

}  // namespace forkyard::tools
