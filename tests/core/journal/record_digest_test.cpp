// What digests of runs say of the steps of datasets.
#include <cstdint>
#include <set>

#include <doctest/doctest.h>

#include "core/journal/codec.hpp"

namespace forkyard::record_digest_test {
namespace {

std::uint64_t digest_of_step(StepKind step) {
    Names names;
    names.apps = {"a"};
    DatasetDefined event;
    event.app = AppId{0};
    event.name = "d";
    event.step = step;
    RecordDigest digest{names};
    digest.add(EventHead{1, SimTime{}, 0}, Event{event});
    return digest.value();
}

TEST_SUITE("digest of steps") {
    TEST_CASE("each step counts") {
        std::set<std::uint64_t> digests;
        const int last = static_cast<int>(StepKind::repartition);
        for (int step = 0; step <= last; ++step) {
            digests.insert(digest_of_step(static_cast<StepKind>(step)));
        }
        CHECK(digests.size() == static_cast<std::size_t>(last) + 1);
    }
}

}  // namespace
}  // namespace forkyard::record_digest_test
