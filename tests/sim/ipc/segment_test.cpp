#include "sim/ipc/segment.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "sim/ipc/plumbing.hpp"
#include "tests/sim/ipc/ipc_fixture.hpp"

namespace forkyard::sim::segment_test {

namespace {

// Lowers a soft limit for the length of a scope.
template <class Resource>
class LowerLimit {
public:
    LowerLimit(Resource resource, rlim_t value) : resource_{resource} {
        ::getrlimit(resource_, &before_);
        rlimit lower = before_;
        lower.rlim_cur = value;
        ::setrlimit(resource_, &lower);
    }
    LowerLimit(const LowerLimit&) = delete;
    LowerLimit& operator=(const LowerLimit&) = delete;
    ~LowerLimit() { ::setrlimit(resource_, &before_); }

private:
    Resource resource_;
    rlimit before_{};
};

}  // namespace

TEST_SUITE("segment") {
    TEST_CASE("what one side writes the other side reads, at the same place") {
        const auto ours = must(Segment::create(100, ring_bytes_min));
        const auto theirs = must(Segment::adopt(UniqueFd{::dup(ours.fd())}));
        CHECK(theirs.layout().total_bytes == ours.layout().total_bytes);
        CHECK(&theirs.slot(99) != &ours.slot(99));
        ours.slot(99).heartbeat.store(7);
        CHECK(theirs.slot(99).heartbeat.load() == 7);
        RingWriter writer{ours.up(99)};
        (void)writer.push(1, bytes_of(42));
        writer.publish();
        std::uint64_t seen = 0;
        RingReader{theirs.up(99)}.drain([&](auto, auto, Bytes bytes) { seen = number_in(bytes); });
        CHECK(seen == 42);
    }

    TEST_CASE("rings do not overlap and end where the segment ends") {
        const auto segment = must(Segment::create(33, ring_bytes_min));
        const auto* const base = segment.down(0).bytes;
        for (std::uint32_t slot = 0; slot < 33; ++slot) {
            CHECK(segment.down(slot).bytes == base + 2 * slot * ring_bytes_min);
            CHECK(segment.up(slot).bytes == base + (2 * slot + 1) * ring_bytes_min);
        }
        CHECK(segment.layout().rings_at + 66 * ring_bytes_min == segment.layout().total_bytes);
        CHECK(segment.layout().groups() == 2);
    }

    TEST_CASE("nobody can cut it short under the others") {
        const auto segment = must(Segment::create(1, ring_bytes_min));
        CHECK(::ftruncate(segment.fd(), 0) != 0);
        CHECK(errno == EPERM);
    }

    TEST_CASE("memory that is not ours is refused") {
        UniqueFd memory{::memfd_create("test", MFD_CLOEXEC)};
        SUBCASE("too small") {}
        SUBCASE("all zero") {
            CHECK(::ftruncate(memory.value(), 1 << 20) == 0);
        }
        SUBCASE("not there") {
            memory = UniqueFd{};
        }
        const auto segment = Segment::adopt(std::move(memory));
        REQUIRE_FALSE(segment);
        CHECK(segment.error().exit == Exit::usage);
    }

    TEST_CASE("limits are named, with the way to raise them") {
        SUBCASE("open files") {
            const LowerLimit limit{RLIMIT_NOFILE, 3};
            const auto segment = Segment::create(1, ring_bytes_min);
            REQUIRE_FALSE(segment);
            CHECK(segment.error().where == "RLIMIT_NOFILE");
            CHECK(segment.error().mend.find("ulimit -n") != std::string::npos);
        }
        SUBCASE("size of a file") {
            const LowerLimit limit{RLIMIT_FSIZE, 1 << 16};
            const auto segment = Segment::create(64, ring_bytes_min);
            REQUIRE_FALSE(segment);
            CHECK(segment.error().where == "RLIMIT_FSIZE");
        }
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
        SUBCASE("memory") {
            const LowerLimit limit{RLIMIT_AS, std::uint64_t{1} << 30};
            const auto segment = Segment::create(65'536, ring_bytes_default);
            REQUIRE_FALSE(segment);
            CHECK(segment.error().where == "RLIMIT_AS");
        }
#endif
    }
}

TEST_SUITE("plumbing") {
    TEST_CASE("what the driver writes the executor reads, once") {
        const Plumbing plumbing{
            .memory_fd = 5, .doorbell_fd = 6, .slot = 7, .generation = 8, .driver = 9};
        CHECK(plumbing.environment() == "FORKYARD_SLOT=5:6:7:8:9");
        ::setenv(Plumbing::name, "5:6:7:8:9", 1);
        const auto taken = Plumbing::take_from_environment();
        REQUIRE(taken);
        CHECK(taken->environment() == plumbing.environment());
        CHECK_FALSE(Plumbing::take_from_environment());
    }

    TEST_CASE("anything else is refused") {
        for (const auto* const text : {"", "1:2:3:4", "1:2:3:4:5:6", "1:2:x:4:5", "1:2:3:4:-5"}) {
            CAPTURE(text);
            ::setenv(Plumbing::name, text, 1);
            CHECK_FALSE(Plumbing::take_from_environment());
        }
    }
}

}  // namespace forkyard::sim::segment_test
