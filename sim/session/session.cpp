// What the calls of a session say as steps and jobs; everything else is the run's.
#include "sim/session/sdk/forkyard/session.hpp"

#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "core/model/units.hpp"

namespace forkyard {

namespace {

StepSpec step_of(StepKind kind,
                 std::string value,
                 std::vector<Argument> args = {},
                 Partitions partitions = {}) {
    StepSpec spec;
    spec.kind = kind;
    spec.value = std::move(value);
    spec.args = std::move(args);
    spec.partitions = partitions;
    return spec;
}

// As Spark says where an RDD has no SparkContext (SPARK-5063).
constexpr std::string_view driver_only =
    "datasets and accumulators can be used by the driver only, not within a function of a task";

template <class T>
const T* of_kind(const Session::Arguments& arguments, std::string_view name, const char* kind) {
    const auto found = arguments.find(name);
    if (found == arguments.end()) {
        return nullptr;
    }
    const T* value = std::get_if<T>(&found->second);
    if (value == nullptr) {
        throw SessionError{fmt::format("the program's argument `{}` is not {}", name, kind)};
    }
    return value;
}

}  // namespace

// ---- accumulators

std::int64_t Accumulator::value() const {
    if (session_ == nullptr) {
        throw SessionError{std::string{driver_only}};
    }
    session_->check_open();
    return session_->link_.accumulated(name_);
}

Accumulator Session::accumulator(std::string name) {
    check_open();
    if (name.empty()) {
        throw SessionError{"an accumulator needs a name"};
    }
    return {*this, std::move(name)};
}

// ---- broadcast variables

Session& Broadcast::session() const {
    if (session_ == nullptr) {
        throw SessionError{std::string{driver_only}};
    }
    session_->check_open();
    return *session_;
}

const Value& Broadcast::value() const {
    (void)session();
    return *value_;
}

void Broadcast::unpersist() {
    session().link_.drop_broadcast(id_, "");
}

void Broadcast::destroy(const char* file, int line) {
    const std::string_view path{file};
    session().link_.drop_broadcast(id_,
                                   fmt::format("{}:{}", path.substr(path.rfind('/') + 1), line));
}

Broadcast Session::broadcast(Value value) {
    check_open();
    auto shared = std::make_shared<const Value>(std::move(value));
    const BroadcastId id = link_.broadcast(shared);
    return {*this, id, std::move(shared)};
}

// ---- datasets

Session& Dataset::session() const {
    if (session_ == nullptr) {
        throw SessionError{std::string{driver_only}};
    }
    return *session_;
}

Dataset Dataset::step(StepKind kind,
                      std::string value,
                      std::vector<Argument> args,
                      Partitions partitions,
                      std::optional<BroadcastId> broadcast) const {
    StepSpec spec = step_of(kind, std::move(value), std::move(args), partitions);
    spec.broadcast = broadcast;
    spec.cost = cost_;
    return session().define({step_of(StepKind::from, name_), std::move(spec)});
}

Dataset Dataset::sample(double fraction, std::int64_t seed) const {
    const double millionths = std::round(fraction * static_cast<double>(one.count));
    if (!(millionths >= 0 && millionths <= static_cast<double>(one.count))) {
        throw SessionError{"a sample takes a share between 0 and 1"};
    }
    return step(StepKind::sample, "", {static_cast<std::int64_t>(millionths), seed});
}

Dataset Dataset::coalesce(std::uint32_t partitions) const {
    return step(StepKind::coalesce, "", {}, partitions);
}

Dataset Dataset::unite(const Dataset& other) const {
    return session().unite({*this, other});
}

Dataset Dataset::cartesian(const Dataset& other) const {
    return step(StepKind::cartesian, other.name_, {});
}

Dataset Dataset::zip(const Dataset& other) const {
    return step(StepKind::zip, other.name_, {});
}

Dataset& Dataset::cache(std::string_view level) {
    name_ =
        session()
            .define({step_of(StepKind::from, name_), step_of(StepKind::cache, std::string{level})})
            .name_;
    return *this;
}

Dataset& Dataset::unpersist() {
    session().unpersist(name_);
    return *this;
}

Dataset& Dataset::checkpoint() {
    session().checkpoint(name_);
    return *this;
}

Dataset& Dataset::checkpoint_local() {
    session().checkpoint_local(name_);
    return *this;
}

std::string Dataset::lineage() const {
    return session().lineage(name_);
}

Dataset Dataset::reduce_by_key(std::string function, Partitions partitions) const {
    return step(StepKind::reduce_by_key, std::move(function), {}, partitions);
}

Dataset Dataset::group_by_key(Partitions partitions) const {
    return step(StepKind::group_by_key, "", {}, partitions);
}

Dataset Dataset::join(const Dataset& other, std::string side, Partitions partitions) const {
    return step(StepKind::join, other.name_, {std::move(side)}, partitions);
}

Dataset Dataset::cogroup(const Dataset& other, Partitions partitions) const {
    return step(StepKind::cogroup, other.name_, {}, partitions);
}

Dataset Dataset::sort_by(std::string function, bool ascending, Partitions partitions) const {
    return step(StepKind::sort_by,
                std::move(function),
                {std::string{ascending ? "asc" : "desc"}},
                partitions);
}

Dataset Dataset::distinct(Partitions partitions) const {
    return step(StepKind::distinct, "", {}, partitions);
}

Dataset Dataset::repartition(std::uint32_t partitions) const {
    return step(StepKind::repartition, "", {}, partitions);
}

Dataset Dataset::costing(SimDuration per_task) const {
    Dataset same = *this;
    same.cost_ = per_task;
    return same;
}

// ---- actions

Value Dataset::run(ActionKind action, std::vector<Argument> args, std::string job) const {
    return session().run(name_, action, std::move(args), std::move(job));
}

std::int64_t Dataset::count(std::string job) const {
    return run(ActionKind::count, {}, std::move(job)).integer();
}

std::vector<Value> Dataset::collect(std::string job) const {
    return std::move(run(ActionKind::collect, {}, std::move(job)).list());
}

std::vector<Value> Dataset::take(std::int64_t n, std::string job) const {
    return std::move(run(ActionKind::take, {n}, std::move(job)).list());
}

Value Dataset::first(std::string job) const {
    return run(ActionKind::first, {}, std::move(job));
}

std::vector<Value> Dataset::top(std::int64_t n, std::string by, std::string job) const {
    return std::move(run(ActionKind::top, {n, std::move(by)}, std::move(job)).list());
}

Value Dataset::reduce(std::string function, std::string job) const {
    return run(ActionKind::reduce, {std::move(function)}, std::move(job));
}

Value Dataset::tree_reduce(std::string function, std::int64_t depth, std::string job) const {
    return run(ActionKind::tree_reduce, {std::move(function), depth}, std::move(job));
}

void Dataset::save(std::string path, std::string job) const {
    (void)run(ActionKind::save, {std::move(path)}, std::move(job));
}

// ---- the session

std::int64_t Session::argument(std::string_view name, std::int64_t preset) const {
    const auto* value = of_kind<std::int64_t>(arguments_, name, "a whole number");
    return value == nullptr ? preset : *value;
}

double Session::argument(std::string_view name, double preset) const {
    const auto* value = of_kind<double>(arguments_, name, "a real number");
    return value == nullptr ? preset : *value;
}

std::string Session::argument(std::string_view name, const char* preset) const {
    const auto* value = of_kind<std::string>(arguments_, name, "a text");
    return value == nullptr ? preset : *value;
}

Dataset Session::read_text(std::string path, Partitions partitions_min) {
    return define({step_of(StepKind::read_text, std::move(path), {}, partitions_min)});
}

Dataset Session::read_csv(std::string path,
                          const std::vector<std::string>& options,
                          Partitions partitions_min) {
    return define({step_of(
        StepKind::read_csv, std::move(path), {options.begin(), options.end()}, partitions_min)});
}

Dataset Session::read_json(std::string path,
                           const std::vector<std::string>& options,
                           Partitions partitions_min) {
    return define({step_of(
        StepKind::read_json, std::move(path), {options.begin(), options.end()}, partitions_min)});
}

Dataset Session::range(std::int64_t start,
                       std::int64_t end,
                       std::int64_t by,
                       Partitions partitions) {
    if (by == 0) {
        throw SessionError{"the step of a range must not be 0"};
    }
    return define({step_of(StepKind::range, "", {start, end, by}, partitions)});
}

Dataset Session::generate(std::string function,
                          std::int64_t count,
                          std::vector<Argument> args,
                          Partitions partitions) {
    args.insert(args.begin(), count);
    return define({step_of(StepKind::generate, std::move(function), std::move(args), partitions)});
}

Dataset Session::values(std::vector<Argument> rows, Partitions partitions) {
    return define({step_of(StepKind::values, "", std::move(rows), partitions)});
}

Dataset Session::dataset(std::string name) {
    return define({step_of(StepKind::from, std::move(name))});
}

Dataset Session::unite(const std::vector<Dataset>& datasets) {
    std::vector<Argument> names;
    for (const Dataset& dataset : datasets) {
        names.emplace_back(dataset.name_);
    }
    return define({step_of(StepKind::union_of, "", std::move(names))});
}

void Session::check_open() const {
    if (!link_.is_program()) {
        throw SessionError{std::string{driver_only}};
    }
    if (stopped_) {
        throw SessionError{"the session has been stopped: nothing can be asked of it any more"};
    }
}

Dataset Session::define(std::vector<StepSpec> steps) {
    check_open();
    DatasetSpec spec{fmt::format("dataset-{}", ++datasets_), std::move(steps)};
    std::string name = spec.name;
    link_.define(std::move(spec));
    return {*this, std::move(name)};
}

void Session::unpersist(const std::string& dataset) {
    check_open();
    link_.unpersist(dataset);
}

void Session::checkpoint(const std::string& dataset) {
    check_open();
    link_.checkpoint(dataset, checkpoint_dir_);
}

void Session::checkpoint_local(const std::string& dataset) {
    check_open();
    link_.checkpoint_local(dataset);
}

std::string Session::lineage(const std::string& dataset) {
    check_open();
    return link_.lineage(dataset);
}

Value Session::run(const std::string& of,
                   ActionKind action,
                   std::vector<Argument> args,
                   std::string job) {
    check_open();
    JobSpec spec;
    spec.name = job.empty() ? fmt::format("job-{}", jobs_ + 1) : std::move(job);
    ++jobs_;
    spec.of = of;
    spec.action = action;
    spec.args = std::move(args);
    return link_.run(std::move(spec));
}

}  // namespace forkyard
