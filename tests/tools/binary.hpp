// The program as its users meet it: started with arguments in a folder of its own, its two
// outputs and its exit status kept. Nothing here knows how it works inside.
#pragma once

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <poll.h>
#include <sstream>
#include <string>
#include <string_view>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

namespace forkyard::cli_testing {

using Clock = std::chrono::steady_clock;

// Far beyond what anything here takes; a test that comes to it has failed.
inline Clock::time_point deadline() {
    return Clock::now() + std::chrono::seconds{60};
}

// Looks again and again until `holds`, at most for `span`. Between two looks the
// processor is given away for a moment; nothing is assumed to be done by then. Looks are
// counted, a millisecond each: while the machine stands still, the span does too.
template <class Condition>
bool comes_true(Condition holds, std::chrono::milliseconds span) {
    for (auto look = span.count(); look > 0; --look) {
        if (holds()) {
            return true;
        }
        ::poll(nullptr, 0, 1);
    }
    return holds();
}

inline std::string read_file(const std::filesystem::path& path) {
    std::ifstream in{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, std::istreambuf_iterator<char>{}};
}

inline std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream in{text};
    for (std::string line; std::getline(in, line);) {
        lines.push_back(line);
    }
    return lines;
}

inline bool has(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

// Lines that hold every one of the parts.
inline std::vector<std::string> lines_with(const std::string& text,
                                           const std::vector<std::string>& parts) {
    std::vector<std::string> found;
    for (const std::string& line : lines_of(text)) {
        if (std::all_of(
                parts.begin(), parts.end(), [&](const auto& part) { return has(line, part); })) {
            found.push_back(line);
        }
    }
    return found;
}

// The time of an E or F line, "E 12 1500000 task.finished ...".
inline long long time_of(const std::string& line) {
    std::istringstream in{line};
    std::string letter;
    std::string number;
    long long time = -1;
    in >> letter >> number >> time;
    return time;
}

// The value of `key` in a record line; values with blanks are not asked for.
inline std::string value_of(const std::string& line, const std::string& key) {
    const auto at = line.find(" " + key + "=");
    if (at == std::string::npos) {
        return {};
    }
    const auto from = at + key.size() + 2;
    return line.substr(from, line.find(' ', from) - from);
}

struct Finished {
    int exit = -1;    // 128 + n after signal n
    std::string out;  // standard output
    std::string err;

    [[nodiscard]] nlohmann::json json() const { return nlohmann::json::parse(out); }
};

// A program that runs. Its outputs are files, or standard output is a pipe of which
// the test reads as much as it wants.
class Running {
public:
    struct How {
        std::string folder{};
        std::vector<std::string> variables{};  // added to the environment
        bool pipe = false;
    };

    Running(std::vector<std::string> argv, const How& how, std::string out, std::string err)
        : out_{std::move(out)}, err_{std::move(err)} {
        std::array<int, 2> ends{-1, -1};
        if (how.pipe) {
            REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
            ::fcntl(ends[1], F_SETPIPE_SZ, 4096);
        }
        std::vector<char*> pointers;
        for (std::string& argument : argv) {
            pointers.push_back(argument.data());
        }
        pointers.push_back(nullptr);
        pid_ = ::fork();
        REQUIRE(pid_ >= 0);
        if (pid_ == 0) {
            run_child(pointers, how, ends[1]);
        }
        if (how.pipe) {
            ::close(ends[1]);
            reading_ = ends[0];
        }
    }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    Running(Running&&) = delete;
    Running& operator=(Running&&) = delete;
    ~Running() {
        close_pipe();
        if (!reaped_) {
            ::kill(pid_, SIGKILL);
            ::waitpid(pid_, nullptr, 0);
        }
    }

    [[nodiscard]] pid_t pid() const { return pid_; }
    void signal(int number) const { ::kill(pid_, number); }

    // Reads the pipe until `part` has come; false if it ends before.
    bool read_until(std::string_view part) {
        while (!has(piped_, part)) {
            std::array<char, 4096> buffer{};
            pollfd ready{.fd = reading_, .events = POLLIN, .revents = 0};
            if (::poll(&ready, 1, 20'000) != 1) {
                return false;
            }
            const ssize_t n = ::read(reading_, buffer.data(), buffer.size());
            if (n <= 0) {
                return false;
            }
            piped_.append(buffer.data(), static_cast<std::size_t>(n));
        }
        return true;
    }
    [[nodiscard]] const std::string& piped() const { return piped_; }
    void close_pipe() {
        if (reading_ >= 0) {
            ::close(reading_);
            reading_ = -1;
        }
    }

    Finished wait() {
        if (reading_ >= 0) {
            while (read_until(std::string_view{"\0never\0", 7})) {
            }
        }
        int status = 0;
        const bool ended = comes_true(
            [&] { return ::waitpid(pid_, &status, WNOHANG) == pid_; },
            std::chrono::duration_cast<std::chrono::milliseconds>(deadline() - Clock::now()));
        REQUIRE_MESSAGE(ended, "the program does not end");
        reaped_ = true;
        const int exit = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        return {exit, out_.empty() ? piped_ : read_file(out_), read_file(err_)};
    }

private:
    [[noreturn]] void run_child(std::vector<char*>& argv, const How& how, int pipe_end) const {
        const auto open_to = [](const std::string& path, int fd) {
            const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
            ::dup2(file, fd);
        };
        if (pipe_end >= 0) {
            ::dup2(pipe_end, STDOUT_FILENO);
        } else {
            open_to(out_, STDOUT_FILENO);
        }
        open_to(err_, STDERR_FILENO);
        for (const std::string& variable : how.variables) {
            const auto equals = variable.find('=');
            ::setenv(variable.substr(0, equals).c_str(), variable.substr(equals + 1).c_str(), 1);
        }
        if (::chdir(how.folder.c_str()) == 0) {
            ::execv(argv.front(), argv.data());
        }
        ::_exit(127);
    }

    pid_t pid_ = -1;
    int reading_ = -1;
    bool reaped_ = false;
    std::string out_;
    std::string err_;
    std::string piped_;
};

// A temporary folder, removed at the end, in which the program runs.
class Workplace {
public:
    Workplace() {
        std::string name =
            (std::filesystem::temp_directory_path() / "forkyard-cli-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        folder_ = name;
    }
    Workplace(const Workplace&) = delete;
    Workplace& operator=(const Workplace&) = delete;
    Workplace(Workplace&&) = delete;
    Workplace& operator=(Workplace&&) = delete;
    ~Workplace() {
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }

    [[nodiscard]] std::filesystem::path path(const std::string& name) const {
        return folder_ / name;
    }
    void write(const std::string& name, std::string_view text) const {
        std::filesystem::create_directories(path(name).parent_path());
        std::ofstream out{path(name), std::ios::binary | std::ios::trunc};
        out << text;
    }
    [[nodiscard]] std::string read(const std::string& name) const { return read_file(path(name)); }
    [[nodiscard]] bool exists(const std::string& name) const {
        return std::filesystem::exists(path(name));
    }

    // forkyard ARGUMENTS...
    Finished run(std::vector<std::string> arguments) {
        return started(std::move(arguments)).wait();
    }
    // Any command of the shell, to compare with.
    Finished shell(const std::string& command) {
        return Running{{"/bin/sh", "-c", command}, {.folder = folder_.string()}, out(), err()}
            .wait();
    }
    [[nodiscard]] Running started(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), FORKYARD_BINARY);
        return Running{std::move(arguments), {.folder = folder_.string()}, out(), err()};
    }
    // With standard output as a pipe, and variables by which its processes are known.
    [[nodiscard]] Running piped(std::vector<std::string> arguments,
                                std::vector<std::string> variables = {}) {
        arguments.insert(arguments.begin(), FORKYARD_BINARY);
        return Running{
            std::move(arguments),
            {.folder = folder_.string(), .variables = std::move(variables), .pipe = true},
            "",
            err()};
    }

private:
    std::string out() { return path("standard-output-" + std::to_string(++count_)).string(); }
    [[nodiscard]] std::string err() const {
        return path("standard-error-" + std::to_string(count_)).string();
    }

    std::filesystem::path folder_;
    int count_ = 0;
};

// The executor process of this driver; 0: there is none.
inline int executor_pid(int driver, const std::string& exec) {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator{"/proc", error}) {
        const std::string name = entry.path().filename();
        if (name.find_first_not_of("0123456789") != std::string::npos) {
            continue;
        }
        std::string line = read_file(entry.path() / "cmdline");
        std::replace(line.begin(), line.end(), '\0', ' ');
        const std::string stat = read_file(entry.path() / "stat");
        const auto parent = stat.find(") ");
        if (has(line, " executor " + exec + " ") && parent != std::string::npos &&
            std::stoi(stat.substr(parent + 4)) == driver) {
            return std::stoi(name);
        }
    }
    return 0;
}

// Records alone: without header, scenario, state digests, seals and end.
inline std::string records_of(const std::string& journal) {
    std::string records;
    for (const std::string& line : lines_of(journal)) {
        if (!line.empty() && has("EADFMV", line.substr(0, 1)) && line.substr(1, 1) == " ") {
            records += line + "\n";
        }
    }
    return records;
}

}  // namespace forkyard::cli_testing
