// forkyard import tpch: traces in, a scenario out.
#include "tools/import_command.hpp"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "sim/scenario/nearest.hpp"
#include "sim/scenario/units.hpp"
#include "tools/options.hpp"

namespace forkyard::tools {

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

// Ten thousand gaps of it still fit into a run.
constexpr SimDuration every_max = 24h;

// The trace files that the user means: a folder is its tpch-*.json files, in order of name.
Result<std::vector<std::string>> trace_files(const std::vector<std::string>& paths) {
    std::vector<std::string> files;
    for (const std::string& path : paths) {
        std::error_code error;
        if (!fs::is_directory(path, error)) {
            files.push_back(path);
            continue;
        }
        std::vector<std::string> found;
        for (const auto& entry : fs::directory_iterator{path, error}) {
            const std::string name = entry.path().filename().string();
            if (name.starts_with("tpch-") && name.ends_with(".json")) {
                found.push_back(entry.path().string());
            }
        }
        if (found.empty()) {
            return fail({error ? "the folder cannot be read: " + error.message()
                               : std::string{"the folder holds no trace (tpch-*.json)"},
                         path,
                         "name a trace file, or a folder with some",
                         Exit::missing_input});
        }
        std::sort(found.begin(), found.end());
        files.insert(files.end(), found.begin(), found.end());
    }
    return files;
}

template <class T>
bool wanted(const std::vector<T>& chosen, const T& value) {
    return chosen.empty() || std::find(chosen.begin(), chosen.end(), value) != chosen.end();
}

// "2g" before "10g".
struct ByLength {
    bool operator()(const std::string& a, const std::string& b) const {
        return std::pair{a.size(), a} < std::pair{b.size(), b};
    }
};

// What is asked for and not there would otherwise be missed in silence.
template <class Set>
Result<void> check_chosen(const char* flag,
                          const std::vector<typename Set::value_type>& chosen,
                          const Set& present) {
    for (const auto& one : chosen) {
        if (!present.contains(one)) {
            return fail({fmt::format("no trace has {} {}", flag + 2, one),
                         flag,
                         fmt::format("there are {}", fmt::join(present, ", ")),
                         Exit::usage});
        }
    }
    return {};
}

Result<std::vector<sim::TpchTrace>> read_traces(const ImportTpchFlags& flags) {
    const Result<std::vector<std::string>> files = trace_files(flags.paths);
    if (!files) {
        return fail(files.error());
    }
    std::vector<sim::TpchTrace> traces;
    std::set<std::string, ByLength> sizes;
    std::set<std::uint32_t> queries;
    for (const std::string& file : *files) {
        Result<sim::TpchTrace> trace = sim::read_tpch_trace(file);
        if (!trace) {
            return fail(trace.error());
        }
        sizes.insert(trace->size);
        queries.insert(trace->query);
        if (wanted(flags.sizes, trace->size) && wanted(flags.queries, trace->query)) {
            traces.push_back(std::move(*trace));
        }
    }
    for (const Result<void>& checked : {check_chosen("--size", flags.sizes, sizes),
                                        check_chosen("--query", flags.queries, queries)}) {
        if (!checked) {
            return fail(checked.error());
        }
    }
    if (traces.empty()) {
        return fail({"no trace is of such a size and such a query at once",
                     "--size, --query",
                     "leave one of them out",
                     Exit::usage});
    }
    return traces;
}

Result<sim::TpchWorkload> workload_of(const ImportTpchFlags& flags) {
    using sim::TpchWorkload;
    const std::optional<SimDuration> every = sim::parse_duration(flags.every);
    if (!every || *every > every_max) {
        return fail(
            {fmt::format(
                 "`{}` is no duration up to {}", flags.every, sim::print_duration(every_max)),
             "--every",
             std::string{sim::duration_hint},
             Exit::usage});
    }
    return TpchWorkload{
        .executors = flags.executors,
        .jobs = flags.jobs,
        .every = *every,
        .arrivals =
            flags.poisson ? TpchWorkload::Arrivals::poisson : TpchWorkload::Arrivals::regular,
        .mode = flags.mode == "FAIR" ? TpchWorkload::Mode::fair : TpchWorkload::Mode::fifo,
        .durations = flags.durations == "values" ? TpchWorkload::Durations::values
                                                 : TpchWorkload::Durations::each,
        .seed = static_cast<std::uint64_t>(flags.seed)};
}

// A word as a shell would have to be given it.
std::string quoted(const std::string& word) {
    const bool plain = !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
               std::string_view{"/._-+=:,@%"}.find(c) != std::string_view::npos;
    });
    if (plain) {
        return word;
    }
    std::string out = "'";
    for (const char c : word) {
        out += c == '\'' ? std::string{"'\\''"} : std::string{c};
    }
    return out + "'";
}

// The command that gives the same scenario, defaults spelled out.
std::string command_of(const ImportTpchFlags& flags) {
    std::string text = "forkyard import tpch";
    for (const std::string& path : flags.paths) {
        text += fmt::format(" {}", quoted(path));
    }
    for (const std::string& size : flags.sizes) {
        text += fmt::format(" --size {}", quoted(size));
    }
    if (!flags.queries.empty()) {
        text += fmt::format(" --query {}", fmt::join(flags.queries, ","));
    }
    if (flags.jobs) {
        text += fmt::format(" --jobs {}", *flags.jobs);
    }
    text += fmt::format(" --every {}{} --executors {} --mode {} --durations {} --seed {}",
                        flags.every,
                        flags.poisson ? " --poisson" : "",
                        flags.executors,
                        flags.mode,
                        flags.durations,
                        flags.seed);
    return text;
}

Result<void> write_text(const std::string& path, const std::string& text) {
    std::FILE* file = path == "-" ? stdout : std::fopen(path.c_str(), "wb");
    bool written = file != nullptr &&
                   std::fwrite(text.data(), 1, text.size(), file) == text.size() &&
                   std::fflush(file) == 0;
    const int problem = errno;
    if (file != nullptr && file != stdout) {
        written = std::fclose(file) == 0 && written;
    }
    if (written) {
        return {};
    }
    return fail({fmt::format("the scenario cannot be written: {}", std::strerror(problem)),
                 path == "-" ? "standard output" : path,
                 "check that the folder exists, its permissions and the free space",
                 Exit::cannot_write});
}

}  // namespace

Result<sim::TpchScenario> import_tpch(const ImportTpchFlags& flags) {
    const Result<sim::TpchWorkload> workload = workload_of(flags);
    if (!workload) {
        return fail(workload.error());
    }
    const Result<std::vector<sim::TpchTrace>> traces = read_traces(flags);
    if (!traces) {
        return fail(traces.error());
    }
    return sim::tpch_scenario(*traces, *workload, command_of(flags));
}

int import_tpch_command(const ImportTpchFlags& flags) {
    const Result<sim::TpchScenario> made = import_tpch(flags);
    if (!made) {
        return complain(made.error());
    }
    const Result<void> written = write_text(flags.out, made->text);
    if (!written) {
        return complain(written.error());
    }
    if (flags.out != "-") {
        fmt::print(
            "{}: {} jobs, {} stages, {} tasks\n", flags.out, made->jobs, made->stages, made->tasks);
    }
    return 0;
}

}  // namespace forkyard::tools
