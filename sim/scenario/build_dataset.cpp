#include <utility>

#include <fmt/format.h>

#include "sim/scenario/builders.hpp"

namespace forkyard::sim {

void build_datasets(const TableReader& app,
                    DataFiles files,
                    const std::string& folder,
                    AppSpec& out,
                    Diagnostics& problems) {
    const std::vector<TableReader> readers = app.tables("dataset");
    UniqueNames names{"dataset", problems};
    std::vector<std::string> before;
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
        out.datasets.push_back(std::move(spec));
    }
}

}  // namespace forkyard::sim
