#include "sim/plugin/policy_trace.hpp"

#include <limits>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "core/digest.hpp"
#include "core/event_text.hpp"
#include "core/journal/codec.hpp"
#include "core/journal/field_text.hpp"
#include "core/policy/state.hpp"
#include "sim/scenario/json_text.hpp"

namespace forkyard::sim {

namespace {

// The fields of an event as the members of a JSON object.
class MemberWriter {
public:
    MemberWriter(std::string& out, const Names& names) : out_{out}, names_{names} {}

    template <class T>
    void operator()(std::string_view key, const T& value) {
        out_ += ",\"";
        out_ += key;
        out_ += "\":";
        write(value);
    }
    // Lists tell of tasks and of data, but for those of nodes.
    template <class T>
    requires(!std::is_same_v<T, NodeId> && !std::is_same_v<T, NodeTasks>) void operator()(
        std::string_view /*key*/, const std::vector<T>& /*value*/) {}

private:
    void text(std::string_view value) { out_ += print_json_text(value); }
    void write(AppId app) { app.valid() ? text(names_.apps[app.index()]) : null(); }
    void write(NodeId node) { node.valid() ? text(names_.nodes[node.index()]) : null(); }
    void write(ExecutorId exec) { exec.valid() ? text(to_text(exec)) : null(); }
    void write(const std::vector<NodeId>& nodes) {
        std::string_view before = "[";
        for (const NodeId node : nodes) {
            out_ += std::exchange(before, ",");
            write(node);
        }
        out_ += nodes.empty() ? "[]" : "]";
    }
    void write(const std::vector<NodeTasks>& nodes) {
        std::string_view before = "{";
        for (const NodeTasks& tasks : nodes) {
            out_ += std::exchange(before, ",");
            write(tasks.node);
            out_ += ':';
            write(tasks.tasks);
        }
        out_ += nodes.empty() ? "{}" : "}";
    }
    void write(Bytes bytes) { append_number(out_, bytes.count); }
    void write(SimTime time) { append_number(out_, micros(time)); }
    void write(const std::string& value) { text(value); }
    void write(bool flag) { out_ += flag ? "true" : "false"; }
    template <class T>
    requires std::is_integral_v<T>
    void write(T value) { append_number(out_, std::int64_t{value}); }
    template <class T>
    requires std::is_enum_v<T>
    void write(T value) { text(to_text(value)); }
    void null() { out_ += "null"; }

    std::string& out_;
    const Names& names_;
};

// What concerns a manager: nodes, applications, executors, drivers, its own timers; never tasks.
template <class T>
constexpr bool is_told = T::kind.starts_with("worker.") || T::kind.starts_with("driver.") ||
                         (T::kind.starts_with("executor.") &&
                          !std::is_same_v<T, ExecutorsCalled>) ||
                         std::is_same_v<T, AppSubmitted> || std::is_same_v<T, TimerFired>;

std::string room_text(std::optional<std::uint32_t> cores, Bytes memory) {
    return fmt::format(
        R"({{"cores":{},"memory":{}}})", cores ? std::to_string(*cores) : "null", memory.count);
}

std::string node_text(const NodeSpec& node) {
    std::vector<std::string> labels;
    for (const auto& [name, value] : node.labels) {
        labels.push_back(fmt::format("{}:{}", print_json_text(name), print_json_text(value)));
    }
    return fmt::format(R"({{"node":{},"cores":{},"memory":{},"rack":{},"speed":{}.{:06},)"
                       R"("spot":{},"labels":{{{}}}}})",
                       print_json_text(node.name),
                       node.cores,
                       node.memory.count,
                       print_json_text(node.rack),
                       node.speed.count / one.count,
                       node.speed.count % one.count,
                       node.spot,
                       fmt::join(labels, ","));
}

std::string app_text(const AppSpec& app) {
    const bool limited = app.conf.cores_max != std::numeric_limits<std::uint32_t>::max();
    return fmt::format(R"({{"app":{},"queue":{},"priority":{},"deploy_mode":"{}","supervise":{},)"
                       R"("cores_max":{},"executor":{},"driver":{}}})",
                       print_json_text(app.name),
                       print_json_text(app.queue),
                       app.priority,
                       app.cluster_mode ? "cluster" : "client",
                       app.supervise,
                       limited ? std::to_string(app.conf.cores_max) : "null",
                       room_text(app.conf.executor_cores, app.conf.executor_memory),
                       room_text(app.conf.driver_cores, app.conf.driver_memory));
}

}  // namespace

std::string PolicyTrace::begin_line(SimTime now, std::string_view kind) {
    return fmt::format(R"({{"seq":{},"time":{},"event":"{}")", ++seq_, micros(now), kind);
}

std::string PolicyTrace::end_line(std::string line) {
    line += '}';
    told_ = combine(told_, digest_of(line));
    return line;
}

std::string PolicyTrace::tell(SimTime now, const Event& event) {
    const auto* timer = std::get_if<TimerFired>(&event);
    if (timer != nullptr && timer->what != TimerKind::policy) {
        return {};
    }
    return std::visit(
        [&](const auto& e) -> std::string {
            if constexpr (is_told<std::decay_t<decltype(e)>>) {
                std::string line = begin_line(now, e.kind);
                MemberWriter writer{line, names_};
                e.fields(e, writer);
                return end_line(std::move(line));
            } else {
                return {};
            }
        },
        event);
}

std::string PolicyTrace::tell_end(SimTime now, AppId app) {
    std::string line = begin_line(now, "app.ended");
    MemberWriter writer{line, names_};
    writer("app", app);
    return end_line(std::move(line));
}

void PolicyTrace::did(const Action& action) {
    std::string line;
    write_record(line, names_, ActionHead{}, action);
    done_ = combine(done_, digest_of(line));
}

std::uint64_t PolicyTrace::digest() const {
    StateDigest digest;
    digest(*this);
    return digest.value();
}

std::string begin_line(const Scenario& scenario) {
    std::vector<std::string> nodes;
    for (const NodeSpec& node : scenario.cluster.nodes) {
        nodes.push_back(node_text(node));
    }
    std::vector<std::string> apps;
    for (const AppSpec& app : scenario.apps) {
        apps.push_back(app_text(app));
    }
    return fmt::format(
        R"({{"seq":0,"event":"begin","protocol":{},"seed":{},"nodes":[{}],"apps":[{}],)"
        R"("config":{}}})",
        policy_protocol,
        scenario.seed,
        fmt::join(nodes, ","),
        fmt::join(apps, ","),
        scenario.cluster.plugin);
}

}  // namespace forkyard::sim
