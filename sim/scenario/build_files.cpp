// What a source of files says: where they are, and how they are to be taken.
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <fmt/format.h>

#include "core/data/file_splits.hpp"
#include "core/data/read_options.hpp"
#include "sim/host/input_files.hpp"
#include "sim/scenario/builders.hpp"
#include "sim/scenario/nearest.hpp"
#include "sim/scenario/scenario_file.hpp"

namespace forkyard::sim {
namespace {

// Paths of the command line are relative to the working directory, others to the folder.
bool from_command_line(const Position& at) {
    return !at.option.empty();
}

// Spark warns of it too (spark.io.warning.largeFileThreshold).
void warn_of_large(const FoundFile& file,
                   const std::string& path,
                   bool multi_line,
                   const Position& at,
                   Diagnostics& problems) {
    constexpr std::int64_t large = std::int64_t{1} << 30;
    const std::string& name = file.name.empty() ? path : file.name;
    if ((multi_line || compression_of(name) != Compression::none) && file.size.count >= large) {
        problems.warning(at,
                         fmt::format("`{}` is large, and a single task reads all of it", name),
                         multi_line ? "its records go over several lines" : "it is compressed");
    }
}

// `path` as it is written, and where that is.
void check_data_files(const std::string& path,
                      const std::string& resolved,
                      bool multi_line,
                      const Position& at,
                      const StepContext& context) {
    std::error_code error;
    if (!std::filesystem::exists(resolved, error)) {
        context.problems.missing_input(
            at,
            fmt::format("there is no file `{}`", path),
            from_command_line(at) ? "with --set, paths are relative to the working directory"
                                  : "paths are relative to the scenario's folder");
        return;
    }
    const Result<std::vector<FoundFile>> files = input_files(resolved);
    if (!files) {
        context.problems.missing_input(at, files.error().what, files.error().mend);
        return;
    }
    for (const FoundFile& file : *files) {
        warn_of_large(file, path, multi_line, at, context.problems);
    }
}

std::vector<std::string> option_names(FileFormat format) {
    std::vector<std::string> names;
    for (const ReadOptionRow& row : read_option_rows()) {
        if (format == FileFormat::csv || row.of == OptionOf::both) {
            names.emplace_back(row.name);
        }
    }
    return names;
}

// Whether records may go over several lines.
bool check_options(const TableReader& step,
                   FileFormat format,
                   StepSpec& out,
                   Diagnostics& problems) {
    const auto options = parse_read_options(format, out.args);
    if (options) {
        return options->multi_line;
    }
    const ReadOptionProblem& problem = options.error();
    problems.error(step.items("args").at(problem.argument)->at,
                   problem.what,
                   problem.unknown_name.empty()
                       ? problem.mend
                       : did_you_mean(problem.unknown_name, option_names(format)));
    out.args.clear();
    return false;
}

}  // namespace

Result<std::vector<InputFile>> input_files_of(const AppSpec& app, std::string_view folder) {
    std::vector<InputFile> inputs;
    std::uint32_t sources = 0;
    for (const DatasetSpec& dataset : app.datasets) {
        const StepSpec& source = dataset.steps.front();
        if (!reads_files(source.kind)) {
            continue;
        }
        Result<std::vector<FoundFile>> files = input_files(resolve_path(folder, source.value));
        if (!files) {
            return fail(files.error());
        }
        for (FoundFile& file : *files) {
            inputs.push_back({sources, std::move(file.name), file.size});
        }
        ++sources;
    }
    return inputs;
}

void read_files(const TableReader& step,
                std::string_view key,
                const StepContext& context,
                StepSpec& out) {
    const Position& at = step.at(key);
    const bool table = out.kind != StepKind::read_text;
    const FileFormat format = out.kind == StepKind::read_csv ? FileFormat::csv : FileFormat::json;
    const bool multi_line = table && check_options(step, format, out, context.problems);
    std::error_code error;
    const std::string path = step.text(key);
    out.value = from_command_line(at) ? std::filesystem::absolute(path, error).string() : path;
    if (context.files == DataFiles::look && step.node(key)->is(TreeKind::text)) {
        check_data_files(path, resolve_path(context.folder, out.value), multi_line, at, context);
    }
}

}  // namespace forkyard::sim
