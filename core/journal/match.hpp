// Whether a journal record fits a pattern of the scenario.
//
// Keys of the record are compared whole; `*` in a text is any text, a list one of, and
// {min, max} a range. A pattern may also name what the record's names imply: stage
// (name, s1 or s1.0), job (name or j0), partition, attempt, node, app and time. What
// they imply, MatchContext learns from the records themselves. A violation has the kind
// "invariant" and the key `invariant`.
//
// Texts are made for records of interest only: ask a KindFilter first.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/action.hpp"
#include "core/event.hpp"
#include "core/journal/names.hpp"
#include "core/journal/record.hpp"
#include "core/model/pattern.hpp"

namespace forkyard {

// Whether `text` fits a pattern in which `*` stands for any text.
[[nodiscard]] bool glob_matches(std::string_view pattern, std::string_view text);

// As a person would write it: `task.launch stage=map exec=e1|e2 time=1..5`.
[[nodiscard]] std::string to_text(const Pattern& pattern);

// Whether a record of this kind may match: looks at `kind` alone.
[[nodiscard]] bool could_match(const Pattern& pattern, std::string_view kind);

// could_match for several patterns at once, without looking at any text: for the loop.
class KindFilter {
public:
    void add(const Pattern& pattern);

    [[nodiscard]] bool wants(const Event& event) const { return events_[event.index()]; }
    [[nodiscard]] bool wants(const Action& action) const { return actions_[action.index()]; }
    [[nodiscard]] bool wants(const FaultRecord& /*fault*/) const { return faults_; }
    [[nodiscard]] bool wants(const Violation& /*broken*/) const { return violations_; }

private:
    std::vector<bool> events_ = std::vector<bool>(std::variant_size_v<Event>);
    std::vector<bool> actions_ = std::vector<bool>(std::variant_size_v<Action>);
    bool faults_ = false;
    bool violations_ = false;
};

// A violation as keys and texts, like the to_record of codec.hpp.
[[nodiscard]] Record to_record(ActionHead head, SimTime time, const Violation& broken);

class MatchContext {
public:
    explicit MatchContext(Names names);

    // Told of every record in order, each before it is matched.
    void on(EventHead head, const Event& event);
    void on(ActionHead head, SimTime time, const Action& action);
    void on(EventHead /*head*/, const FaultRecord& /*fault*/) {}

    [[nodiscard]] bool matches(const Pattern& pattern, const Record& record) const;

    [[nodiscard]] const Names& names() const { return names_; }
    [[nodiscard]] NodeId node_of(ExecutorId exec) const;
    [[nodiscard]] AppId app_of(ExecutorId exec) const;
    // Empty when no attempt of the stage was submitted yet.
    [[nodiscard]] std::string_view stage_name(AppId app, StageId stage) const;
    // Whether `text` (name, s1 or s1.0) means this attempt.
    [[nodiscard]] bool means_stage(std::string_view text, AppId app, StageAttempt stage) const;

private:
    struct Stage {
        std::string name;
        std::vector<JobId> jobs;
    };
    struct App {
        std::vector<Stage> stages;      // by number
        std::vector<std::string> jobs;  // names, by number
        std::vector<StageId> stage_of;  // by shuffle: the stage that wrote it last
    };
    struct Executor {
        AppId app;
        NodeId node;
    };

    void learn(const JobSubmitted& event);
    void learn(AppId app, JobId job, const std::vector<StageId>& stages);
    void learn(ExecutorId exec, AppId app, NodeId node);
    void learn(AppId app, ShuffleId shuffle, StageId writer);
    [[nodiscard]] Stage& stage(AppId app, StageId id);
    [[nodiscard]] const Stage* find_stage(AppId app, StageId id) const;

    [[nodiscard]] bool key_matches(const KeyPattern& key, const Record& record) const;
    [[nodiscard]] bool stage_matches(const ValuePattern& value, const Record& record) const;
    [[nodiscard]] bool job_matches(const ValuePattern& value, const Record& record) const;
    [[nodiscard]] AppId app_of(const Record& record) const;
    [[nodiscard]] std::string implied(std::string_view key, const Record& record) const;
    // What the record says or implies of its stage: s1.0, s1 or nothing.
    [[nodiscard]] std::string stage_text(const Record& record) const;

    Names names_;
    std::vector<App> apps_;
    std::vector<Executor> executors_;  // by number
    // Of the event at hand: whose task ended, should it register an output.
    StageId ended_;
};

}  // namespace forkyard
