#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "core/event_text.hpp"
#include "core/plan/define_datasets.hpp"
#include "sim/scenario/builders.hpp"
#include "sim/scenario/scenario_file.hpp"

namespace forkyard::sim {

namespace {

// Which storage level which dataset has been given. A level cannot be changed (DP-BLK-02), and
// one that begins with another and does nothing to it is that other.
class Levels {
public:
    explicit Levels(Diagnostics& problems) : problems_{problems} {}

    void add(const DatasetSpec& spec, const TableReader& reader) {
        std::string same_as = spec.name;
        for (std::size_t k = 0; k < spec.steps.size(); ++k) {
            const StepSpec& step = spec.steps[k];
            if (step.kind == StepKind::from) {
                same_as = same_as_[step.value];
            } else if (step.kind == StepKind::cache) {
                keep(same_as, step.value, reader);
            } else {
                same_as = fmt::format("{}:{}", spec.name, k);
            }
        }
        same_as_[spec.name] = same_as;
    }

private:
    void keep(const std::string& dataset, const std::string& level, const TableReader& reader) {
        const auto [known, fresh] = levels_.emplace(dataset, level);
        if (!fresh && known->second != level) {
            problems_.error(reader.at("steps"),
                            fmt::format("the storage level {} cannot be changed to {}: a dataset "
                                        "has one",
                                        known->second,
                                        level),
                            "leave out one of the two `cache` steps");
        }
    }

    Diagnostics& problems_;
    std::map<std::string, std::string> same_as_{};  // by name
    std::map<std::string, std::string> levels_{};   // by what it is the same as
};

// Whether two datasets can be combined follows from their numbers of partitions, which are known
// where files are looked at.
void check_partitions(const std::vector<TableReader>& datasets,
                      DataFiles files,
                      const std::string& folder,
                      const AppSpec& app,
                      Diagnostics& problems) {
    if (problems.failed()) {
        return;
    }
    const bool reads =
        std::any_of(app.datasets.begin(), app.datasets.end(), [](const DatasetSpec& dataset) {
            return reads_files(dataset.steps.front().kind);
        });
    if (reads && files != DataFiles::look) {
        return;
    }
    const Result<std::vector<InputFile>> inputs = input_files_of(app, folder);
    const std::optional<RefusedStep> refused = inputs ? refused_step(app, *inputs) : std::nullopt;
    if (refused) {
        const TableReader step = datasets[refused->dataset].tables("steps")[refused->step];
        const StepKind kind = app.datasets[refused->dataset].steps[refused->step].kind;
        problems.error(step.at(to_text(kind)), refused->why);
    }
}

}  // namespace

void build_datasets(const TableReader& app,
                    DataFiles files,
                    const std::string& folder,
                    AppSpec& out,
                    Diagnostics& problems) {
    const std::vector<TableReader> readers = app.tables("dataset");
    UniqueNames names{"dataset", problems};
    std::vector<std::string> before;
    Levels levels{problems};
    for (std::size_t i = 0; i < readers.size(); ++i) {
        const TableReader& reader = readers[i];
        DatasetSpec spec;
        spec.name = reader.maybe_text("name").value_or(fmt::format("dataset-{}", i + 1));
        const std::vector<TableReader> steps = reader.tables("steps");
        if (reader.has("steps") && reader.items("steps").empty()) {
            problems.error(reader.at("steps"), "`steps` is empty");
        }
        const StepContext context{files, folder, before, problems};
        for (std::size_t k = 0; k < steps.size(); ++k) {
            if (auto step = build_step(steps[k], k, context)) {
                spec.steps.push_back(std::move(*step));
            }
        }
        names.add(spec.name, reader.at("name"));
        for (const StageSpec& stage : out.stages) {
            if (stage.name == spec.name) {
                problems.error(reader.at("name"),
                               fmt::format("`{}` is both a stage and a dataset", spec.name));
            }
        }
        before.push_back(spec.name);
        levels.add(spec, reader);
        out.datasets.push_back(std::move(spec));
    }
    check_partitions(readers, files, folder, out, problems);
}

}  // namespace forkyard::sim
