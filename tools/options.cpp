#include "tools/options.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>

#include <fmt/format.h>

namespace forkyard::tools {

namespace fs = std::filesystem;

int complain(const Error& error) {
    fmt::print(stderr, "forkyard: {}\n", error.text());
    return static_cast<int>(error.exit);
}

int complain(const std::vector<sim::Diagnostic>& diagnostics) {
    for (const sim::Diagnostic& diagnostic : diagnostics) {
        fmt::print(stderr, "forkyard: {}\n", diagnostic.text());
    }
    return static_cast<int>(sim::worst_exit(diagnostics));
}

Result<std::vector<std::string>> expand(const std::vector<std::string>& paths) {
    std::vector<std::string> files;
    for (const std::string& path : paths) {
        std::error_code error;
        if (!fs::is_directory(path, error)) {
            files.push_back(path);
            continue;
        }
        std::vector<std::string> found;
        for (const auto& entry : fs::directory_iterator{path, error}) {
            if (entry.path().extension() == ".toml") {
                found.push_back(entry.path().string());
            }
        }
        if (found.empty()) {
            return fail({"the folder holds no scenario (*.toml)",
                         path,
                         "name a scenario file, or a folder with some",
                         Exit::missing_input});
        }
        std::sort(found.begin(), found.end());
        files.insert(files.end(), found.begin(), found.end());
    }
    return files;
}

std::optional<sim::LoadedScenario> load(const std::string& path, const RunFlags& flags, int& exit) {
    std::vector<std::string> overrides = flags.overrides;
    if (flags.seed) {
        overrides.push_back(fmt::format("seed={}", *flags.seed));
    }
    if (!flags.clock.empty()) {
        overrides.push_back(fmt::format("clock={}", flags.clock));
    }
    sim::LoadResult result = sim::load_scenario(path, overrides);
    exit = complain(result.diagnostics);
    if (result.loaded && !flags.allow_bugs) {
        for (const AppSpec& app : result.loaded->scenario.apps) {
            if (app.conf.bug != Bug::none) {
                exit = complain({fmt::format("`forkyard.bug` breaks the scheduler of `{}` on "
                                             "purpose, by {}",
                                             app.name,
                                             to_text(app.conf.bug)),
                                 path,
                                 "add --allow-bugs to have it so",
                                 Exit::bad_input});
                return std::nullopt;
            }
        }
    }
    return std::move(result.loaded);
}

std::string output_path(const std::string& given,
                        const std::string& scenario_path,
                        bool several,
                        std::string_view extension) {
    if (!several) {
        return given;
    }
    std::error_code error;
    fs::create_directories(given, error);
    return fmt::format(
        "{}{}", (fs::path{given} / fs::path{scenario_path}.stem()).string(), extension);
}

int worst(int a, int b) {
    constexpr std::array<int, 9> order{70, 74, 66, 65, 3, 1, 4, 2, 0};
    const auto rank = [&](int exit) {
        return std::find(order.begin(), order.end(), exit) - order.begin();
    };
    const bool a_listed = rank(a) < static_cast<std::ptrdiff_t>(order.size());
    const bool b_listed = rank(b) < static_cast<std::ptrdiff_t>(order.size());
    if (a_listed != b_listed) {
        return a_listed ? b : a;  // wrong usage, a missing component, an interruption
    }
    return rank(a) <= rank(b) ? a : b;
}

}  // namespace forkyard::tools
