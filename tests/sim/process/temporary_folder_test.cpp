// Folders for temporary files: whose they are, and when they go.
#include "sim/process/temporary_folder.hpp"

#include <cstdlib>
#include <filesystem>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "tests/sim/run/saved_run.hpp"

namespace forkyard::sim::temporary_folder_test {

namespace {

namespace fs = std::filesystem;

// TMPDIR is a folder of its own, as long as this lives.
class OwnPlace {
public:
    OwnPlace() { (void)::setenv("TMPDIR", place_.path().c_str(), 1); }
    OwnPlace(const OwnPlace&) = delete;
    OwnPlace& operator=(const OwnPlace&) = delete;
    OwnPlace(OwnPlace&&) = delete;
    OwnPlace& operator=(OwnPlace&&) = delete;
    ~OwnPlace() {
        if (before_.empty()) {
            (void)::unsetenv("TMPDIR");
        } else {
            (void)::setenv("TMPDIR", before_.c_str(), 1);
        }
    }
    [[nodiscard]] std::size_t count() const { return place_.all().size(); }

private:
    testing::SaveFolder place_{};
    std::string before_{std::getenv("TMPDIR") == nullptr ? "" : std::getenv("TMPDIR")};
};

}  // namespace

TEST_SUITE("temporary folders") {
    TEST_CASE("one goes with all that is in it, and not those of others") {
        const OwnPlace place;
        Result<TemporaryFolder> kept = TemporaryFolder::make("test");
        REQUIRE(kept);
        {
            Result<TemporaryFolder> made = TemporaryFolder::make("test");
            REQUIRE(made);
            CHECK(made->path() != kept->path());
            fs::create_directory(made->path() + "/in it");
            CHECK(place.count() == 3);
        }
        CHECK(place.count() == 1);
        CHECK(fs::is_directory(kept->path()));
    }

    TEST_CASE("that of a process which was killed goes when another one is made") {
        const OwnPlace place;
        const pid_t child = ::fork();
        if (child == 0) {
            const Result<TemporaryFolder> made = TemporaryFolder::make("test");
            ::_exit(made ? 0 : 1);
        }
        int status = 1;
        REQUIRE(::waitpid(child, &status, 0) == child);
        REQUIRE(status == 0);
        CHECK(place.count() == 1);
        const Result<TemporaryFolder> other = TemporaryFolder::make("other");
        CHECK(place.count() == 2);
        const Result<TemporaryFolder> made = TemporaryFolder::make("test");
        CHECK(place.count() == 2);
    }

    TEST_CASE("where none can be made the error says where, and what to do") {
        const OwnPlace place;
        (void)::setenv("TMPDIR", "/nowhere/at/all", 1);
        const Result<TemporaryFolder> made = TemporaryFolder::make("test");
        REQUIRE_FALSE(made);
        CHECK(made.error().what.find("`/nowhere/at/all/forkyard-test-") != std::string::npos);
        CHECK(made.error().exit == Exit::cannot_write);
    }
}

}  // namespace forkyard::sim::temporary_folder_test
