#include "sim/import/tpch_trace.hpp"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sim/process/read_file.hpp"
#include "sim/scenario/units.hpp"

namespace forkyard::sim {

namespace {

using nlohmann::json;

constexpr std::string_view format_tag = "tpch-trace/1";
// Beyond what any measurement holds: a file with more is damaged, and would only be noticed
// when memory is short.
constexpr std::int64_t tasks_max = 1'000'000;
constexpr std::int64_t stages_max = 10'000;
constexpr std::int64_t executors_max = 1'000'000;
constexpr std::int64_t duration_ms_max = 1'000'000'000;

// The first problem counts: what is read after it is not looked at.
class TraceReader {
public:
    explicit TraceReader(const std::string& file) : file_{file} {}

    Result<TpchTrace> read(const json& root) {
        TpchTrace trace;
        if (check_format(root)) {
            trace.file = file_;
            trace.query =
                static_cast<std::uint32_t>(whole(member(root, "query", ""), "query", 1, 99));
            trace.size = text(member(root, "size", ""), "size");
            read_stages(member(root, "stages", ""), trace);
            read_edges(member(root, "edges", ""), trace);
        }
        if (problem_) {
            return fail(std::move(*problem_));
        }
        return trace;
    }

private:
    void wrong(std::string what) {
        if (!problem_) {
            problem_ = Error{std::move(what),
                             file_,
                             fmt::format("a trace of format {} is meant; convert it again, or "
                                         "take the file as published",
                                         format_tag),
                             Exit::bad_input};
        }
    }

    bool check_format(const json& root) {
        if (!root.is_object()) {
            wrong("the file holds no trace: an object { ... } is expected");
            return false;
        }
        const std::string tag = text(member(root, "format", ""), "format");
        if (tag != format_tag) {
            wrong(fmt::format("`format` is \"{}\", not \"{}\"", tag, format_tag));
        }
        return !problem_;
    }

    // A null in place of what is missing.
    const json& member(const json& object, const char* key, const std::string& at) {
        static const json nothing;
        const auto found = object.is_object() ? object.find(key) : object.end();
        if (!object.is_object() || found == object.end()) {
            wrong(fmt::format("`{}{}{}` is missing", at, at.empty() ? "" : ".", key));
            return nothing;
        }
        return *found;
    }

    std::string text(const json& value, const std::string& at) {
        if (!value.is_string() || value.get_ref<const std::string&>().empty()) {
            wrong(fmt::format("`{}` must be a text", at));
            return {};
        }
        return value.get<std::string>();
    }

    std::int64_t whole(const json& value,
                       const std::string& at,
                       std::int64_t min,
                       std::int64_t max) {
        const bool fits = value.is_number_integer() &&
                          !(value.is_number_unsigned() &&
                            value.get<std::uint64_t>() > static_cast<std::uint64_t>(max));
        if (!fits || value.get<std::int64_t>() < min || value.get<std::int64_t>() > max) {
            wrong(fmt::format("`{}` must be a whole number from {} to {}", at, min, max));
            return min;
        }
        return value.get<std::int64_t>();
    }

    const json& list(const json& value, const std::string& at) {
        static const json nothing = json::array();
        if (!value.is_array()) {
            wrong(fmt::format("`{}` must be a list [ ... ]", at));
            return nothing;
        }
        return value;
    }

    void read_stages(const json& value, TpchTrace& trace) {
        const json& stages = list(value, "stages");
        if (stages.empty() || stages.size() > static_cast<std::size_t>(stages_max)) {
            wrong(fmt::format("`stages` must hold 1 to {} stages", stages_max));
        }
        for (std::size_t i = 0; i < stages.size() && !problem_; ++i) {
            trace.stages.push_back(read_stage(stages[i], i));
        }
    }

    TpchStage read_stage(const json& value, std::size_t index) {
        const std::string at = fmt::format("stages[{}]", index);
        TpchStage stage;
        if (whole(member(value, "id", at), at + ".id", 0, stages_max) !=
            static_cast<std::int64_t>(index)) {
            wrong(fmt::format("`{}.id` must be {}, its place in the list", at, index));
        }
        stage.tasks = static_cast<std::uint32_t>(
            whole(member(value, "tasks", at), at + ".tasks", 1, tasks_max));
        const json& counts = member(value, "durations_ms", at);
        if (!counts.is_object() || counts.empty()) {
            wrong(
                fmt::format("`{}.durations_ms` must be an object with at least one executor "
                            "count as its key",
                            at));
            return stage;
        }
        for (const auto& [key, lists] : counts.items()) {
            stage.measured.push_back(
                read_measured(key, lists, fmt::format("{}.durations_ms.{}", at, key)));
        }
        std::sort(stage.measured.begin(), stage.measured.end(), [](const auto& a, const auto& b) {
            return a.executors < b.executors;
        });
        return stage;
    }

    TpchStage::Measured read_measured(const std::string& key,
                                      const json& lists,
                                      const std::string& at) {
        TpchStage::Measured measured;
        const auto executors = parse_whole(key);
        if (!executors || *executors < 1 || *executors > executors_max ||
            key != std::to_string(*executors)) {
            wrong(fmt::format("`{}`: the key must be an executor count", at));
            return measured;
        }
        measured.executors = static_cast<std::uint32_t>(*executors);
        measured.first = durations(member(lists, "first", at), at + ".first");
        measured.rest = durations(member(lists, "rest", at), at + ".rest");
        measured.fresh = durations(member(lists, "fresh", at), at + ".fresh");
        if (measured.first.empty() && measured.rest.empty() && measured.fresh.empty()) {
            wrong(fmt::format("`{}` holds no time at all", at));
        }
        return measured;
    }

    std::vector<SimDuration> durations(const json& value, const std::string& at) {
        std::vector<SimDuration> times;
        for (const json& time : list(value, at)) {
            if (!time.is_number_unsigned() || time.get<std::uint64_t>() > duration_ms_max) {
                wrong(fmt::format("`{}[{}]` must be a whole number of milliseconds from 0 to {}",
                                  at,
                                  times.size(),
                                  duration_ms_max));
                return times;
            }
            times.push_back(std::chrono::milliseconds{time.get<std::int64_t>()});
        }
        return times;
    }

    void read_edges(const json& value, TpchTrace& trace) {
        const json& edges = list(value, "edges");
        for (std::size_t i = 0; i < edges.size() && !problem_; ++i) {
            const std::string at = fmt::format("edges[{}]", i);
            const json& edge = list(edges[i], at);
            if (edge.size() != 2) {
                wrong(fmt::format("`{}` must be [parent, child]", at));
                return;
            }
            const auto last = static_cast<std::int64_t>(trace.stages.size()) - 1;
            const auto parent = static_cast<std::uint32_t>(whole(edge[0], at + "[0]", 0, last));
            const auto child = static_cast<std::uint32_t>(whole(edge[1], at + "[1]", 0, last));
            if (parent >= child) {
                wrong(
                    fmt::format("`{}` leads from stage {} to stage {}: a parent comes before "
                                "its child",
                                at,
                                parent,
                                child));
                return;
            }
            trace.stages[child].parents.push_back(parent);
        }
        for (TpchStage& stage : trace.stages) {
            auto& parents = stage.parents;
            std::sort(parents.begin(), parents.end());
            parents.erase(std::unique(parents.begin(), parents.end()), parents.end());
        }
    }

    const std::string& file_;
    std::optional<Error> problem_;
};

// FILE:LINE:COL of a byte, counted from 1 as the JSON library does.
std::string place_of(std::string_view text, const std::string& file, std::size_t byte) {
    const std::string_view before = text.substr(0, byte == 0 ? 0 : byte - 1);
    const auto line = std::count(before.begin(), before.end(), '\n') + 1;
    const auto start = before.rfind('\n');
    const std::size_t column = before.size() - (start == before.npos ? 0 : start + 1) + 1;
    return fmt::format("{}:{}:{}", file, line, column);
}

Error unreadable(const std::string& path, int problem) {
    return {fmt::format("the trace cannot be read: {}", std::strerror(problem)),
            path,
            "name a trace (tpch-*.json) that exists, or a folder of traces",
            Exit::missing_input};
}

}  // namespace

Result<TpchTrace> parse_tpch_trace(std::string_view text, const std::string& file) {
    try {
        return TraceReader{file}.read(json::parse(text));
    } catch (const json::parse_error& problem) {
        return fail({"the file is not JSON, or was cut short",
                     place_of(text, file, problem.byte),
                     fmt::format("a trace of format {} is meant; fetch it again", format_tag),
                     Exit::bad_input});
    }
}

Result<TpchTrace> read_tpch_trace(const std::string& path) {
    const tl::expected<std::string, int> text = read_file(path);
    if (!text) {
        return fail(unreadable(path, text.error()));
    }
    return parse_tpch_trace(*text, path);
}

}  // namespace forkyard::sim
