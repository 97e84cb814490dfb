// A database of SQLite in memory, for as long as a test needs it.
#pragma once

#include <sqlite3.h>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace forkyard::oracle {

class Database {
public:
    Database() { REQUIRE(sqlite3_open(":memory:", &database_) == SQLITE_OK); }
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;
    Database(Database&&) = delete;
    Database& operator=(Database&&) = delete;
    ~Database() { sqlite3_close(database_); }

    void execute(const std::string& sql) {
        script_ += sql + ";\n";
        INFO(script_);
        REQUIRE(sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
    }
    // The first column of each row, as text.
    [[nodiscard]] std::vector<std::string> texts(const std::string& query) const {
        INFO(script_, query);
        std::vector<std::string> rows;
        const auto add = [](void* out, int /*columns*/, char** values, char** /*names*/) {
            static_cast<std::vector<std::string>*>(out)->emplace_back(
                values[0] == nullptr ? "NULL" : values[0]);
            return 0;
        };
        REQUIRE(sqlite3_exec(database_, query.c_str(), add, &rows, nullptr) == SQLITE_OK);
        return rows;
    }
    // All that was executed.
    [[nodiscard]] const std::string& script() const { return script_; }

private:
    sqlite3* database_ = nullptr;
    std::string script_;
};

}  // namespace forkyard::oracle
