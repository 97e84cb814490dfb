// What [[expect.result]] asks of the results of jobs.
#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "core/data/value_text.hpp"
#include "core/digest.hpp"
#include "core/report/expectations.hpp"
#include "core/report/readable.hpp"

namespace forkyard {

namespace {

constexpr std::size_t shown_max = 3;

// Rows are compared in one form: a pair is a list of two, and a whole real an integer,
// because a file cannot tell them apart.
Value plain_real(double real) {
    constexpr double exact = 9007199254740992.0;  // up to here each integer is a real
    if (std::trunc(real) == real && std::abs(real) <= exact) {
        return Value{static_cast<std::int64_t>(real)};
    }
    return Value{real};
}

Value plain(const Value& value) {
    switch (value.kind()) {
        case Value::Kind::real:
            return plain_real(value.real());
        case Value::Kind::pair:
            return Value{List{plain(value.first()), plain(value.second())}};
        case Value::Kind::list: {
            List list;
            for (const Value& part : value.list()) {
                list.push_back(plain(part));
            }
            return Value{std::move(list)};
        }
        default:
            return value;
    }
}

Value plain(const RowSpec& row) {
    if (const auto* integer = std::get_if<std::int64_t>(&row.value)) {
        return Value{*integer};
    }
    if (const auto* real = std::get_if<double>(&row.value)) {
        return plain_real(*real);
    }
    if (const auto* text = std::get_if<std::string>(&row.value)) {
        return Value{*text};
    }
    List list;
    for (const RowSpec& part : std::get<std::vector<RowSpec>>(row.value)) {
        list.push_back(plain(part));
    }
    return Value{std::move(list)};
}

template <class T>
List plain_rows(const std::vector<T>& rows) {
    List out;
    out.reserve(rows.size());
    for (const T& row : rows) {
        out.push_back(plain(row));
    }
    return out;
}

std::string some(const List& rows) {
    std::string text;
    for (std::size_t i = 0; i < std::min(rows.size(), shown_max); ++i) {
        text += (i == 0 ? "" : ", ") + to_json(rows[i]);
    }
    if (rows.size() > shown_max) {
        text += fmt::format(" and {} more", rows.size() - shown_max);
    }
    return text;
}

// What is in sorted `a` and not in sorted `b`, each as often as it is too many.
List without(const List& a, const List& b) {
    List out;
    std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(out));
    return out;
}

std::string difference(const List& missing, const List& extra) {
    std::string text;
    if (!missing.empty()) {
        text = "missing " + some(missing);
    }
    if (!extra.empty()) {
        text += (text.empty() ? "unexpected " : "; unexpected ") + some(extra);
    }
    return text;
}

ExpectationResult check_ordered(std::string what, const List& asked, const List& rows) {
    for (std::size_t i = 0; i < std::max(asked.size(), rows.size()); ++i) {
        if (i < asked.size() && i < rows.size() && asked[i] == rows[i]) {
            continue;
        }
        return {.what = std::move(what),
                .ok = false,
                .seen = fmt::format("row {} is {} instead of {}",
                                    i + 1,
                                    i < rows.size() ? to_json(rows[i]) : "missing",
                                    i < asked.size() ? to_json(asked[i]) : "nothing")};
    }
    return {.what = std::move(what), .ok = true, .seen = counted(rows.size(), "row")};
}

ExpectationResult check_rows(std::string what, List asked, List rows, bool others_allowed) {
    std::sort(asked.begin(), asked.end());
    std::sort(rows.begin(), rows.end());
    const List missing = without(asked, rows);
    const List extra = others_allowed ? List{} : without(rows, asked);
    const bool ok = missing.empty() && extra.empty();
    return {.what = std::move(what),
            .ok = ok,
            .seen = ok ? counted(rows.size(), "row") : difference(missing, extra)};
}

// With contains and ordered: as a subsequence.
ExpectationResult check_subsequence(std::string what, const List& asked, const List& rows) {
    std::size_t next = 0;
    for (const Value& row : rows) {
        if (next < asked.size() && row == asked[next]) {
            ++next;
        }
    }
    const bool ok = next == asked.size();
    return {.what = std::move(what),
            .ok = ok,
            .seen = ok ? counted(rows.size(), "row")
                       : fmt::format("{} does not come in its place", to_json(asked[next]))};
}

std::int64_t row_count(const JobResult& result) {
    const bool is_count = result.action == ActionKind::count || result.action == ActionKind::save;
    if (is_count && result.value.is(Value::Kind::integer)) {
        return result.value.integer();
    }
    return static_cast<std::int64_t>(rows_of(result).size());
}

ExpectationResult check_sum(std::string what, std::int64_t asked, const JobResult& result) {
    std::uint64_t whole = 0;  // unsigned, so that it wraps rather than overflows
    double real = 0;
    bool reals = false;
    for (const Value& row : rows_of(result)) {
        const Value& value = row.is(Value::Kind::pair) ? row.second() : row;
        if (value.is(Value::Kind::integer)) {
            whole += static_cast<std::uint64_t>(value.integer());
        } else if (value.is(Value::Kind::real)) {
            real += value.real();
            reals = true;
        } else {
            return {.what = std::move(what),
                    .ok = false,
                    .seen = fmt::format("{} has no number", to_json(row))};
        }
    }
    const Value sum = reals
                          ? plain_real(real + static_cast<double>(static_cast<std::int64_t>(whole)))
                          : Value{static_cast<std::int64_t>(whole)};
    return {.what = std::move(what), .ok = sum == Value{asked}, .seen = to_json(sum)};
}

bool is_number_of(const std::string& text, JobId job) {
    const std::string number = std::to_string(job.value);
    return text == number || text == "j" + number;
}

const JobResult* find_result(const ResultExpectation& expect,
                             const Summary& summary,
                             std::span<const JobResult> results) {
    const auto fits = [&](const JobResult& result, auto&& job_fits) {
        const bool app_fits =
            expect.app.empty() || (result.app.index() < summary.apps.size() &&
                                   summary.apps[result.app.index()].name == expect.app);
        return app_fits && job_fits(result);
    };
    const auto find = [&](auto&& job_fits) {
        const auto found = std::find_if(
            results.begin(), results.end(), [&](const JobResult& r) { return fits(r, job_fits); });
        return found == results.end() ? nullptr : &*found;
    };
    if (const JobResult* named =
            find([&](const JobResult& r) { return expect.job.empty() || r.name == expect.job; })) {
        return named;
    }
    return find([&](const JobResult& r) { return is_number_of(expect.job, r.job); });
}

}  // namespace

std::string result_digest(const JobResult& result, bool ordered) {
    List rows = rows_of(result);
    if (!ordered) {
        std::sort(rows.begin(), rows.end());
    }
    std::uint64_t digest = digest_of(rows.size());
    for (const Value& row : rows) {
        digest = combine(digest, digest_of(to_json(row)));
    }
    return fmt::format("{:016x}", digest);
}

std::vector<ExpectationResult> check_result(const ResultExpectation& expect,
                                            const Summary& summary,
                                            std::span<const JobResult> results) {
    std::string whose = expect.job.empty() ? "result" : fmt::format("result of {}", expect.job);
    if (!expect.app.empty()) {
        whose += fmt::format(" in {}", expect.app);
    }
    const JobResult* result = find_result(expect, summary, results);
    if (result == nullptr) {
        return {{.what = whose, .ok = false, .seen = "the job gave none"}};
    }
    std::vector<ExpectationResult> out;
    const List rows = plain_rows(rows_of(*result));
    if (expect.equals) {
        const List asked = plain_rows(*expect.equals);
        const std::string what = fmt::format("{} is {}{}",
                                             whose,
                                             some(asked).empty() ? "empty" : some(asked),
                                             expect.ordered ? ", in this order" : "");
        out.push_back(expect.ordered ? check_ordered(what, asked, rows)
                                     : check_rows(what, asked, rows, false));
    }
    if (expect.contains) {
        const List asked = plain_rows(*expect.contains);
        const std::string what = fmt::format(
            "{} contains {}{}", whose, some(asked), expect.ordered ? ", in this order" : "");
        out.push_back(expect.ordered ? check_subsequence(what, asked, rows)
                                     : check_rows(what, asked, rows, true));
    }
    if (expect.rows) {
        const std::int64_t count = row_count(*result);
        out.push_back({.what = fmt::format("{} has {} rows", whose, *expect.rows),
                       .ok = count == *expect.rows,
                       .seen = std::to_string(count)});
    }
    if (expect.sum) {
        out.push_back(
            check_sum(fmt::format("{} sums to {}", whose, *expect.sum), *expect.sum, *result));
    }
    if (expect.digest) {
        std::string digest = result_digest(*result, expect.ordered);
        const bool ok = digest == *expect.digest;
        out.push_back({.what = fmt::format("{} has the digest {}", whose, *expect.digest),
                       .ok = ok,
                       .seen = std::move(digest)});
    }
    for (ExpectationResult& checked : out) {
        checked.settled = true;  // the job has given what it gives
    }
    return out;
}

}  // namespace forkyard
