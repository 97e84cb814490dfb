// Records to lines and back, and the digest of a run.
//
//   E 12 1500000 task.finished app=etl task=s0.0/p3#0 ... cause=9
//   A 12.1 task.launch app=etl task=s0.0/p4#0 exec=e1 node=w-1 loc=ANY spec=0
//   D 12.2 offer.order label=etl/s1.0 n=720 pick=3
//   F 13 1500000 kill-executor applied fault=0 app=- exec=e1 node=w-1 task=- cause=12
//   V 14.2 I12 text="..."
//
// Known nothing of here: files, checksums, commit lines (sim/journal).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/action.hpp"
#include "core/digest.hpp"
#include "core/event.hpp"
#include "core/journal/names.hpp"
#include "core/journal/record.hpp"
#include "core/result.hpp"

namespace forkyard {

// Each appends one line with its newline.
void write_record(std::string& out, const Names& names, EventHead head, const Event& event);
void write_record(std::string& out, const Names& names, ActionHead head, const Action& action);
void write_record(std::string& out, const Names& names, EventHead head, const FaultRecord& fault);
void write_record(std::string& out, const Names& names, ActionHead head, const Violation& broken);

// The same records as keys and texts.
[[nodiscard]] Record to_record(const Names& names, EventHead head, const Event& event);
[[nodiscard]] Record to_record(const Names& names,
                               ActionHead head,
                               SimTime time,
                               const Action& action);
[[nodiscard]] Record to_record(const Names& names, EventHead head, const FaultRecord& fault);

// A line of letter E, A, D, F, M or V. The error says what is wrong with it; where is
// the caller's.
[[nodiscard]] Result<Record> parse_line(std::string_view line);

// Back to typed. Fails for an unknown kind and for a value that does not fit its key.
[[nodiscard]] Result<Event> to_event(const Names& names, const Record& record);
[[nodiscard]] Result<Action> to_action(const Names& names, const Record& record);
[[nodiscard]] Result<FaultRecord> to_fault(const Names& names, const Record& record);

// The digest of a run: a chain over the values of its C, E, A, D, F and V records in
// their order. The same from a live run and from its journal.
class RecordDigest {
public:
    explicit RecordDigest(const Names& names);

    void add_line(std::string_view configuration);
    void add(EventHead head, const Event& event);
    void add(ActionHead head, const Action& action);
    void add(EventHead head, const FaultRecord& fault);
    void add(ActionHead head, const Violation& broken);

    [[nodiscard]] std::uint64_t value() const { return chain_; }

private:
    std::vector<std::uint64_t> apps_;  // digests of the names
    std::vector<std::uint64_t> nodes_;
    std::uint64_t chain_ = 0x666f726b79617264U;
};

}  // namespace forkyard
