#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "core/event_text.hpp"
#include "core/journal/match.hpp"
#include "sim/scenario/builders.hpp"
#include "sim/scenario/fault_table.hpp"
#include "sim/scenario/key_table.hpp"
#include "sim/scenario/nearest.hpp"
#include "sim/scenario/units.hpp"

namespace forkyard::sim {
namespace {

bool has_star(std::string_view text) {
    return text.find('*') != std::string_view::npos;
}

bool matches_any(std::string_view pattern, const std::vector<std::string>& names) {
    return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
        return glob_matches(pattern, name);
    });
}

bool is_task_id(std::string_view text) {
    const std::size_t slash = text.find("/p");
    const std::size_t hash = text.find('#');
    if (slash == std::string_view::npos || hash == std::string_view::npos || hash < slash) {
        return false;
    }
    const std::string_view stage = text.substr(0, slash);
    const auto partition = parse_whole(text.substr(slash + 2, hash - slash - 2));
    const auto attempt = parse_whole(text.substr(hash + 1));
    return is_stage_id(stage) && has_star(stage) == false &&
           stage.find('.') != std::string_view::npos && partition && attempt;
}

// Takes apart one table that matches records.
class PatternBuild {
public:
    PatternBuild(const TreeNode& table, const KnownNames& names, Diagnostics& problems)
        : table_{table}, names_{names}, problems_{problems} {}

    BuiltPattern run() {
        if (const TreeNode* kind = table_.find("kind")) {
            read_kinds(*kind);
        } else {
            for (const RecordKind& any : record_kinds()) {
                out_.kinds.push_back(&any);
            }
        }
        if (const TreeNode* app = table_.find("app");
            app != nullptr && contains(names_.app_names(), app->text)) {
            app_ = app->text;
        }
        for (const TreeMember& member : table_.members) {
            if (member.key != "kind") {
                read_key(member);
            }
        }
        if (table_.members.empty()) {
            problems_.error(table_.at, "an empty pattern matches every record", "give it a `kind`");
        }
        std::sort(out_.pattern.keys.begin(),
                  out_.pattern.keys.end(),
                  [](const KeyPattern& a, const KeyPattern& b) { return a.key < b.key; });
        return std::move(out_);
    }

private:
    void read_kinds(const TreeNode& value) {
        KeyPattern out{"kind", {}};
        for (const TreeNode* item : texts_of(value, "kind")) {
            read_kind(*item);
            out.value.any_of.push_back(item->text);
        }
        out_.pattern.keys.push_back(std::move(out));
    }

    void read_kind(const TreeNode& item) {
        bool found = false;
        std::vector<std::string> known;
        for (const RecordKind& kind : record_kinds()) {
            known.emplace_back(kind.name);
            if (glob_matches(item.text, kind.name)) {
                found = true;
                out_.kinds.push_back(&kind);
            }
        }
        const FaultRow* fault = find_fault(item.text);
        if (!found) {
            problems_.error(item.at,
                            fmt::format("unknown record kind `{}`", item.text),
                            did_you_mean(item.text, known));
        } else if (fault != nullptr && !fault->built) {
            problems_.error(item.at, fmt::format("`{}` is not simulated yet", item.text));
        }
    }

    // A value or a list of them.
    std::vector<const TreeNode*> texts_of(const TreeNode& value, const std::string& key) {
        std::vector<const TreeNode*> out;
        if (value.is_value()) {
            out.push_back(&value);
        } else if (value.is(TreeKind::array) && !value.items.empty()) {
            for (const TreeNode& item : value.items) {
                if (item.is_value()) {
                    out.push_back(&item);
                } else {
                    problems_.error(item.at,
                                    fmt::format("`{}` cannot be {}", key, kind_name(item.kind)));
                }
            }
        } else {
            problems_.error(
                value.at,
                fmt::format("`{}` must be a value, a list of values or {{ min, max }}", key));
        }
        return out;
    }

    void read_key(const TreeMember& member) {
        const std::vector<RecordKey> meanings = meanings_of(member.key);
        if (meanings.empty()) {
            if (!out_.kinds.empty()) {
                report_key(member);
            }
            return;
        }
        KeyPattern out{member.key, {}};
        if (member.value.is(TreeKind::table)) {
            read_bounds(member, meanings, out.value);
        } else {
            for (const TreeNode* item : texts_of(member.value, member.key)) {
                read_value(member.key, *item, meanings, out.value);
            }
        }
        out_.pattern.keys.push_back(std::move(out));
    }

    // The key as the kinds have it; those that agree once.
    [[nodiscard]] std::vector<RecordKey> meanings_of(std::string_view key) const {
        std::vector<RecordKey> out;
        for (const RecordKind* kind : out_.kinds) {
            for (const RecordKey& has : matchable_keys(*kind)) {
                const bool known = std::any_of(out.begin(), out.end(), [&](const RecordKey& other) {
                    return other.type == has.type && other.choices == has.choices;
                });
                if (has.name == key && !known) {
                    out.push_back(has);
                }
            }
        }
        return out;
    }

    void report_key(const TreeMember& member) {
        std::vector<std::string> known{"kind"};
        for (const RecordKind* kind : out_.kinds) {
            for (const RecordKey& key : matchable_keys(*kind)) {
                if (!contains(known, key.name)) {
                    known.emplace_back(key.name);
                }
            }
        }
        const std::string whose = out_.kinds.size() == 1
                                      ? fmt::format("`{}` records have", out_.kinds.front()->name)
                                      : "such records have";
        problems_.error(member.at,
                        fmt::format("{} no key `{}`", whose, member.key),
                        did_you_mean(member.key, known));
    }

    static bool is_measured(ValueType type) {
        return type == ValueType::number || type == ValueType::time || type == ValueType::bytes ||
               type == ValueType::flag;
    }

    // The number that a text stands for, in the key's own unit.
    static std::optional<std::int64_t> number_of(const TreeNode& value, ValueType type) {
        if (value.is(TreeKind::integer)) {
            return parse_whole(value.text);
        }
        if (value.is(TreeKind::text) && type == ValueType::time) {
            const auto duration = parse_duration(value.text);
            return duration ? std::optional{duration->count()} : std::nullopt;
        }
        if (value.is(TreeKind::text) && type == ValueType::bytes) {
            const auto size = parse_size(value.text);
            return size ? std::optional{size->count} : std::nullopt;
        }
        if (value.is(TreeKind::boolean) && type == ValueType::flag) {
            return value.text == "true" ? 1 : 0;
        }
        return std::nullopt;
    }

    void read_bounds(const TreeMember& member,
                     const std::vector<RecordKey>& meanings,
                     ValuePattern& out) {
        const auto measured =
            std::find_if(meanings.begin(), meanings.end(), [](const RecordKey& key) {
                return is_measured(key.type);
            });
        if (measured == meanings.end()) {
            problems_.error(member.value.at,
                            fmt::format("`{}` is not a number and has no range", member.key));
            return;
        }
        for (const TreeMember& bound : member.value.members) {
            const auto number = number_of(bound.value, measured->type);
            if (bound.key != "min" && bound.key != "max") {
                problems_.error(bound.at,
                                fmt::format("a range has `min` and `max`, not `{}`", bound.key));
            } else if (!number) {
                report_value(member.key, bound.value, meanings);
            } else {
                (bound.key == "min" ? out.min : out.max) = number;
            }
        }
        if (out.min && out.max && *out.min > *out.max) {
            problems_.error(member.value.at, fmt::format("the range of `{}` is empty", member.key));
        }
        if (member.value.members.empty()) {
            problems_.error(member.value.at,
                            fmt::format("the range of `{}` has no ends", member.key));
        }
    }

    void read_value(const std::string& key,
                    const TreeNode& value,
                    const std::vector<RecordKey>& meanings,
                    ValuePattern& out) {
        std::string text = value.text;
        bool possible = false;
        for (const RecordKey& meaning : meanings) {
            if (is_measured(meaning.type)) {
                if (const auto number = number_of(value, meaning.type)) {
                    text = std::to_string(*number);
                    possible = true;
                }
            }
            possible = possible || is_possible(value.text, meaning);
        }
        if (!possible) {
            report_value(key, value, meanings);
        }
        out.any_of.push_back(std::move(text));
    }

    // Whether the key can have this text; `-` is none, which only open keys can be.
    [[nodiscard]] bool is_possible(const std::string& text, const RecordKey& key) const {
        if (key.type == ValueType::choice) {
            const std::vector<KeyChoice> choices = choices_of(key.choices);
            return std::any_of(choices.begin(), choices.end(), [&](const KeyChoice& choice) {
                return glob_matches(text, choice.name);
            });
        }
        if (key.type == ValueType::flag) {
            return text == "0" || text == "1" || text == "*";
        }
        if (text == "-" || text == "*") {
            return true;
        }
        switch (key.type) {
            case ValueType::number:
                return parse_whole(text).has_value();
            case ValueType::app:
                return matches_any(text, names_.app_names());
            case ValueType::node:
                return matches_any(text, names_.nodes);
            case ValueType::stage:
                return names_.grow(app_) || is_stage_id(text) ||
                       matches_any(text, names_.recorded_stages(app_)) ||
                       (text.starts_with('s') && has_star(text));
            case ValueType::job:
                return names_.grow(app_) || is_job_id(text) ||
                       matches_any(text, names_.recorded_jobs(app_)) ||
                       (text.starts_with('j') && has_star(text));
            case ValueType::task:
                return is_task_id(text) || has_star(text);
            case ValueType::exec:
                return executor_named(text, names_.in_driver) ||
                       text == to_text(fallback_storage) || has_star(text);
            case ValueType::shuffle:
                return (text.starts_with('h') && parse_whole(text.substr(1))) || has_star(text);
            default:
                return key.type == ValueType::text || key.type == ValueType::list;
        }
    }

    void report_value(const std::string& key,
                      const TreeNode& value,
                      const std::vector<RecordKey>& meanings) {
        std::vector<std::string> known;
        for (const RecordKey& meaning : meanings) {
            for (std::string& name : possible_values(meaning)) {
                known.push_back(std::move(name));
            }
        }
        std::string mend = did_you_mean(value.text, known);
        if (mend.empty()) {
            mend = how_to_write(meanings.front().type);
        }
        problems_.error(
            value.at, fmt::format("`{}` can never be `{}`", key, value.text), std::move(mend));
    }

    [[nodiscard]] std::vector<std::string> possible_values(const RecordKey& key) const {
        switch (key.type) {
            case ValueType::app:
                return names_.app_names();
            case ValueType::node:
                return names_.nodes;
            case ValueType::stage:
                return names_.recorded_stages(app_);
            case ValueType::job:
                return names_.recorded_jobs(app_);
            case ValueType::flag:
                return {"0", "1"};
            case ValueType::choice: {
                std::vector<std::string> out;
                for (const KeyChoice& choice : choices_of(key.choices)) {
                    out.push_back(choice.name);
                }
                return out;
            }
            default:
                return {};
        }
    }

    [[nodiscard]] std::string how_to_write(ValueType type) const {
        switch (type) {
            case ValueType::time:
                return std::string{duration_hint};
            case ValueType::bytes:
                return std::string{size_hint};
            case ValueType::number:
                return "it is a whole number";
            case ValueType::exec:
                return names_.in_driver ? "the executor is `driver`" : "executors are e1, e2, ...";
            case ValueType::task:
                return "tasks are written as s1.0/p3#0";
            case ValueType::shuffle:
                return "shuffles are h0, h1, ...";
            case ValueType::stage:
                return "a stage's name, s1 or s1.0";
            case ValueType::job:
                return "a job's name or j0";
            default:
                return "";
        }
    }

    const TreeNode& table_;
    const KnownNames& names_;
    Diagnostics& problems_;
    std::string app_;
    BuiltPattern out_;
};

}  // namespace

BuiltPattern build_pattern(const TreeNode& table, const KnownNames& names, Diagnostics& problems) {
    return PatternBuild{table, names, problems}.run();
}

}  // namespace forkyard::sim
