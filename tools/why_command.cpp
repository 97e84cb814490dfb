// forkyard why: what led to a record of a journal.
#include <cstdio>

#include <fmt/format.h>

#include "sim/replay/why.hpp"
#include "tools/commands.hpp"

namespace forkyard::tools {

int why_command(const std::string& path,
                const std::string& record,
                const std::string& policy_folder) {
    const Result<sim::JournalFile> journal = sim::read_journal(path);
    if (!journal) {
        return complain(journal.error());
    }
    const Result<std::string> text = sim::explain_record(*journal, record, policy_folder);
    if (!text) {
        return complain(text.error());
    }
    fmt::print("{}", *text);
    return 0;
}

}  // namespace forkyard::tools
