#include "sim/scenario/scenario_file.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "sim/scenario/local_master.hpp"
#include "sim/scenario/overrides.hpp"
#include "sim/scenario/scenario_lines.hpp"
#include "sim/scenario/toml_tree.hpp"
#include "sim/scenario/tree_check.hpp"
#include "sim/scenario/units.hpp"

namespace forkyard::sim {
namespace {

// A stage or dataset that a job could be of.
struct UnusedResult {
    std::string name;
    Position at;
};

std::string name_in(const TreeNode& item, std::string_view what, std::size_t index) {
    const TreeNode* name = item.find("name");
    return name != nullptr && name->is(TreeKind::text) ? name->text
                                                       : fmt::format("{}-{}", what, index + 1);
}

// What a dataset is made of besides its own source.
void add_used(const TreeNode& dataset, std::vector<std::string>& used) {
    const TreeNode* steps = dataset.find("steps");
    for (const TreeNode& step : steps != nullptr ? steps->items : std::vector<TreeNode>{}) {
        for (const std::string_view key :
             {"from", "union", "cartesian", "zip", "join", "cogroup"}) {
            const TreeNode* named = step.is(TreeKind::table) ? step.find(key) : nullptr;
            if (named == nullptr) {
                continue;
            }
            if (named->is(TreeKind::text)) {
                used.push_back(named->text);
            }
            for (const TreeNode& item : named->items) {
                used.push_back(item.text);
            }
        }
    }
}

// Stages that are no parents, and datasets that no other is made of, in file order.
std::vector<UnusedResult> unused_results(const TreeNode& app) {
    std::vector<UnusedResult> out;
    std::vector<std::string> used;
    if (const TreeNode* stages = app.find("stage")) {
        for (const TreeNode& stage : stages->items) {
            const TreeNode* list = stage.find("parents");
            for (const TreeNode& parent : list != nullptr ? list->items : std::vector<TreeNode>{}) {
                used.push_back(parent.text);
            }
        }
    }
    if (const TreeNode* datasets = app.find("dataset")) {
        for (const TreeNode& dataset : datasets->items) {
            if (dataset.is(TreeKind::table)) {
                add_used(dataset, used);
            }
        }
    }
    for (const std::string_view what : {"stage", "dataset"}) {
        const TreeNode* list = app.find(what);
        const std::size_t count = list != nullptr ? list->items.size() : 0;
        for (std::size_t i = 0; i < count; ++i) {
            const TreeNode& item = list->items[i];
            const std::string name = name_in(item, what, i);
            if (item.is(TreeKind::table) && !contains(used, name)) {
                out.push_back(UnusedResult{name, item.at});
            }
        }
    }
    std::stable_sort(out.begin(), out.end(), [](const UnusedResult& a, const UnusedResult& b) {
        const auto place = [](const Position& at) {
            return std::tuple{!at.option.empty(), at.line, at.column};
        };
        return place(a.at) < place(b.at);
    });
    return out;
}

// Writes into the tree what is implied by the file's order or name, so that it
// stands in the journal's lines too.
void make_explicit(TreeNode& scenario, const std::string& file) {
    if (scenario.find("name") == nullptr) {
        const Position at = scenario.at;
        scenario.at_key("name", at) = make_text(std::filesystem::path{file}.stem().string(), at);
    }
    TreeMember* apps = scenario.member("app");
    if (apps == nullptr) {
        return;
    }
    for (TreeNode& app : apps->value.items) {
        if (!app.is(TreeKind::table) || app.find("job") != nullptr ||
            app.find("program") != nullptr) {
            continue;
        }
        TreeNode jobs;
        jobs.kind = TreeKind::array;
        jobs.at = app.at;
        for (const UnusedResult& result : unused_results(app)) {
            TreeNode job = make_table(result.at);
            job.at_key("name", result.at) = make_text(result.name, result.at);
            job.at_key("of", result.at) = make_text(result.name, result.at);
            jobs.items.push_back(std::move(job));
        }
        if (!jobs.items.empty()) {
            app.at_key("job", app.at) = std::move(jobs);
        }
    }
}

Scenario build(const TreeNode& tree,
               const std::string& folder,
               DataFiles files,
               Diagnostics& problems) {
    const TableReader root{tree};
    Scenario out;
    out.name = root.text("name");
    out.description = root.text("description");
    out.seed = static_cast<std::uint64_t>(root.whole("seed"));
    out.clock = root.text("clock") == "wall" ? ClockKind::wall : ClockKind::virtual_time;
    out.time_limit = root.duration("time_limit");
    out.folder = folder;
    if (root.has("format") && root.whole("format") > 1) {
        problems.error(root.at("format"),
                       fmt::format("format {} is newer than this program", root.whole("format")),
                       "it knows format 1");
    }
    build_cluster(root, files, out, problems);
    build_apps(root, files, out, problems);
    check_roles(root, out, problems);
    if (root.has("app") && root.items("app").empty()) {
        problems.error(root.at("app"), "the scenario has no applications", "add an [[app]]");
    }
    const KnownNames names{out};
    build_faults(root, names, out, problems);
    build_expectations(root, names, out, problems);
    return out;
}

LoadResult finish(const TreeNode& tree,
                  const std::string& folder,
                  DataFiles files,
                  TreeSource source,
                  Diagnostics& problems) {
    check_tree(tree, source, problems);
    LoadedScenario loaded;
    loaded.scenario = build(tree, folder, files, problems);
    LoadResult out;
    if (!problems.failed()) {
        loaded.lines = flatten(tree);
        out.loaded = std::move(loaded);
    }
    out.diagnostics = problems.take_sorted();
    return out;
}

LoadResult unreadable(const std::string& path, std::string what) {
    Diagnostic found;
    found.file = path;
    found.what = std::move(what);
    found.exit = Exit::missing_input;
    return LoadResult{std::nullopt, {std::move(found)}};
}

}  // namespace

LoadResult load_scenario(const std::string& path, const std::vector<std::string>& overrides) {
    std::error_code error;
    const std::filesystem::file_status status = std::filesystem::status(path, error);
    if (!std::filesystem::exists(status)) {
        return unreadable(path, "there is no such file");
    }
    if (std::filesystem::is_directory(status)) {
        return unreadable(path, "this is a folder, not a scenario file");
    }
    std::ifstream file{path, std::ios::binary};
    if (!file) {
        return unreadable(path, "the file cannot be read");
    }
    ScenarioText source;
    source.text.assign(std::istreambuf_iterator<char>{file}, std::istreambuf_iterator<char>{});
    source.file = path;
    source.folder = std::filesystem::path{path}.parent_path().string();
    return load_scenario_text(source, overrides);
}

LoadResult load_scenario_text(const ScenarioText& source,
                              const std::vector<std::string>& overrides,
                              DataFiles files) {
    Diagnostics problems{source.file};
    auto tree = parse_toml(source.text);
    if (!tree) {
        problems.error(tree.error().at, tree.error().what);
        return LoadResult{std::nullopt, problems.take_sorted()};
    }
    apply_overrides(*tree, overrides, problems);
    name_processors(*tree, problems);
    make_explicit(*tree, source.file);
    return finish(*tree, source.folder, files, TreeSource::file, problems);
}

LoadResult scenario_from_lines(const std::vector<std::string>& lines, const std::string& file) {
    Diagnostics problems{file};
    TreeNode tree = tree_from_lines(lines, problems);
    make_explicit(tree, file);
    return finish(tree, "", DataFiles::trust, TreeSource::lines, problems);
}

std::string resolve_path(std::string_view folder, std::string_view path) {
    return (std::filesystem::path{folder} / std::filesystem::path{path}).string();
}

}  // namespace forkyard::sim
