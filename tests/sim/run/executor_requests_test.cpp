// Requests of a program for executors, and what a standalone master makes of them: the numbers
// of StandaloneDynamicAllocationSuite (CM-STA-11 to CM-STA-16).
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/sim/run/inline_run.hpp"

namespace forkyard::sim::executor_requests_test {

using testing::InlineRun;

namespace {

// Two workers of ten cores; one request a second, the first at 1 s.
class Requests {
public:
    explicit Requests(std::string conf) : conf_{std::move(conf)} {}

    Requests& more(int count) { return add("request_executors = " + std::to_string(count)); }
    Requests& total(int count) { return add("request_total_executors = " + std::to_string(count)); }
    Requests& kill(int from, int until) {
        std::string list;
        for (int e = from; e < until; ++e) {
            list += "\"e" + std::to_string(e) + "\", ";
        }
        return add("kill_executors = [" + list + "]");
    }

    // How many there are after each request, those at the start first.
    std::vector<int> counts() {
        std::string lists;
        for (int second = 0; second <= requests_; ++second) {
            lists += "[[app.request]]\nlist_executors = true\nat = \"" + std::to_string(second) +
                     "500ms\"\n";
        }
        const InlineRun run{
            "format = 1\n[[cluster.worker]]\nname = \"w\"\ncount = 2\ncores = 10\n"
            "memory = \"2g\"\n[conf]\n\"spark.executor.memory\" = \"256m\"\n" +
            conf_ + "[[app]]\nname = \"a\"\nopen_until = \"60s\"\n[[app.stage]]\nname = \"s\"\n" +
            "tasks = 1\n" + text_ + lists};
        CHECK(run.result.report.exit == Exit::ok);
        std::vector<int> found;
        for (const std::string& line : run.records.of("executor.list")) {
            const std::string list = line.substr(line.find("execs=") + 6);
            found.push_back(
                list == "-" ? 0 : static_cast<int>(std::count(list.begin(), list.end(), ',') + 1));
        }
        return found;
    }

private:
    Requests& add(const std::string& what) {
        text_ += "[[app.request]]\nat = \"" + std::to_string(++requests_) + "s\"\n" + what + "\n";
        return *this;
    }

    std::string conf_;
    std::string text_;
    int requests_ = 0;
};

const char* const two_cores = "\"spark.executor.cores\" = 2\n";

}  // namespace

TEST_SUITE("requests for executors") {
    TEST_CASE("CM-STA-11 raising and lowering the limit, whole workers") {
        CHECK(Requests{""}
                  .kill(1, 3)
                  .more(1)
                  .more(1)
                  .more(1)
                  .kill(3, 5)
                  .kill(5, 6)
                  .more(1000)
                  .counts() == std::vector{2, 0, 1, 2, 2, 1, 0, 2});
    }

    TEST_CASE("CM-STA-12 a lower limit kills nobody") {
        CHECK(Requests{two_cores}.total(3).more(4).counts() == std::vector{10, 10, 10});
    }

    TEST_CASE("CM-STA-13 a limit of cores without a size of executors") {
        CHECK(Requests{"\"spark.cores.max\" = 8\n"}
                  .kill(1, 3)
                  .more(1)
                  .more(1)
                  .more(1)
                  .kill(3, 4)
                  .counts() == std::vector{2, 0, 1, 1, 1, 2});
        CHECK(Requests{"\"spark.cores.max\" = 16\n"}.kill(1, 3).more(1).more(1).counts() ==
              std::vector{2, 0, 1, 2});
    }

    TEST_CASE("CM-STA-14 executors of two cores") {
        CHECK(Requests{two_cores}
                  .kill(1, 11)
                  .more(1)
                  .more(3)
                  .more(10)
                  .kill(11, 13)
                  .kill(13, 17)
                  .counts() == std::vector{10, 0, 1, 4, 10, 10, 8});
    }

    TEST_CASE("CM-STA-14 and a limit of cores") {
        CHECK(Requests{std::string{two_cores} + "\"spark.cores.max\" = 8\n"}
                  .kill(1, 5)
                  .more(4)
                  .more(10)
                  .kill(5, 9)
                  .kill(9, 13)
                  .kill(13, 17)
                  .kill(17, 19)
                  .counts() == std::vector{4, 0, 4, 4, 4, 4, 2, 0});
    }

    TEST_CASE("CM-STA-15 killed twice is killed once") {
        CHECK(Requests{two_cores}.total(10).kill(1, 2).kill(1, 2).counts() ==
              std::vector{10, 10, 9, 9});
    }

    TEST_CASE("CM-STA-16 with dynamic allocation it begins with what that asks for") {
        const std::string conf =
            "\"spark.dynamicAllocation.enabled\" = true\n"
            "\"spark.dynamicAllocation.initialExecutors\" = 1\n"
            "\"spark.dynamicAllocation.minExecutors\" = 1\n";
        CHECK(Requests{conf}.counts() == std::vector{1});
    }
}

}  // namespace forkyard::sim::executor_requests_test
