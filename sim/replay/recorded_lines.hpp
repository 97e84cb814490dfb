// The lines of a journal that belong to one event, and their comparison with records
// made anew. What is compared is the text: it is what a user sees and what the digest
// covers. Knows nothing of schedulers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/journal/codec.hpp"
#include "sim/journal/journal_reader.hpp"
#include "sim/replay/replay.hpp"

namespace forkyard::sim {

using Lines = std::vector<JournalFile::Line>;

// The records of one event or fault, as they stand in the journal.
struct RecordedEvent {
    JournalFile::Line event;
    Lines decisions;   // A and D
    Lines violations;  // V
    Lines states;      // S
    Lines commits;     // K

    void begin(const JournalFile::Line& line);
    void add(const JournalFile::Line& line);
};

class LineComparison {
public:
    explicit LineComparison(const Names& names) : names_{names} {}

    // Keys that this version does not know are passed over, and kept for a warning.
    [[nodiscard]] bool same(std::string_view recorded, std::string_view now);
    [[nodiscard]] bool same(std::string_view recorded, EventHead head, const Event& event);

    // `made` are records of event `seq`, numbered from `sub`.
    template <class T>
    [[nodiscard]] bool same(const Lines& recorded,
                            const std::vector<T>& made,
                            std::uint64_t seq,
                            std::uint32_t sub) {
        bool agree = recorded.size() == made.size();
        for (std::size_t i = 0; agree && i < made.size(); ++i) {
            agree = same(recorded[i].text, text_of(made[i], at(seq, sub, i)));
        }
        return agree;
    }
    template <class T>
    [[nodiscard]] std::vector<Divergence::Pair> pairs(const Lines& recorded,
                                                      const std::vector<T>& made,
                                                      std::uint64_t seq,
                                                      std::uint32_t sub) {
        std::vector<Divergence::Pair> all;
        for (std::size_t i = 0; i < recorded.size() || i < made.size(); ++i) {
            Divergence::Pair& pair = all.emplace_back();
            if (i < recorded.size()) {
                pair.recorded = recorded[i].text;
            }
            if (i < made.size()) {
                pair.now = text_of(made[i], at(seq, sub, i));
                pair.agrees = same(pair.recorded, pair.now);
            }
        }
        return all;
    }

    // `key` of kind, each once.
    [[nodiscard]] const std::set<std::string>& unknown_keys() const { return unknown_keys_; }

private:
    static ActionHead at(std::uint64_t seq, std::uint32_t sub, std::size_t i) {
        return {seq, sub + static_cast<std::uint32_t>(i)};
    }
    template <class Head, class T>
    std::string_view text_of(const T& made, Head head) {
        line_.clear();
        write_record(line_, names_, head, made);
        line_.pop_back();
        return line_;
    }

    const Names& names_;
    std::set<std::string> unknown_keys_;
    std::string line_;
};

}  // namespace forkyard::sim
