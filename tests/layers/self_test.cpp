#include <algorithm>
#include <cstdio>

#include "tests/layers/rules.hpp"

namespace forkyard::layers {

namespace {

struct Case {
    std::string path;
    std::string text;
    std::string expected;  // part of the only finding; empty when there must be none
};

// Where a text would break the rule for this very file, it is split in two.
std::vector<Case> layer_cases() {
    const auto include = [](const std::string& path) { return "#include \"" + path + "\"\n"; };
    return {
        {"core/a.cpp", include("core/b.hpp"), ""},
        {"core/a.cpp", include("core/model/b.hpp"), ""},
        {"core/a.cpp", include("core/driver/b.hpp"), "must not include core/driver/b.hpp"},
        {"core/model/a.cpp", include("core/policy/b.hpp"), "must not include"},
        {"core/policy/a.cpp", include("core/driver/b.hpp"), "must not include"},
        {"core/driver/a.cpp", include("core/policy/b.hpp"), "must not include"},
        {"core/journal/a.cpp", include("core/report/b.hpp"), "must not include"},
        {"core/report/a.cpp", include("core/journal/b.hpp"), ""},
        {"core/report/a.cpp", include("core/driver/b.hpp"), "must not include"},
        {"core/a.cpp", include("sim/b.hpp"), "must not include sim/b.hpp"},
        {"core/other/a.cpp", "int a;\n", "not in the table of layers"},
        {"sim/ipc/a.cpp", include("core/driver/b.hpp"), ""},
        {"sim/a.cpp", include("tools/b.hpp"), "must not include"},
        {"tools/a.cpp", include("sim/ipc/b.hpp"), ""},
        {"tools/a.cpp", include("tests/builders/b.hpp"), "must not include"},
        {"tests/core/a.cpp", include("tests/builders/b.hpp"), ""},
        {"tests/core/a.cpp", include("sim/b.hpp"), "must not include"},
        {"tests/sim/a.cpp", include("sim/b.hpp"), ""},
        {"sim/a.cpp", include("missing.hpp"), "a path from the root"},
        {"sim/a.cpp", include("../core/b.hpp"), "a path from the root"},
        {"sim/a.cpp", "// " + include("tools/b.hpp"), ""},
    };
}

std::vector<Case> purity_cases() {
    return {
        {"core/a.cpp", "auto t = std::chrono::steady_clock::now();\n", "steady_clock"},
        {"core/a.cpp", "using C = std::chrono::system_clock;\n", "system_clock"},
        {"core/a.cpp", "using C = std::chrono::high_resolution_clock;\n", "high_resolution"},
        {"core/a.cpp", "#include <ctime>\n", "<ctime>"},
        {"core/a.cpp", "auto t = time(nullptr);\n", "time("},
        {"core/a.cpp", "auto t = ::time(0);\n", "time("},
        {"core/a.cpp", "auto t = localtime(&x);\n", "localtime"},
        {"core/a.cpp", "std::random_device r;\n", "random_device"},
        {"core/a.cpp", "#include <random>\n", "<random>"},
        {"core/a.cpp", "int r = std::rand();\n", "std::rand"},
        {"core/a.cpp", "#include <thread>\n", "<thread>"},
        {"core/a.cpp", "#include <atomic>\n", "<atomic>"},
        {"core/a.cpp", "#include <mutex>\n", "<mutex>"},
        {"core/a.cpp", "#include <fstream>\n", "<fstream>"},
        {"core/a.cpp", "#include <filesystem>\n", "<filesystem>"},
        {"core/a.cpp", "#include <iostream>\n", "<iostream>"},
        {"core/a.cpp", "#include <boost/version.hpp>\n", "boost/"},
        {"core/a.cpp", "using T = toml::table;\n", "toml"},
        {"core/a.cpp", "auto* e = std::getenv(\"A\");\n", "getenv"},
        {"core/a.cpp", "std::unordered_map<int, int> m;\n", "unordered_"},
        {"core/a.cpp", "setlocale(LC_ALL, \"C\");\n", "setlocale"},
        {"core/a.cpp",
         "constexpr auto f = \"%"
         "p\";\n",
         "address"},
        {"core/a.cpp",
         "auto f = R\"(\n  %"
         "p)\";\n",
         "address"},
        {"core/a.cpp", "int a = 1'000; std::random_device r;\n", "random_device"},
        {"core/a.cpp",
         "// neither steady_clock nor toml nor %"
         "p\n",
         ""},
        {"core/a.cpp", "/* no\n getenv */ int a;\n", ""},
        {"core/a.cpp", "auto m = \"getenv\";\n", ""},
        {"core/a.cpp", "auto t = event.time(0) + finish_time(0) + at->time(0);\n", ""},
        {"sim/a.cpp", "#include <thread>\n", ""},
    };
}

std::vector<Case> look_cases() {
    const std::string header = "// What it is.\n#pragma once\n";
    const auto lines = [](std::size_t count) {
        std::string text;
        for (std::size_t at = 0; at < count; ++at) {
            text += "int a;\n";
        }
        return text;
    };
    return {
        {"sim/a.hpp", header, ""},
        {"sim/a.hpp", "// What it is.\nint a;\n", "#pragma once"},
        {"sim/a.hpp", "#pragma once\n", "opens with a comment"},
        {"sim/a.cpp", lines(400), ""},
        {"sim/a.cpp", lines(401), "401 lines"},
        {"tests/sim/a.cpp", lines(600), ""},
        {"tests/sim/a.cpp", lines(601), "601 lines"},
        {"sim/a.cpp", std::string(100, '/') + "\n", ""},
        {"sim/a.cpp", std::string(101, '/') + "\n", "wider than"},
        {"sim/a.cpp", "//" + std::string(98, ' ') + "\xC3\xA9\n", "wider than"},
        {"sim/a.cpp", "//" + std::string(97, ' ') + "\xC3\xA9\n", ""},
        {"README.md", std::string(300, 'a') + "\n", ""},
        {"sim/a.cpp", "\tint a;\n", "a tab"},
        {"sim/a.cpp", "int a; \n", "blanks at the end"},
        {"tools/b", "echo \r\n", "blanks at the end"},
        {"sim/a.cpp", "int a;", "no newline"},
        {"sim/a.cpp",
         "// TO"
         "DO: later\n",
         "unfinished"},
        {"tools/b",
         "# FIX"
         "ME\n",
         "unfinished"},
        {"README.md",
         "HA"
         "CK\n",
         "unfinished"},
        {"tools/b",
         "mktemp /tmp/b.XX"
         "XXXX\n",
         ""},
        {"scenarios/a.toml",
         "file = \"/wo"
         "rk/a.txt\"\n",
         "path of one machine"},
        {"scenarios/a.toml",
         "file = \"${HOME}/wo"
         "rk/a.txt\"\n",
         ""},
        {"scenarios/words.txt", "a\tb ", ""},
        {"scenarios/words.txt",
         "see /ro"
         "ot/a\n",
         "path of one machine"},
        {"README.md",
         "Made by Cla"
         "ude.\n",
         "project only"},
    };
}

bool exists(std::string_view path) {
    return path.ends_with("/b.hpp") && !path.starts_with("..");
}

bool holds(const Case& test) {
    const auto findings = check_file({test.path, test.text}, exists);
    const bool good =
        test.expected.empty()
            ? findings.empty()
            : findings.size() == 1 && findings[0].what.find(test.expected) != std::string::npos;
    if (!good) {
        std::printf("in %s: %sexpected '%s', found %zu:\n",
                    test.path.c_str(),
                    test.text.substr(0, 200).c_str(),
                    test.expected.c_str(),
                    findings.size());
        for (const auto& finding : findings) {
            std::printf("    line %zu: %s\n", finding.line, finding.what.c_str());
        }
    }
    return good;
}

}  // namespace

int self_test() {
    int cases = 0;
    int failed = 0;
    for (const auto& table : {layer_cases(), purity_cases(), look_cases()}) {
        cases += static_cast<int>(table.size());
        failed += static_cast<int>(
            std::ranges::count_if(table, [](const Case& test) { return !holds(test); }));
    }
    std::printf("%d inputs, %d judged wrongly\n", cases, failed);
    return failed;
}

}  // namespace forkyard::layers
