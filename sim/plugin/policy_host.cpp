#include "sim/plugin/policy_host.hpp"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <dlfcn.h>
#include <iterator>
#include <sys/prctl.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/result.hpp"
#include "sim/plugin/sdk/forkyard_policy.hpp"

namespace forkyard::sim {

namespace {

namespace sdk = forkyard_policy;
using nlohmann::json;

// A JSON object as fields; it must outlive them.
class FlatObject {
public:
    explicit FlatObject(const json& object) { flatten(object, ""); }

    [[nodiscard]] sdk::Fields fields() const {
        sdk::Fields out;
        out.data = fields_.data();
        out.size = fields_.size();
        return out;
    }

private:
    // How deep it is was limited when the scenario was read.
    void flatten(const json& part, const std::string& prefix) {
        if (part.is_structured()) {
            std::size_t place = 0;
            for (auto item = part.begin(); item != part.end(); ++item, ++place) {
                const std::string step = part.is_object() ? item.key() : std::to_string(place);
                flatten(*item, prefix.empty() ? step : fmt::format("{}.{}", prefix, step));
            }
            return;
        }
        sdk::Field& field = fields_.emplace_back();
        field.key = keys_.emplace_back(prefix);
        if (part.is_string()) {
            field.type = sdk::FieldType::text;
            field.text = part.get_ref<const std::string&>();
        } else if (part.is_number_integer()) {
            field.type = sdk::FieldType::number;
            field.number = part.get<std::int64_t>();
        } else if (part.is_number_float()) {
            field.type = sdk::FieldType::decimal;
            field.decimal = part.get<double>();
        } else if (part.is_boolean()) {
            field.type = sdk::FieldType::flag;
            field.number = part.get<bool>() ? 1 : 0;
        }
    }

    std::deque<std::string> keys_;
    std::vector<sdk::Field> fields_;
};

struct FlatList {
    std::deque<FlatObject> objects;
    std::vector<sdk::Fields> all;

    explicit FlatList(const json& list) {
        for (const json& item : list) {
            all.push_back(objects.emplace_back(item).fields());
        }
    }
    [[nodiscard]] sdk::FieldsList view() const {
        sdk::FieldsList out;
        out.data = all.data();
        out.size = all.size();
        return out;
    }
};

// Lines in and out. The library may print what it likes: what it takes for standard output is
// standard error.
class Pipes {
public:
    Pipes() : out_{::fdopen(::dup(STDOUT_FILENO), "w")} { ::dup2(STDERR_FILENO, STDOUT_FILENO); }

    // Null at the end of the run.
    [[nodiscard]] json read() {
        char* line = nullptr;
        std::size_t room = 0;
        const ssize_t size = ::getline(&line, &room, stdin);
        json object = size > 0 ? json::parse(line, line + size, nullptr, false) : json{};
        std::free(line);
        return object;
    }
    void write(const json& answer) {
        const std::string line = answer.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
        std::fwrite(line.data(), 1, line.size(), out_);
        std::fflush(out_);
    }

private:
    std::FILE* out_;
};

class ProtocolHost final : public sdk::Host {
public:
    explicit ProtocolHost(Pipes& pipes) : pipes_{pipes} {}

    void begin_event(const json& seq) {
        seq_ = seq;
        actions_ = json::array();
    }
    [[nodiscard]] json take_actions() { return std::move(actions_); }

    void act(sdk::Text action, const sdk::Field* fields, std::uint64_t count) override {
        json made{{"action", std::string_view{action}}};
        for (const sdk::Field* field = fields; field != fields + count; ++field) {
            json& value = made[std::string{std::string_view{field->key}}];
            if (field->type == sdk::FieldType::text) {
                value = std::string_view{field->text};
            } else if (field->type == sdk::FieldType::number) {
                value = field->number;
            } else if (field->type == sdk::FieldType::decimal) {
                value = field->decimal;
            } else if (field->type == sdk::FieldType::flag) {
                value = field->number != 0;
            }
        }
        actions_.push_back(std::move(made));
    }

    std::uint64_t choose(sdk::Text label, std::uint64_t n) override {
        pipes_.write({{"seq", seq_}, {"choose", {{"label", std::string_view{label}}, {"n", n}}}});
        const json answer = pipes_.read();
        if (!answer.contains("pick")) {
            ::_exit(0);  // the run is over
        }
        return answer["pick"].get<std::uint64_t>();
    }

private:
    Pipes& pipes_;
    json seq_;
    json actions_;
};

struct Opened {
    sdk::Plugin* plugin = nullptr;
    std::string problem;
};

template <class Function>
Function find_symbol(void* library, const char* name) {
    return reinterpret_cast<Function>(::dlsym(library, name));
}

Opened open_library(const std::string& path) {
    // Without a slash the loader would look in the system's folders.
    const std::string file = path.find('/') == std::string::npos ? "./" + path : path;
    void* library = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
        return {nullptr, fmt::format("the library cannot be loaded: {}", ::dlerror())};
    }
    const auto version = find_symbol<sdk::VersionFunction>(library, sdk::version_symbol);
    if (version == nullptr) {
        return {nullptr,
                fmt::format("{} is no policy: it has no FORKYARD_POLICY(Class, \"name\")", path)};
    }
    if (version() != sdk::sdk_version) {
        return {nullptr,
                fmt::format("{} was built with version {} of the policy SDK, and this forkyard has "
                            "version {}: build it again with the header of this forkyard",
                            path,
                            version(),
                            sdk::sdk_version)};
    }
    const auto make = find_symbol<sdk::MakeFunction>(library, sdk::make_symbol);
    sdk::Plugin* plugin = make != nullptr ? make() : nullptr;
    return {plugin, plugin == nullptr ? "the library makes no policy" : ""};
}

json begin_plugin(sdk::Plugin& plugin, const json& told) {
    const FlatList nodes{told["nodes"]};
    const FlatList apps{told["apps"]};
    const FlatObject config{told["config"]};
    sdk::Begin begin;
    begin.seed = told["seed"].get<std::uint64_t>();
    begin.nodes = nodes.view();
    begin.apps = apps.view();
    begin.config = config.fields();
    if (!plugin.begin(begin)) {
        return {{"error", std::string_view{plugin.error()}}};
    }
    return {{"name", std::string_view{plugin.name()}}};
}

json answer_to(sdk::Plugin& plugin, ProtocolHost& host, const json& told) {
    const auto& kind = told["event"].get_ref<const std::string&>();
    json answer;
    bool ok = true;
    if (kind == "begin") {
        return begin_plugin(plugin, told);
    }
    if (kind == "save") {
        sdk::Text state;
        ok = plugin.save(state);
        answer["state"] = std::string_view{state};
    } else if (kind == "load") {
        ok = told["state"].is_string() && plugin.load(told["state"].get_ref<const std::string&>());
    } else {
        const FlatObject fields{told};
        sdk::Event event;
        event.time = told["time"].get<std::int64_t>();
        event.kind = kind;
        event.fields = fields.fields();
        ok = plugin.handle(host, event);
        answer["actions"] = host.take_actions();
    }
    return ok ? answer : json{{"error", std::string_view{plugin.error()}}};
}

}  // namespace

int policy_host_main(const std::string& library) {
    ::prctl(PR_SET_NAME, "policy-host");
    Pipes pipes;
    Opened opened = open_library(library);
    ProtocolHost host{pipes};
    for (json told = pipes.read(); told.is_object(); told = pipes.read()) {
        host.begin_event(told["seq"]);
        json answer = opened.plugin != nullptr ? answer_to(*opened.plugin, host, told)
                                               : json{{"error", opened.problem}};
        answer["seq"] = told["seq"];
        pipes.write(answer);
    }
    if (opened.plugin != nullptr) {
        opened.plugin->destroy();
    }
    return 0;
}

}  // namespace forkyard::sim
