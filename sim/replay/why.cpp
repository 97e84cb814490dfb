#include "sim/replay/why.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/event_text.hpp"
#include "core/journal/codec.hpp"
#include "core/report/readable.hpp"
#include "core/report/text_grid.hpp"
#include "sim/replay/journal_story.hpp"
#include "sim/replay/replay.hpp"

namespace forkyard::sim {

namespace {

constexpr std::size_t chain_max = 24;
constexpr std::size_t candidates_max = 16;  // beside the chosen one

// Replays, and is told of the one launch that it asks about.
class Question final : public ReplayObserver, public LaunchWitness {
public:
    Question(std::uint64_t seq, std::uint32_t sub) : seq_{seq}, sub_{sub} {}

    void on(EventHead /*head*/, const Event& /*event*/) override {}
    void on(ActionHead /*head*/, SimTime /*time*/, const Action& /*action*/) override {}
    void on(EventHead /*head*/, const FaultRecord& /*fault*/) override {}
    void on(ActionHead /*head*/, SimTime /*time*/, const Violation& /*broken*/) override {}
    LaunchWitness* witness(EventHead head) override { return head.seq == seq_ ? this : nullptr; }

    [[nodiscard]] bool wants(std::size_t action) const override { return action + 1 == sub_; }
    void tell(LaunchStory story) override { story_ = std::move(story); }
    [[nodiscard]] const std::optional<LaunchStory>& story() const { return story_; }

private:
    std::uint64_t seq_;
    std::uint32_t sub_;
    std::optional<LaunchStory> story_{};
};

std::string_view sentence(LaunchReason why) {
    switch (why) {
        case LaunchReason::best_locality:
            return "no executor could be more local for it";
        case LaunchReason::only_free:
            return "it had waited long enough for its places, and this had room";
        case LaunchReason::speculative_copy:
            return "an attempt of it has become slow: a copy runs beside it";
        case LaunchReason::retry_elsewhere:
            return "an earlier attempt ended elsewhere: it is tried again here";
    }
    return "";
}

std::string_view sentence(WaitReason why) {
    switch (why) {
        case WaitReason::parent_stage:
            return "its input is still being made";
        case WaitReason::no_executor:
            return "no executor has registered, and none is on its way";
        case WaitReason::executor_starting:
            return "executors are on their way, but have not registered";
        case WaitReason::slots_full:
            return "all slots are in use";
        case WaitReason::locality_wait:
            return "there are free slots, but less local than it accepts yet";
        case WaitReason::resource_profile:
            return "no executor is of its resource profile";
        case WaitReason::excluded:
            return "there are free slots, but only where it may not run";
        case WaitReason::pool_share:
            return "the slots are in use, and shared with others";
        case WaitReason::behind_in_fifo:
            return "the slots are in use, and another stage is served first";
        case WaitReason::barrier_short:
            return "there are fewer free slots than tasks that must start together";
        case WaitReason::max_failures_backoff:
            return "it failed, and is tried again a little later";
        case WaitReason::driver_busy:
            return "the driver is busy";
        case WaitReason::decommissioning:
            return "all executors left are on their way out";
    }
    return "";
}

std::string_view text_of(Verdict verdict) {
    switch (verdict) {
        case Verdict::chosen:
            return "chosen";
        case Verdict::offered_later:
            return "offered later in this round";
        case Verdict::left_unused:
            return "offered before, left unused";
        case Verdict::no_room:
            return "no room";
        case Verdict::excluded:
            return "may not run there: excluded, or a copy is there";
        case Verdict::leaving:
            return "on its way out";
        case Verdict::not_offered:
            return "has room, but only the chosen one was offered";
    }
    return "";
}

template <class Enum>
std::optional<Enum> field(const Record& record, std::string_view key) {
    const std::string* text = record.find(key);
    Enum value{};
    return text != nullptr && from_text(*text, value) ? std::optional{value} : std::nullopt;
}

std::string at(SimTime time) {
    return readable(time.time_since_epoch());
}

void append_waits(std::string& out, const JournalStory& story, const RecordId& launch) {
    const Waited waited = story.waited_for(launch);
    const SimDuration in_all = story.record(launch).time - waited.since;
    if (in_all == SimDuration{0}) {
        out += fmt::format("\nDid not wait: it became ready at {}\n", at(waited.since));
        return;
    }
    out += fmt::format("\nWaited {}, from {} on\n", readable(in_all), at(waited.since));
    TextGrid grid{"rll"};
    for (const Waited::Part& part : waited.parts) {
        const std::string* on = part.record.find("on");
        const auto why = field<WaitReason>(part.record, "why");
        grid.add({readable(part.time),
                  fmt::format("{}{}{}",
                              why ? to_text(*why) : "?",
                              on == nullptr || on->empty() || *on == "-" ? "" : " on ",
                              on == nullptr || *on == "-" ? "" : *on),
                  std::string{why ? sentence(*why) : ""}});
    }
    out += grid.text();
}

void append_candidates(std::string& out,
                       const LaunchStory& story,
                       const Names& names,
                       SimTime time) {
    out += fmt::format("\nCandidates at {}, when {} of its stage waited, up to {}\n",
                       at(time),
                       counted(story.waiting, "task"),
                       to_text(story.allowed));
    TextGrid grid{"llrll"};
    std::size_t shown = 0;
    std::map<Verdict, std::size_t> others;
    for (const Candidate& candidate : story.candidates) {
        if (candidate.verdict != Verdict::chosen && ++shown > candidates_max) {
            ++others[candidate.verdict];
            continue;
        }
        grid.add({fmt::format("{}", to_text(candidate.exec)),
                  names.nodes[candidate.node.index()],
                  fmt::format("{} of {} free", candidate.free, candidate.slots),
                  std::string{to_text(candidate.loc)},
                  std::string{text_of(candidate.verdict)}});
    }
    out += grid.text();
    for (const auto& [verdict, count] : others) {
        out += fmt::format("  {} more: {}\n", count, text_of(verdict));
    }
}

void append_chain(std::string& out, const JournalStory& story, const RecordId& id) {
    out += "\nWhat led to it\n";
    TextGrid grid{"lll"};
    const std::vector<JournalStory::Link> chain = story.causes(id);
    for (std::size_t i = 0; i < chain.size(); ++i) {
        if (chain.size() > chain_max && i == chain_max / 2) {
            grid.add({"...", "", fmt::format("{} more", chain.size() - chain_max)});
            i = chain.size() - chain_max / 2;
        }
        grid.add({chain[i].number, at(chain[i].time), chain[i].text});
    }
    grid.add({"", "", "the scenario"});
    out += grid.text();
}

}  // namespace

Result<std::string> explain_record(const JournalFile& journal,
                                   std::string_view record,
                                   const std::string& policy_folder) {
    const Result<JournalStory> story = JournalStory::of(journal);
    if (!story) {
        return fail(story.error());
    }
    const Result<RecordId> id = story->find(record);
    if (!id) {
        return fail(id.error());
    }
    const Record asked = story->record(*id);
    std::string out = fmt::format("{}\n", story->line(*id));
    std::vector<std::string> warnings;
    const auto launch_why = field<LaunchReason>(asked, "why");
    if (asked.kind == "task.launch" && launch_why) {
        Question question{id->seq, id->sub};
        Result<ReplayReport> replayed = replay(journal, &question, policy_folder);
        if (!replayed) {
            return fail(replayed.error());
        }
        warnings = std::move(replayed->warnings);
        out += fmt::format("  {}: {}\n", to_text(*launch_why), sentence(*launch_why));
        append_waits(out, *story, *id);
        if (question.story()) {
            append_candidates(out, *question.story(), story->names(), asked.time);
        } else {
            out += "\nToday's schedulers decide otherwise: the candidates are not known\n";
        }
    } else if (const auto wait_why = field<WaitReason>(asked, "why")) {
        out += fmt::format("  {}: {}\n", to_text(*wait_why), sentence(*wait_why));
    }
    append_chain(out, *story, *id);
    for (const std::string& warning : warnings) {
        out += fmt::format("\n{}\n", warning);
    }
    return out;
}

}  // namespace forkyard::sim
