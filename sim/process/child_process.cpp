#include "sim/process/child_process.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <signal.h>
#include <string_view>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

#include "sim/process/boost_process.hpp"
#include "sim/process/limits.hpp"

namespace forkyard::sim {

namespace {

std::vector<char*> pointers(std::vector<std::string>& strings) {
    std::vector<char*> out;
    out.reserve(strings.size() + 1);
    for (auto& string : strings) {
        out.push_back(string.data());
    }
    out.push_back(nullptr);
    return out;
}

std::string_view name_of(std::string_view assignment) {
    return assignment.substr(0, assignment.find('='));
}

// Ours without what is added, then what is added.
std::vector<char*> environment_with(std::vector<std::string>& added) {
    std::vector<char*> out;
    for (auto entry = ::environ; entry != nullptr && *entry != nullptr; ++entry) {
        bool replaced = false;
        for (const auto& other : added) {
            replaced = replaced || name_of(other) == name_of(*entry);
        }
        if (!replaced) {
            out.push_back(*entry);
        }
    }
    const auto tail = pointers(added);
    out.insert(out.end(), tail.begin(), tail.end());
    return out;
}

// What happens between vfork and exec, and it is system calls only: the memory is
// still the driver's.
class ChildSetup : public bp::extend::handler {
public:
    ChildSetup(char* const* argv, char** environment, const ChildCommand& command, pid_t* pid)
        : argv_{argv}, environment_{environment}, command_{&command}, pid_{pid} {}

    template <class Executor>
    void on_exec_setup(Executor& exec) const {
        if (::setpgid(0, command_->group) != 0) {
            ::setpgid(0, 0);  // the group has died out
        }
        if (!command_->folder.empty() && ::chdir(command_->folder.c_str()) != 0) {
            ::_exit(127);
        }
        if (command_->standard_input >= 0) {
            ::dup2(command_->standard_input, STDIN_FILENO);
        }
        if (command_->standard_output >= 0) {
            ::dup2(command_->standard_output, STDOUT_FILENO);
        }
        if (command_->dies_with_driver) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        }
        for (const int fd : command_->inherited_fds) {
            ::fcntl(fd, F_SETFD, 0);
        }
        sigset_t none;
        sigemptyset(&none);
        ::sigprocmask(SIG_SETMASK, &none, nullptr);
        exec.cmd_line = argv_;
        exec.env = environment_;
    }
    template <class Executor>
    void on_error(Executor& exec, const std::error_code&) const {
        *pid_ = exec.pid;  // the zombie of a failed exec; Boost does not tell otherwise
    }

private:
    char* const* argv_;
    char** environment_;
    const ChildCommand* command_;
    pid_t* pid_;
};

Error start_error(const std::error_code& code, const ChildCommand& command) {
    const auto doing = "start a process of " + command.binary;
    auto error = system_error(code.value(), doing);
    if (error.where.empty()) {
        error.where = command.binary;
        error.mend = "the file must be there and be executable";
    }
    return error;
}

std::optional<ChildExit> wait_for(pid_t pid, int options) noexcept {
    int status = 0;
    pid_t result = 0;
    do {
        result = ::waitpid(pid, &status, options);
    } while (result < 0 && errno == EINTR);
    if (result != pid) {
        return std::nullopt;
    }
    if (WIFSIGNALED(status)) {
        return ChildExit{ChildExit::Kind::killed, WTERMSIG(status)};
    }
    return ChildExit{ChildExit::Kind::exited, WEXITSTATUS(status)};
}

}  // namespace

std::string ChildExit::text() const {
    if (kind == Kind::exited) {
        return "exited with status " + std::to_string(code);
    }
    const auto* const name = ::sigabbrev_np(code);
    return "killed by " + (name == nullptr ? "signal" : "SIG" + std::string{name}) + " (" +
           std::to_string(code) + ")";
}

Result<pid_t> start_child(const ChildCommand& command) {
    auto strings = command.argv;
    auto added = command.added_environment;
    const auto argv = pointers(strings);
    auto environment = environment_with(added);
    pid_t failed = -1;
    std::error_code code;
    try {
        bp::child child{bp::exe = command.binary,
                        ChildSetup{argv.data(), environment.data(), command, &failed},
                        bp::posix::use_vfork,
                        code};
        if (!code) {
            const auto pid = child.id();
            child.detach();
            return pid;
        }
    } catch (const std::system_error& error) {
        code = error.code();
    }
    if (failed > 0) {
        (void)wait_for(failed, 0);
    }
    return fail(start_error(code, command));
}

std::optional<ChildExit> reap(pid_t pid) noexcept {
    return wait_for(pid, WNOHANG);
}

std::optional<pid_t> peek_ended_child() noexcept {
    siginfo_t info{};
    if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) {
        return std::nullopt;
    }
    return info.si_pid;
}

ChildExit reap_killed(pid_t pid) noexcept {
    return wait_for(pid, 0).value_or(ChildExit{ChildExit::Kind::killed, SIGKILL});
}

bool bind_to_driver(pid_t expected_ppid) noexcept {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    // The driver may have died before the call; then nobody will send the signal.
    return ::getppid() == expected_ppid;
}

}  // namespace forkyard::sim
