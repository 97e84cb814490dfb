#include "sim/replay/journal_story.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "core/check.hpp"
#include "core/journal/codec.hpp"
#include "core/report/readable.hpp"
#include "sim/scenario/scenario_file.hpp"

namespace forkyard::sim {

namespace {

// What tells a record apart at a glance.
constexpr std::array<std::string_view, 15> telling_keys{"app",
                                                        "job",
                                                        "name",
                                                        "stage",
                                                        "task",
                                                        "exec",
                                                        "node",
                                                        "loc",
                                                        "status",
                                                        "why",
                                                        "on",
                                                        "what",
                                                        "label",
                                                        "pick",
                                                        "reason"};

template <class Number>
std::optional<Number> number_in(std::string_view text) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size() ? std::optional{value}
                                                                    : std::nullopt;
}

bool same(const Record& a, const Record& b, std::string_view key) {
    const std::string* in_a = a.find(key);
    const std::string* in_b = b.find(key);
    return in_a != nullptr && in_b != nullptr && *in_a == *in_b && *in_a != "-";
}

bool says(const Record& record, std::string_view key, std::string_view value) {
    const std::string* text = record.find(key);
    return text != nullptr && *text == value;
}

// s1.0 of s1.0/p0#0.
std::string_view stage_of(std::string_view task) {
    return task.substr(0, task.find('/'));
}
std::string_view without_attempt(std::string_view task) {
    return task.substr(0, task.find('#'));
}

std::string number_text(RecordId id) {
    return id.sub == 0 ? fmt::format("{}", id.seq) : fmt::format("{}.{}", id.seq, id.sub);
}

}  // namespace

Result<JournalStory> JournalStory::of(const JournalFile& journal) {
    JournalStory story;
    const LoadResult loaded = scenario_from_lines(journal.configuration, journal.path);
    if (loaded.loaded) {
        story.names_ = Names{loaded.loaded->scenario};
    }
    SimTime time{};
    for (const JournalFile::Line& line : journal.lines) {
        const char letter = line.text.front();
        if (letter == 'S' || letter == 'K') {
            continue;
        }
        Result<Record> record = parse_line(line.text);
        if (!record) {
            Error error = record.error();
            error.where = fmt::format("{}:{}", journal.path, line.number);
            return fail(std::move(error));
        }
        if (record->sub == 0) {
            time = record->time;
        }
        story.lines_.emplace(RecordId{record->seq, record->sub}, Line{line.text, time});
    }
    return story;
}

Record JournalStory::record(RecordId id) const {
    const Line& line = lines_.at(id);
    Result<Record> record = parse_line(line.text);
    FORKYARD_CHECK(record.has_value(), "every line was parsed when the story was made");
    record->time = line.time;
    return std::move(*record);
}

Result<RecordId> JournalStory::find(std::string_view record) const {
    const auto missing = [&] {
        return fail({fmt::format("the journal has no record {}", record),
                     {},
                     fmt::format("give an event (1 to {}), a decision (7.3), or a task attempt "
                                 "(s0.0/p1#0)",
                                 lines_.empty() ? 0 : lines_.rbegin()->first.seq),
                     Exit::usage});
    };
    if (record.find('/') != std::string_view::npos) {
        const std::size_t colon = record.rfind(':');
        const std::string_view app =
            colon == std::string_view::npos ? std::string_view{} : record.substr(0, colon);
        const std::string_view task =
            colon == std::string_view::npos ? record : record.substr(colon + 1);
        const auto found = std::find_if(lines_.begin(), lines_.end(), [&](const auto& entry) {
            if (entry.second.text.find(task) == std::string_view::npos) {
                return false;
            }
            const Record launch = this->record(entry.first);
            return launch.kind == "task.launch" && says(launch, "task", task) &&
                   (app.empty() || says(launch, "app", app));
        });
        return found == lines_.end() ? missing() : Result<RecordId>{found->first};
    }
    const std::size_t dot = record.find('.');
    const auto seq = number_in<std::uint64_t>(record.substr(0, dot));
    const auto sub = dot == std::string_view::npos
                         ? std::optional<std::uint32_t>{0}
                         : number_in<std::uint32_t>(record.substr(dot + 1));
    if (!seq || !sub || !lines_.contains({*seq, *sub})) {
        return missing();
    }
    return RecordId{*seq, *sub};
}

std::string JournalStory::line(RecordId id) const {
    const Link shown = link(id);
    return fmt::format(
        "{} at {}: {}", shown.number, readable(shown.time.time_since_epoch()), shown.text);
}

JournalStory::Link JournalStory::link(RecordId id) const {
    const Record of = record(id);
    std::string text = of.kind;
    for (const std::string_view key : telling_keys) {
        const std::string* value = of.find(key);
        if (value != nullptr && !value->empty() && *value != "-") {
            text += fmt::format(" {}={}", key, *value);
        }
    }
    return {number_text(id), of.time, std::move(text)};
}

std::vector<JournalStory::Link> JournalStory::causes(RecordId id) const {
    std::vector<Link> chain;
    if (id.sub != 0) {
        id.sub = 0;
        chain.push_back(link(id));
    }
    while (true) {
        const Record event = record(id);
        const std::string* text = event.find("cause");
        const auto cause = text == nullptr ? std::nullopt : number_in<std::uint64_t>(*text);
        if (!cause || *cause == 0 || *cause >= id.seq || !lines_.contains({*cause, 0})) {
            return chain;
        }
        if (const auto decision = decision_behind(event, *cause)) {
            chain.push_back(link(*decision));
        }
        id = {*cause, 0};
        chain.push_back(link(id));
    }
}

// Of the decisions of event `seq`, the one that is about the same thing.
std::optional<RecordId> JournalStory::decision_behind(const Record& event,
                                                      std::uint64_t seq) const {
    for (const std::string_view key : {"task", "exec", "job", "stage"}) {
        for (auto at = lines_.upper_bound({seq, 0}); at != lines_.end() && at->first.seq == seq;
             ++at) {
            const Record decision = record(at->first);
            if (same(decision, event, key) && same(decision, event, "app")) {
                return at->first;
            }
        }
    }
    return std::nullopt;
}

Waited JournalStory::waited_for(RecordId id) const {
    const Record launch = record(id);
    const std::string task = launch.find("task") == nullptr ? "" : *launch.find("task");
    std::vector<Record> waits;
    Waited waited;
    waited.since = launch.time;
    bool begun = false;
    for (auto at = lines_.begin(); at != lines_.end() && at->first < id; ++at) {
        if (at->second.text.find(stage_of(task)) == std::string_view::npos) {
            continue;
        }
        const Record record = this->record(at->first);
        if (!same(record, launch, "app")) {
            continue;
        }
        const bool of_stage = says(record, "stage", stage_of(task));
        const std::string* other = record.find("task");
        const bool of_task = other != nullptr && without_attempt(*other) == without_attempt(task);
        if (of_stage && record.kind == "stage.wait") {
            waits.push_back(record);
        }
        if (of_stage && !begun && (record.kind == "stage.wait" || record.kind == "stage.submit")) {
            begun = true;
            waited.since = record.time;
        } else if (of_task && record.kind == "task.finished" &&
                   !says(record, "status", "success")) {
            waited.since = record.time;
        } else if (of_task && record.kind == "task.speculate" && says(launch, "spec", "1")) {
            waited.since = record.time;
        }
    }
    for (std::size_t i = 0; i < waits.size(); ++i) {
        const SimTime from = std::max(waits[i].time, waited.since);
        const SimTime until = i + 1 < waits.size() ? waits[i + 1].time : launch.time;
        if (until > from) {
            waited.parts.push_back({until - from, waits[i]});
        }
    }
    return waited;
}

}  // namespace forkyard::sim
