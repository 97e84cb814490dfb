// Random chains of dataset steps, each of them said twice: as a scenario says it, and in SQL over
// a table that is filled with the same rows. What has no counterpart in SQL is not among them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/oracle/database.hpp"

namespace forkyard::oracle {

enum class Type { integer, text };

// Columns k, v and w; of what is not a pair v alone.
struct Table {
    std::string name;
    std::optional<Type> key;
    Type value = Type::integer;
    bool nullable = false;  // its v may be: of an outer join
    bool joined = false;    // its value is the pair of v and w
};

struct Dataset {
    std::string name;
    Table table;
    // Of one that was sorted last: by which column, and how.
    std::string sorted_by;
    bool descending = false;

    // Its rows as forkyard writes them.
    [[nodiscard]] std::string select() const;
};

class RandomProgram {
public:
    RandomProgram(std::uint64_t number, Database& database);

    [[nodiscard]] const std::string& text() const { return text_; }  // [[app.dataset]]s
    [[nodiscard]] const std::vector<Dataset>& datasets() const { return datasets_; }

private:
    struct Expression {
        std::string step;  // what stands behind the first quote: add", args = [3]
        std::string sql;   // of a column, which is @; of a filter v
        Type type;         // of what it gives
    };

    [[nodiscard]] std::uint64_t below(std::uint64_t bound);
    [[nodiscard]] std::int64_t number(std::int64_t low, std::int64_t high);
    [[nodiscard]] std::string partitions();
    [[nodiscard]] std::string word();

    void add_dataset();
    [[nodiscard]] Table source();
    [[nodiscard]] Table listed(const std::vector<std::string>& rows, Type type);
    [[nodiscard]] const Dataset* one_like(const Table& table);
    void apply(Dataset& dataset);
    void apply_to_record(Dataset& dataset);
    void apply_to_pair(Dataset& dataset);
    void apply_by_key(Dataset& dataset);
    void join(Dataset& dataset);
    void multiply(Dataset& dataset);
    void cogroup(Dataset& dataset);
    void sort(Dataset& dataset);

    [[nodiscard]] Expression function_of(Type type);
    [[nodiscard]] Expression filter_of(Type type);
    void step(const std::string& text) { text_ += "{ " + text + " },\n"; }
    // The next table, by a query over the last.
    [[nodiscard]] std::string table_of(const std::string& query);

    Database& database_;
    std::uint64_t key_;
    std::uint64_t next_ = 0;
    int tables_ = 0;
    std::string text_;
    std::vector<Dataset> datasets_;
};

}  // namespace forkyard::oracle
