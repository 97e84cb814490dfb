// The SDK for cluster managers of your own, as shared libraries: cluster.manager =
// "plugin:libmine.so". This header is all of it; it needs C++17 and the standard library.
//
//     #include <forkyard_policy.hpp>
//
//     class Mine {
//     public:
//         explicit Mine(const forkyard_policy::Begin& begin);
//         void handle(forkyard_policy::Host& host, const forkyard_policy::Event& event);
//     };
//     FORKYARD_POLICY(Mine, "mine")
//
// Kinds and keys of events are those of the journal, `forkyard reference records`; the README of
// scenarios/plugins lists those that a policy hears of, and what it may do. One call at a time; a
// policy has no clock, no threads and no chance of its own: event.time is the time, host.choose()
// is chance. An exception that handle() throws ends the run with its text. If the class has
//     std::string save() const;
//     void load(std::string_view state);
// too, the host can keep its state and bring it back.
//
// The library runs in a process of its own, with its standard output sent to standard error.
#pragma once

#include <cstdint>
#include <exception>
#include <initializer_list>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace forkyard_policy {

// Host and library must have the same; it changes with the layout of anything below.
inline constexpr std::uint32_t sdk_version = 1;

// ---- What crosses the border: plain data, and classes with nothing but virtual functions.

struct Text {
    const char* data = "";
    std::uint64_t size = 0;

    Text() = default;
    Text(std::string_view text) : data{text.data()}, size{text.size()} {}  // NOLINT: meant so
    Text(const std::string& text) : Text{std::string_view{text}} {}        // NOLINT
    Text(const char* text) : Text{std::string_view{text}} {}               // NOLINT
    operator std::string_view() const {                                    // NOLINT
        return {data, static_cast<std::size_t>(size)};
    }
};

enum class FieldType : std::int32_t { none, text, number, decimal, flag };

struct Field {
    Text key;
    FieldType type = FieldType::none;
    std::int64_t number = 0;  // of a flag 0 or 1
    double decimal = 0;
    Text text;

    Field() = default;
    Field(Text name, Text value) : key{name}, type{FieldType::text}, text{value} {}
    Field(Text name, std::int64_t value) : key{name}, type{FieldType::number}, number{value} {}
};

// A record: each key once. What is in a table below it has dotted keys (`executor.cores`), what
// is in a list numbered ones (`zones.0`).
struct Fields {
    const Field* data = nullptr;
    std::uint64_t size = 0;

    [[nodiscard]] const Field* begin() const { return data; }
    [[nodiscard]] const Field* end() const { return data + size; }

    // Null: it is not there, or has no value.
    [[nodiscard]] const Field* find(std::string_view key) const {
        for (const Field& field : *this) {
            if (field.key == key && field.type != FieldType::none) {
                return &field;
            }
        }
        return nullptr;
    }
    [[nodiscard]] bool has(std::string_view key) const { return find(key) != nullptr; }
    [[nodiscard]] std::string_view text(std::string_view key, std::string_view preset = {}) const {
        const Field* found = find(key);
        return found != nullptr && found->type == FieldType::text ? std::string_view{found->text}
                                                                  : preset;
    }
    [[nodiscard]] std::int64_t number(std::string_view key, std::int64_t preset = 0) const {
        const Field* found = find(key);
        return found != nullptr && found->type == FieldType::number ? found->number : preset;
    }
    [[nodiscard]] double decimal(std::string_view key, double preset = 0) const {
        const Field* found = find(key);
        if (found == nullptr) {
            return preset;
        }
        return found->type == FieldType::decimal  ? found->decimal
               : found->type == FieldType::number ? static_cast<double>(found->number)
                                                  : preset;
    }
    [[nodiscard]] bool flag(std::string_view key, bool preset = false) const {
        const Field* found = find(key);
        return found != nullptr && found->type == FieldType::flag ? found->number != 0 : preset;
    }
};

struct FieldsList {
    const Fields* data = nullptr;
    std::uint64_t size = 0;

    [[nodiscard]] const Fields* begin() const { return data; }
    [[nodiscard]] const Fields* end() const { return data + size; }
};

struct Begin {
    std::uint64_t seed = 0;
    // node, cores, memory, rack, speed, spot, labels.*; they join later (worker.joined)
    FieldsList nodes;
    // app, queue, priority, deploy_mode, supervise, cores_max, executor.cores, executor.memory,
    // driver.cores, driver.memory; they are submitted later (app.submitted)
    FieldsList apps;
    Fields config;  // what [cluster.plugin] has
};

struct Event {
    std::int64_t time = 0;  // simulated, in microseconds
    Text kind;              // "executor.requested"
    Fields fields;

    [[nodiscard]] bool is(std::string_view wanted) const { return kind == wanted; }
    [[nodiscard]] bool has(std::string_view key) const { return fields.has(key); }
    [[nodiscard]] std::string_view text(std::string_view key) const { return fields.text(key); }
    [[nodiscard]] std::int64_t number(std::string_view key) const { return fields.number(key); }
};

// Takes what the policy decides.
class Host {
public:
    virtual void act(Text action, const Field* fields, std::uint64_t count) = 0;
    // A number from 0 to n - 1, recorded; `label` says what it is for.
    virtual std::uint64_t choose(Text label, std::uint64_t n) = 0;

    // host.act("executor.kill", {{"app", app}, {"exec", exec}, {"reason", "preempted"}})
    void act(const char* action, std::initializer_list<Field> fields) {
        act(action, fields.begin(), fields.size());
    }

    void launch(Text app, Text node, std::int64_t cores, std::int64_t memory) {
        act("executor.launch",
            {{"app", app}, {"node", node}, {"cores", cores}, {"memory", memory}});
    }
    // Reasons are those of executor.lost: preempted, worker-lost, requested, ...
    void kill(Text app, Text exec, Text reason) {
        act("executor.kill", {{"app", app}, {"exec", exec}, {"reason", reason}});
    }
    void decommission(Text app, Text exec) {
        act("executor.decommission", {{"app", app}, {"exec", exec}});
    }
    void remove(Text app, Text reason) { act("app.remove", {{"app", app}, {"reason", reason}}); }
    // Of an application in cluster mode.
    void launch_driver(Text app, Text node, std::int64_t cores, std::int64_t memory) {
        act("driver.launch", {{"app", app}, {"node", node}, {"cores", cores}, {"memory", memory}});
    }
    void note(Text text) { act("manager.note", {{"text", text}}); }
    // The event `timer` comes then.
    void wake_at(std::int64_t time) { act("timer", {{"at", time}}); }
    void wake_in(std::int64_t span) { act("timer", {{"in", span}}); }
    void wake_in_for_app(std::int64_t span, Text app) {
        act("timer", {{"in", span}, {"app", app}});
    }
    void wake_in_for_node(std::int64_t span, Text node) {
        act("timer", {{"in", span}, {"node", node}});
    }

protected:
    ~Host() = default;
};

// What the host calls; made by the macro. False: it failed, and error() says how.
class Plugin {
public:
    [[nodiscard]] virtual Text name() const noexcept = 0;
    virtual bool begin(const Begin& begin) noexcept = 0;
    virtual bool handle(Host& host, const Event& event) noexcept = 0;
    virtual bool save(Text& state) noexcept = 0;  // the text lives until the next call
    virtual bool load(Text state) noexcept = 0;
    [[nodiscard]] virtual Text error() const noexcept = 0;
    virtual void destroy() noexcept = 0;

protected:
    ~Plugin() = default;
};

using VersionFunction = std::uint32_t (*)();
using MakeFunction = Plugin* (*)();
inline constexpr const char* version_symbol = "forkyard_policy_sdk_version";
inline constexpr const char* make_symbol = "forkyard_policy_make";

// ---- The library's side.

template <class Policy, class = void>
struct HasState : std::false_type {};
template <class Policy>
struct HasState<Policy,
                std::void_t<decltype(std::string{std::declval<const Policy&>().save()}),
                            decltype(std::declval<Policy&>().load(std::string_view{}))>>
    : std::true_type {};

template <class Policy>
class PluginOf final : public Plugin {
public:
    explicit PluginOf(const char* name) : name_{name} {}

    [[nodiscard]] Text name() const noexcept override { return name_; }
    bool begin(const Begin& begin) noexcept override {
        return guarded([&] { policy_ = std::make_unique<Policy>(begin); });
    }
    bool handle(Host& host, const Event& event) noexcept override {
        return guarded([&] { policy_->handle(host, event); });
    }
    bool save(Text& state) noexcept override {
        return guarded([&] {
            if constexpr (HasState<Policy>::value) {
                state_ = static_cast<const Policy&>(*policy_).save();
                state = state_;
            } else {
                throw NoState{};
            }
        });
    }
    bool load(Text state) noexcept override {
        return guarded([&] {
            if constexpr (HasState<Policy>::value) {
                policy_->load(state);
            } else {
                throw NoState{};
            }
        });
    }
    [[nodiscard]] Text error() const noexcept override { return error_; }
    void destroy() noexcept override { delete this; }

private:
    struct NoState : std::exception {
        [[nodiscard]] const char* what() const noexcept override {
            return "it has no save() and load()";
        }
    };

    // No exception crosses the border: compilers and runtimes may differ on its two sides.
    template <class Call>
    bool guarded(Call call) noexcept {
        try {
            call();
            return true;
        } catch (const std::exception& thrown) {
            return failed(thrown.what());
        } catch (...) {
            return failed("it threw something that is no std::exception");
        }
    }
    bool failed(const char* what) noexcept {
        try {
            error_ = what;
        } catch (...) {
            error_.clear();
        }
        return false;
    }

    const char* name_;
    std::unique_ptr<Policy> policy_;
    std::string state_;
    std::string error_;
};

}  // namespace forkyard_policy

// Once in a library, outside of any namespace.
// NOLINTBEGIN(bugprone-macro-parentheses): a class in parentheses is none
#define FORKYARD_POLICY(PolicyClass, policy_name)                                      \
    extern "C" __attribute__((visibility("default"))) std::uint32_t                    \
    forkyard_policy_sdk_version() {                                                    \
        return forkyard_policy::sdk_version;                                           \
    }                                                                                  \
    extern "C" __attribute__((visibility("default"))) forkyard_policy::Plugin*         \
    forkyard_policy_make() {                                                           \
        return new (std::nothrow) forkyard_policy::PluginOf<PolicyClass>{policy_name}; \
    }
// NOLINTEND(bugprone-macro-parentheses)
