#include "core/driver/partition_set.hpp"

#include <doctest/doctest.h>

namespace forkyard::partition_set_test {
namespace {

TEST_SUITE("a set of partitions") {
    TEST_CASE("is empty when each that was put in was taken out, however often") {
        PartitionSet set;
        CHECK(set.empty());
        set.insert(70);
        set.insert(3);
        set.insert(3);
        set.erase(3);
        CHECK_FALSE(set.empty());
        set.erase(3);
        set.erase(1000);  // was never in
        CHECK_FALSE(set.empty());
        set.erase(70);
        CHECK(set.empty());
    }

    TEST_CASE("is empty when cleared, and can be filled again") {
        PartitionSet set;
        set.insert(5);
        set.clear();
        CHECK(set.empty());
        set.erase(5);
        set.insert(5);
        CHECK_FALSE(set.empty());
    }
}

}  // namespace
}  // namespace forkyard::partition_set_test
