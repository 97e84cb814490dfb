// A journal as a story: which record led to which, and what a task waited for. Reads
// lines and knows keys; asks no scheduler.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/journal/names.hpp"
#include "core/journal/record.hpp"
#include "core/result.hpp"
#include "core/sim_time.hpp"
#include "sim/journal/journal_reader.hpp"

namespace forkyard::sim {

struct RecordId {
    std::uint64_t seq = 0;
    std::uint32_t sub = 0;  // 0: the event itself
    auto operator<=>(const RecordId&) const = default;
};

struct Waited {
    SimTime since{};  // the task could have been launched, but for what follows
    struct Part {
        SimDuration time{0};
        Record record{};  // stage.wait
    };
    std::vector<Part> parts{};
};

class JournalStory {
public:
    // Fails with 65 where a line is not a record. `journal` must outlive it.
    [[nodiscard]] static Result<JournalStory> of(const JournalFile& journal);

    // As in "15", "15.3", "s1.0/p0#0", "etl:s1.0/p0#0".
    [[nodiscard]] Result<RecordId> find(std::string_view record) const;
    [[nodiscard]] Record record(RecordId id) const;
    [[nodiscard]] std::string line(RecordId id) const;
    [[nodiscard]] const Names& names() const { return names_; }

    struct Link {
        std::string number;
        SimTime time{};
        std::string text;
    };
    // From the record's own event back to the first; events with the decision of theirs
    // that led on.
    [[nodiscard]] std::vector<Link> causes(RecordId id) const;

    // Of a task.launch.
    [[nodiscard]] Waited waited_for(RecordId launch) const;

private:
    [[nodiscard]] Link link(RecordId id) const;
    [[nodiscard]] std::optional<RecordId> decision_behind(const Record& event,
                                                          std::uint64_t seq) const;

    // The text and not what it means: a long journal has millions.
    struct Line {
        std::string_view text;
        SimTime time{};
    };
    std::map<RecordId, Line> lines_{};
    Names names_{};
};

}  // namespace forkyard::sim
