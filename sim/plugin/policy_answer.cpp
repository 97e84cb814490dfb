#include "sim/plugin/policy_answer.hpp"

#include <algorithm>
#include <initializer_list>
#include <limits>
#include <type_traits>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/event_text.hpp"
#include "core/journal/field_text.hpp"
#include "sim/scenario/nearest.hpp"

namespace forkyard::sim {

namespace {

using nlohmann::json;

constexpr std::size_t answer_shown_max = 120;
constexpr int depth_max = 100;
constexpr std::int64_t time_max = std::int64_t{1} << 60U;

std::string shown_answer(std::string text) {
    const bool whole = text.size() <= answer_shown_max;
    text = recordable(text.substr(0, answer_shown_max));
    return fmt::format("`{}{}`", text, whole ? "" : "...");
}

bool read_whole(const json& value, std::int64_t least, std::int64_t most, std::int64_t& out) {
    if (value.is_number_unsigned() &&
        value.get<std::uint64_t>() > static_cast<std::uint64_t>(most)) {
        return false;
    }
    if (!value.is_number_integer()) {
        return false;
    }
    out = value.get<std::int64_t>();
    return out >= least && out <= most;
}

// The journal writes an empty text as a dash, and reads it back as empty.
void read_text(const json& value, std::string& out) {
    out = value.get<std::string>();
    out = out == "-" ? "" : out;
}

// What the host fills in, and what may be left out.
template <class Made>
bool is_hosts(const Made& /*action*/, std::string_view key) {
    return key == "by" || key == "attempt";
}
bool may_lack(const LaunchExecutor& /*action*/, std::string_view key) {
    return key == "exec";
}
bool may_lack(const DecommissionExecutor& /*action*/, std::string_view key) {
    return key != "app" && key != "exec";
}
bool may_lack(const Explain& /*action*/, std::string_view key) {
    return key == "app" || key == "node";
}
bool may_lack(const InjectFault& /*action*/, std::string_view key) {
    return key != "fault";
}
bool may_lack(const TimerFired& /*action*/, std::string_view key) {
    return key == "app" || key == "node";
}
template <class Made>
bool may_lack(const Made& /*action*/, std::string_view /*key*/) {
    return false;
}

// Reads an action by its `fields`; the first problem counts.
template <class Made>
class FieldsReader {
public:
    FieldsReader(const json& object, const Names& names, const Made& made)
        : object_{object}, names_{names}, made_{made} {}

    template <class T>
    void operator()(std::string_view key, T& value) {
        if (is_hosts(made_, key)) {
            return;
        }
        keys_.emplace_back(key);
        const auto found = object_.find(key);
        if (found == object_.end()) {
            if (!may_lack(made_, key)) {
                note(fmt::format("lacks the key `{}`", key));
            }
        } else if (!(found->is_null() && may_lack(made_, key))) {
            const std::string wanted = read(*found, value);
            if (!wanted.empty()) {
                note(fmt::format("has for `{}` {}, which is no {}",
                                 key,
                                 shown_answer(found->dump(-1, ' ', true)),
                                 wanted));
            }
        }
    }

    // With the keys that are no fields.
    [[nodiscard]] std::string problem(std::initializer_list<std::string_view> others) {
        for (const std::string_view key : others) {
            keys_.emplace_back(key);
        }
        for (const auto& item : object_.items()) {
            if (std::find(keys_.begin(), keys_.end(), item.key()) == keys_.end()) {
                const std::string hint = did_you_mean(item.key(), keys_);
                note(fmt::format(
                    "has an unknown key `{}`{}{}", item.key(), hint.empty() ? "" : "; ", hint));
            }
        }
        return std::move(problem_);
    }

private:
    void note(std::string what) {
        if (problem_.empty()) {
            problem_ = std::move(what);
        }
    }

    // What the value should have been; empty: it is that.
    [[nodiscard]] std::string read(const json& value, AppId& app) const {
        app = value.is_string() ? names_.app(value.get_ref<const std::string&>()) : AppId{};
        return app.valid() ? "" : "name of an application";
    }
    [[nodiscard]] std::string read(const json& value, NodeId& node) const {
        node = value.is_string() ? names_.node(value.get_ref<const std::string&>()) : NodeId{};
        return node.valid() ? "" : "name of a node";
    }
    [[nodiscard]] std::string read(const json& value, ExecutorId& exec) const {
        const bool ok = value.is_string() &&
                        ValueReader{names_}.read(value.get_ref<const std::string&>(), exec) &&
                        exec.valid();
        return ok ? "" : "executor, as in \"e3\"";
    }
    [[nodiscard]] static std::string read(const json& value, std::uint32_t& number) {
        std::int64_t whole = 0;
        const bool ok = read_whole(value, 0, std::numeric_limits<std::int32_t>::max(), whole);
        number = static_cast<std::uint32_t>(whole);
        return ok ? "" : "whole number from 0 on";
    }
    [[nodiscard]] static std::string read(const json& value, Bytes& bytes) {
        return read_whole(value, 0, time_max, bytes.count) ? "" : "number of bytes";
    }
    [[nodiscard]] static std::string read(const json& value, SimDuration& duration) {
        std::int64_t micro = 0;
        const bool ok = read_whole(value, 0, time_max, micro);
        duration = SimDuration{micro};
        return ok ? "" : "number of microseconds";
    }
    [[nodiscard]] static std::string read(const json& value, std::string& text) {
        if (!value.is_string()) {
            return "text";
        }
        read_text(value, text);
        return "";
    }
    template <class T>
    requires std::is_enum_v<T>
    [[nodiscard]] static std::string read(const json& value, T& word) {
        const bool ok = value.is_string() && from_text(value.get_ref<const std::string&>(), word);
        return ok ? "" : "word that this key can have (forkyard reference records)";
    }

    const json& object_;
    const Names& names_;
    const Made& made_;
    std::vector<std::string> keys_;
    std::string problem_;
};

class Reading {
public:
    Reading(const Names& names, SimTime now, PolicyAnswer& out)
        : names_{names}, now_{now}, out_{out} {}

    // What is wrong with it; empty: nothing.
    [[nodiscard]] std::string actions(const json& list) {
        if (!list.is_array()) {
            return "has `actions` that are no list";
        }
        if (list.size() > PolicyAnswerReader::actions_max) {
            return fmt::format("has {} actions, more than {} for one event",
                               list.size(),
                               PolicyAnswerReader::actions_max);
        }
        for (std::size_t i = 0; i < list.size(); ++i) {
            const std::string problem = action(list[i]);
            if (!problem.empty()) {
                return fmt::format("has a bad action {}: it {}", i + 1, problem);
            }
        }
        return {};
    }

private:
    [[nodiscard]] std::string action(const json& object) {
        if (!object.is_object()) {
            return "is no object";
        }
        const auto kind = object.find("action");
        if (kind == object.end() || !kind->is_string()) {
            return "does not say which `action` it is";
        }
        const auto& name = kind->get_ref<const std::string&>();
        if (name == TimerFired::kind) {
            return timer(object);
        }
        std::vector<std::string> known{std::string{TimerFired::kind}};
        std::optional<std::string> problem;
        const auto attempt = [&]<class Made>(Made made) {
            known.emplace_back(Made::kind);
            if (Made::kind == name) {
                FieldsReader<Made> reader{object, names_, made};
                Made::fields(made, reader);
                if constexpr (requires { made.by; }) {
                    made.by = AskedBy::manager;
                }
                problem = reader.problem({"action"});
                out_.actions.emplace_back(std::move(made));
            }
        };
        attempt(LaunchExecutor{});
        attempt(KillExecutor{});
        attempt(DecommissionExecutor{});
        attempt(RemoveApplication{});
        attempt(LaunchDriver{});
        attempt(InjectFault{});
        attempt(Explain{});
        return problem ? *problem
                       : fmt::format("is an unknown action {}; {}",
                                     shown_answer(name),
                                     did_you_mean(name, known));
    }

    // `at` or `in`, in microseconds; and what it is for, if the policy likes.
    [[nodiscard]] std::string timer(const json& object) {
        TimerFired fired{TimerKind::policy, {}, {}};
        const auto at = object.find("at");
        const auto in = object.find("in");
        const bool relative = in != object.end();
        if (relative == (at != object.end())) {
            return "needs `at` or `in`, one of them";
        }
        std::int64_t micro = 0;
        if (!read_whole(relative ? *in : *at, 0, time_max, micro)) {
            return fmt::format("has for `{}` no whole number of microseconds",
                               relative ? "in" : "at");
        }
        FieldsReader<TimerFired> reader{object, names_, fired};
        reader("app", fired.app);
        reader("node", fired.node);
        out_.timers.push_back(
            {relative ? now_ + SimDuration{micro} : SimTime{SimDuration{micro}}, fired});
        return reader.problem({"action", "at", "in"});
    }

    const Names& names_;
    SimTime now_;
    PolicyAnswer& out_;
};

std::string read_question(const json& object, PolicyAnswer& out) {
    const bool shaped = object.is_object() && object.size() == 2 && object.contains("label") &&
                        object.contains("n") && object["label"].is_string();
    std::int64_t n = 0;
    if (!shaped || !read_whole(object["n"], 1, time_max, n)) {
        return R"(has a bad `choose`: it is {"label":"what for","n":3}, with `n` from 1 on)";
    }
    out.choose.emplace().n = static_cast<std::uint64_t>(n);
    read_text(object["label"], out.choose->label);
    return {};
}

// The one key that an answer has beside `seq`, by what was asked; begin may add its name.
std::string_view key_of(PolicyAsked asked) {
    return asked == PolicyAsked::save ? "state" : "actions";
}

std::string read_body(const json& object, PolicyAsked asked, Reading& reading, PolicyAnswer& out) {
    const std::string_view wanted = key_of(asked);
    bool answered = asked == PolicyAsked::begin || asked == PolicyAsked::load;
    for (const auto& [key, value] : object.items()) {
        std::string problem;
        if (key == "error" && value.is_string()) {
            out.error = recordable(value.get<std::string>());
        } else if (key == "choose" && asked == PolicyAsked::event) {
            problem = read_question(value, out);
        } else if (key == "name" && asked == PolicyAsked::begin && value.is_string()) {
            out.name = value.get<std::string>();
        } else if (key == wanted && asked == PolicyAsked::save) {
            out.state = value.dump();
            answered = true;
        } else if (key == wanted) {
            problem = reading.actions(value);
            answered = true;
        } else if (key != "seq") {
            problem = fmt::format("has a key `{}` that does not belong there", key);
        }
        if (!problem.empty()) {
            return problem;
        }
    }
    if (out.choose && answered) {
        return "has both `choose` and `actions`; choose first, and act on what you get";
    }
    if (out.error || out.choose) {
        return {};
    }
    if (asked != PolicyAsked::event && asked != PolicyAsked::save &&
        !(out.actions.empty() && out.timers.empty())) {
        return "acts where there is no event yet";
    }
    return answered ? "" : fmt::format("lacks the key `{}`", wanted);
}

}  // namespace

tl::expected<PolicyAnswer, std::string> PolicyAnswerReader::read(std::string_view line,
                                                                 PolicyAsked asked,
                                                                 std::uint64_t seq,
                                                                 SimTime now) const {
    const auto bad = [&](std::string_view problem) {
        return tl::unexpected{
            fmt::format("answered {}, which {}", shown_answer(std::string{line}), problem)};
    };
    bool deep = false;  // what is walked by recursion must not be
    const auto shallow = [&](int depth, json::parse_event_t /*event*/, const json& /*part*/) {
        deep = deep || depth > depth_max;
        return !deep;
    };
    const json object = json::parse(line, shallow, false);
    if (deep) {
        return bad(fmt::format("is nested more than {} deep", depth_max));
    }
    if (!object.is_object()) {
        return bad(object.is_discarded()
                       ? "is not JSON; print to standard error instead, standard output is for "
                         "answers"
                       : "is no JSON object; an answer is {\"seq\":N,\"actions\":[...]}");
    }
    const auto answered = object.find("seq");
    if (answered == object.end() || *answered != seq) {
        return bad(fmt::format("does not have \"seq\":{}; answer each line once, in order", seq));
    }
    PolicyAnswer out;
    Reading reading{names_, now, out};
    const std::string problem = read_body(object, asked, reading, out);
    if (!problem.empty()) {
        return bad(problem);
    }
    return out;
}

}  // namespace forkyard::sim
