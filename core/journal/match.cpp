#include "core/journal/match.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <type_traits>
#include <utility>

#include <fmt/format.h>

#include "core/journal/field_text.hpp"

namespace forkyard {

namespace {

constexpr std::string_view none = "-";

bool value_matches(const ValuePattern& value, std::string_view text) {
    if (!value.is_range()) {
        return std::any_of(value.any_of.begin(), value.any_of.end(), [&](const std::string& one) {
            return glob_matches(one, text);
        });
    }
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size() &&
           (!value.min || number >= *value.min) && (!value.max || number <= *value.max);
}

std::string value_text(const ValuePattern& value) {
    if (!value.is_range()) {
        return fmt::format("{}", fmt::join(value.any_of, "|"));
    }
    return fmt::format("{}..{}",
                       value.min ? std::to_string(*value.min) : "",
                       value.max ? std::to_string(*value.max) : "");
}

// The value of a key that is there and is not none.
const std::string* known(const Record& record, std::string_view key) {
    const std::string* text = record.find(key);
    return text == nullptr || *text == none ? nullptr : text;
}

struct StageText {
    StageId stage;
    std::optional<std::uint32_t> attempt;
};

std::optional<StageText> read_stage(const Names& names, std::string_view text) {
    const ValueReader reader{names};
    StageAttempt attempt;
    if (reader.read(text, attempt)) {
        return StageText{attempt.stage, attempt.attempt};
    }
    StageId stage;
    if (reader.read(text, stage) && stage.valid()) {
        return StageText{stage, std::nullopt};
    }
    return std::nullopt;
}

template <class Variant, std::size_t... I>
void add_kinds(std::vector<bool>& wanted,
               const Pattern& pattern,
               std::index_sequence<I...> /*all*/) {
    const auto wants = [&]<class T>(std::type_identity<T> /*type*/) {
        // The kind of a choice is the point where it is made, which only its text tells.
        return std::is_same_v<T, Choice> || could_match(pattern, T::kind);
    };
    ((wanted[I] = wanted[I] || wants(std::type_identity<std::variant_alternative_t<I, Variant>>{})),
     ...);
}

}  // namespace

bool glob_matches(std::string_view pattern, std::string_view text) {
    std::size_t p = 0;
    std::size_t t = 0;
    std::size_t star = std::string_view::npos;  // the last one passed
    std::size_t resume = 0;                     // what it stands for ends here
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            resume = t;
        } else if (p < pattern.size() && pattern[p] == text[t]) {
            ++p;
            ++t;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            t = ++resume;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

std::string to_text(const Pattern& pattern) {
    std::string kind;
    std::string rest;
    for (const KeyPattern& key : pattern.keys) {
        if (key.key == "kind") {
            kind = value_text(key.value);
        } else {
            rest += fmt::format(" {}={}", key.key, value_text(key.value));
        }
    }
    return (kind.empty() ? "any record" : kind) + rest;
}

bool could_match(const Pattern& pattern, std::string_view kind) {
    return std::all_of(pattern.keys.begin(), pattern.keys.end(), [&](const KeyPattern& key) {
        return key.key != "kind" || value_matches(key.value, kind);
    });
}

void KindFilter::add(const Pattern& pattern) {
    add_kinds<Event>(events_, pattern, std::make_index_sequence<std::variant_size_v<Event>>{});
    add_kinds<Action>(actions_, pattern, std::make_index_sequence<std::variant_size_v<Action>>{});
    faults_ = true;  // rare, so not worth a table
    violations_ = true;
}

Record to_record(ActionHead head, SimTime time, const Violation& broken) {
    Record record{.letter = 'V',
                  .seq = head.seq,
                  .sub = head.sub,
                  .time = time,
                  .kind = broken.invariant,
                  .fields = {}};
    record.fields.push_back({"text", broken.text.empty() ? std::string{none} : broken.text});
    return record;
}

// ---- learning

MatchContext::MatchContext(Names names) : names_{std::move(names)}, apps_(names_.apps.size()) {}

void MatchContext::on(EventHead /*head*/, const Event& event) {
    ended_ = StageId{};
    if (const auto* ended = std::get_if<TaskFinished>(&event)) {
        ended_ = ended->task.stage.stage;
    } else if (const auto* job = std::get_if<JobSubmitted>(&event)) {
        learn(*job);
    } else if (const auto* registered = std::get_if<ExecutorRegistered>(&event)) {
        learn(registered->exec, registered->app, registered->node);
    }
}

void MatchContext::on(ActionHead /*head*/, SimTime /*time*/, const Action& action) {
    if (const auto* output = std::get_if<RegisterMapOutput>(&action)) {
        learn(output->app, output->shuffle, ended_);
    } else if (const auto* numbered = std::get_if<NumberStages>(&action)) {
        learn(numbered->app, numbered->job, numbered->stages);
    } else if (const auto* submitted = std::get_if<SubmitStage>(&action)) {
        stage(submitted->app, submitted->stage.stage).name = submitted->name;
        learn(submitted->app, submitted->shuffle, submitted->stage.stage);
    } else if (const auto* launched = std::get_if<LaunchExecutor>(&action)) {
        learn(launched->exec, launched->app, launched->node);
    }
}

void MatchContext::learn(AppId app, JobId job, const std::vector<StageId>& stages) {
    for (const StageId id : stages) {
        stage(app, id).jobs.push_back(job);
    }
}

void MatchContext::learn(const JobSubmitted& event) {
    learn(event.app, event.job, event.stages);
    std::vector<std::string>& jobs = apps_[event.app.index()].jobs;
    if (jobs.size() <= event.job.index()) {
        jobs.resize(event.job.index() + 1);
    }
    jobs[event.job.index()] = event.name;
}

void MatchContext::learn(ExecutorId exec, AppId app, NodeId node) {
    if (executors_.size() <= exec.index()) {
        executors_.resize(exec.index() + 1);
    }
    executors_[exec.index()] = {app, node};
}

void MatchContext::learn(AppId app, ShuffleId shuffle, StageId writer) {
    if (!shuffle.valid() || !writer.valid()) {
        return;
    }
    std::vector<StageId>& stage_of = apps_[app.index()].stage_of;
    if (stage_of.size() <= shuffle.index()) {
        stage_of.resize(shuffle.index() + 1);
    }
    stage_of[shuffle.index()] = writer;
}

NodeId MatchContext::node_of(ExecutorId exec) const {
    return exec.index() < executors_.size() ? executors_[exec.index()].node : NodeId{};
}

AppId MatchContext::app_of(ExecutorId exec) const {
    return exec.index() < executors_.size() ? executors_[exec.index()].app : AppId{};
}

MatchContext::Stage& MatchContext::stage(AppId app, StageId id) {
    std::vector<Stage>& stages = apps_[app.index()].stages;
    if (stages.size() <= id.index()) {
        stages.resize(id.index() + 1);
    }
    return stages[id.index()];
}

const MatchContext::Stage* MatchContext::find_stage(AppId app, StageId id) const {
    if (!app.valid() || apps_[app.index()].stages.size() <= id.index()) {
        return nullptr;
    }
    return &apps_[app.index()].stages[id.index()];
}

std::string_view MatchContext::stage_name(AppId app, StageId id) const {
    const Stage* found = find_stage(app, id);
    return found == nullptr ? std::string_view{} : found->name;
}

bool MatchContext::means_stage(std::string_view text, AppId app, StageAttempt attempt) const {
    const std::string_view name = stage_name(app, attempt.stage);
    if (!name.empty() && glob_matches(text, name)) {
        return true;
    }
    const std::string number = fmt::format("s{}", attempt.stage.value);
    return glob_matches(text, number) ||
           glob_matches(text, fmt::format("{}.{}", number, attempt.attempt));
}

// ---- matching

bool MatchContext::matches(const Pattern& pattern, const Record& record) const {
    return std::all_of(pattern.keys.begin(), pattern.keys.end(), [&](const KeyPattern& key) {
        return key_matches(key, record);
    });
}

bool MatchContext::key_matches(const KeyPattern& key, const Record& record) const {
    const bool violation = record.letter == 'V';
    if (key.key == "kind") {
        return value_matches(key.value, violation ? std::string_view{"invariant"} : record.kind);
    }
    if (key.key == "invariant" && violation) {
        return value_matches(key.value, record.kind);
    }
    if (key.key == "stage") {
        return stage_matches(key.value, record);
    }
    if (key.key == "job") {
        return job_matches(key.value, record);
    }
    if (const std::string* text = known(record, key.key)) {
        return value_matches(key.value, *text);
    }
    const std::string text = implied(key.key, record);
    if (!text.empty()) {
        return value_matches(key.value, text);
    }
    return record.find(key.key) != nullptr && value_matches(key.value, none);
}

bool MatchContext::stage_matches(const ValuePattern& value, const Record& record) const {
    const std::string text = stage_text(record);
    const std::optional<StageText> stage = read_stage(names_, text);
    if (!stage) {
        return false;
    }
    const std::string_view name = stage_name(app_of(record), stage->stage);
    return value_matches(value, text) ||
           value_matches(value, fmt::format("s{}", stage->stage.value)) ||
           (!name.empty() && value_matches(value, name));
}

bool MatchContext::job_matches(const ValuePattern& value, const Record& record) const {
    const AppId app = app_of(record);
    if (!app.valid()) {
        return false;
    }
    const auto is_job = [&](JobId job) {
        const std::vector<std::string>& jobs = apps_[app.index()].jobs;
        return value_matches(value, fmt::format("j{}", job.value)) ||
               (job.index() < jobs.size() && value_matches(value, jobs[job.index()]));
    };
    if (const std::string* text = known(record, "job")) {
        JobId job;
        return ValueReader{names_}.read(*text, job) && is_job(job);
    }
    const std::optional<StageText> stage = read_stage(names_, stage_text(record));
    const Stage* found = stage ? find_stage(app, stage->stage) : nullptr;
    return found != nullptr && std::any_of(found->jobs.begin(), found->jobs.end(), is_job);
}

AppId MatchContext::app_of(const Record& record) const {
    if (const std::string* text = known(record, "app")) {
        return names_.app(*text);
    }
    ExecutorId exec;
    const std::string* text = known(record, "exec");
    return text != nullptr && ValueReader{names_}.read(*text, exec) ? app_of(exec) : AppId{};
}

std::string MatchContext::implied(std::string_view key, const Record& record) const {
    if (key == "time") {
        return std::to_string(micros(record.time));
    }
    if (key == "partition" || key == "attempt") {
        const std::string* text = known(record, "task");
        TaskAttempt task;
        if (text == nullptr || !ValueReader{names_}.read(*text, task)) {
            return {};
        }
        return std::to_string(key == "partition" ? task.partition : task.attempt);
    }
    if (key == "app") {
        const AppId app = app_of(record);
        return app.valid() ? names_.apps[app.index()] : std::string{};
    }
    if (key == "node") {
        const std::string* text = known(record, "exec");
        ExecutorId exec;
        if (text == nullptr || !ValueReader{names_}.read(*text, exec)) {
            return {};
        }
        const NodeId node = node_of(exec);
        return node.valid() ? names_.nodes[node.index()] : std::string{};
    }
    return {};
}

std::string MatchContext::stage_text(const Record& record) const {
    if (const std::string* stage = known(record, "stage")) {
        return *stage;
    }
    if (const std::string* task = known(record, "task")) {
        return task->substr(0, task->find('/'));
    }
    const std::string* text = known(record, "shuffle");
    const AppId app = app_of(record);
    ShuffleId shuffle;
    if (text == nullptr || !app.valid() || !ValueReader{names_}.read(*text, shuffle)) {
        return {};
    }
    const std::vector<StageId>& stage_of = apps_[app.index()].stage_of;
    if (stage_of.size() <= shuffle.index() || !stage_of[shuffle.index()].valid()) {
        return {};
    }
    return fmt::format("s{}", stage_of[shuffle.index()].value);
}

}  // namespace forkyard
