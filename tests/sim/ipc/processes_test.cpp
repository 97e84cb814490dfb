#include <array>
#include <chrono>
#include <fcntl.h>
#include <filesystem>
#include <poll.h>
#include <set>
#include <signal.h>
#include <string>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "sim/process/child_process.hpp"
#include "sim/process/limits.hpp"
#include "tests/sim/ipc/ipc_fixture.hpp"

namespace forkyard::sim::processes_test {

namespace {

// Reads until the pipe has said something, or is closed by all who held it. The time is
// counted in looks of a millisecond, so that a machine that stands still uses up none.
std::string read_pipe(int fd, std::chrono::milliseconds span) {
    std::array<char, 64> buffer{};
    pollfd poll{.fd = fd, .events = POLLIN, .revents = 0};
    auto looks = span.count();
    while (looks > 0 && ::poll(&poll, 1, 1) == 0) {
        --looks;
    }
    REQUIRE(looks > 0);
    const auto count = ::read(fd, buffer.data(), buffer.size());
    return {buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0))};
}

std::set<std::string> shared_memory_names() {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator{"/dev/shm"}) {
        if (entry.path().filename().string().find("forkyard") != std::string::npos) {
            names.insert(entry.path());
        }
    }
    return names;
}

}  // namespace

TEST_SUITE("processes") {
    TEST_CASE("a driver that is killed takes its executors with it, within a second") {
        std::array<int, 2> ends{};
        REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
        const UniqueFd reading{ends[0]};
        UniqueFd writing{ends[1]};
        const auto names_before = shared_memory_names();
        const auto driver = must(start_child(
            {.binary = FORKYARD_IPC_CHILD,
             .argv =
                 {"forkyard", "drive", FORKYARD_IPC_CHILD, "20", std::to_string(writing.value())},
             .inherited_fds = {writing.value()}}));
        writing = UniqueFd{};
        REQUIRE(read_pipe(reading.value(), std::chrono::seconds{30}) == "ready");
        ::kill(driver, SIGKILL);
        CHECK(reap_killed(driver) == ChildExit{ChildExit::Kind::killed, SIGKILL});
        CHECK(read_pipe(reading.value(), std::chrono::seconds{1}).empty());  // nobody is left
        CHECK(shared_memory_names() == names_before);
    }

    TEST_CASE("a hundred executors need no more descriptors than one") {
        rlimit before{};
        ::getrlimit(RLIMIT_NOFILE, &before);
        auto lower = before;
        lower.rlim_cur = 16;
        ::setrlimit(RLIMIT_NOFILE, &lower);
        auto end = make_driver({.slots_max = 100});
        for (int i = 0; i < 100; ++i) {
            (void)must(end.start({"echo"}));
        }
        std::size_t registered = 0;
        const auto limit = soon();
        while (registered < 100 && std::chrono::steady_clock::now() < limit) {
            (void)end.wait(limit);
            (void)end.drain([](SlotId, std::uint16_t, Bytes) {});
            registered += end.take_registered().size();
        }
        CHECK(registered == 100);
        ::setrlimit(RLIMIT_NOFILE, &before);
    }

    TEST_CASE("executors share one process group, which is not the driver's") {
        auto end = make_driver({.slots_max = 2});
        const auto first = must(end.start({"idle"}));
        const auto second = must(end.start({"idle"}));
        CHECK(::getpgid(end.pid(first)) == ::getpgid(end.pid(second)));
        CHECK(::getpgid(end.pid(first)) != ::getpgid(0));
        for (const auto slot : {first, second}) {  // and the group may die out
            end.kill(slot, SIGKILL);
            (void)wait_for_exit(end);
            (void)end.release(slot);
        }
        CHECK(end.start({"idle"}).has_value());
    }

    TEST_CASE("a child without its driver does not begin") {
        CHECK_FALSE(bind_to_driver(::getppid() + 1));
        CHECK(bind_to_driver(::getppid()));
        ::prctl(PR_SET_PDEATHSIG, 0);  // the tests are nobody's executor
    }

    TEST_CASE("limits: each error names its limit and how to raise it") {
        const auto processes = system_error(EAGAIN, "start executor e7");
        CHECK(processes.where == "RLIMIT_NPROC");
        CHECK(processes.what == "cannot start executor e7: the limit on processes is reached");
        CHECK(processes.mend.find("pids.max") != std::string::npos);
        CHECK(system_error(EMFILE, "").where == "RLIMIT_NOFILE");
        CHECK(system_error(ENFILE, "").where == "fs.file-max");
        CHECK(system_error(ENOMEM, "").where == "RLIMIT_AS");
        CHECK(system_error(EFBIG, "").where == "RLIMIT_FSIZE");
        CHECK(system_error(EPERM, "do it").what == "cannot do it: Operation not permitted");
    }
}

}  // namespace forkyard::sim::processes_test
