// Which test covers which entry of ids.txt: conformance_table ROOT.
//
// One line an entry: its id, what it is about, its first test, or why it has none. Exit
// 1 if an entry has neither test nor reason, if it has both, or if a test case names an
// entry that does not exist.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace fs = std::filesystem;

struct Entry {
    std::string id;
    std::string about;
    std::string left_out;              // why; empty: it is not
    std::vector<std::string> without;  // parts of it
    std::vector<std::string> tests{};  // "file: name"
};

struct Catalogue {
    std::vector<Entry> entries{};  // in the order of the file
    std::map<std::string, std::size_t> by_id{};
    int mistakes = 0;

    void mistake(const std::string& what) {
        std::printf("mistake: %s\n", what.c_str());
        ++mistakes;
    }
};

std::string read(const fs::path& file) {
    std::ifstream stream{file, std::ios::binary};
    return {std::istreambuf_iterator<char>{stream}, {}};
}

Catalogue read_ids(const fs::path& file) {
    Catalogue catalogue;
    std::ifstream stream{file};
    for (std::string line; std::getline(stream, line);) {
        if (line.empty() || line.front() == '#') {
            continue;
        }
        const bool about_last = line.starts_with("- ") || line.starts_with("~ ");
        if (about_last && catalogue.entries.empty()) {
            catalogue.mistake("a reason before the first entry");
        } else if (line.starts_with("- ")) {
            catalogue.entries.back().left_out = line.substr(2);
        } else if (line.starts_with("~ ")) {
            catalogue.entries.back().without.push_back(line.substr(2));
        } else {
            const std::size_t space = std::min(line.find(' '), line.size());
            Entry entry{
                line.substr(0, space), line.substr(std::min(space + 1, line.size())), {}, {}};
            if (!catalogue.by_id.emplace(entry.id, catalogue.entries.size()).second) {
                catalogue.mistake(entry.id + " is there twice");
            }
            catalogue.entries.push_back(std::move(entry));
        }
    }
    if (catalogue.entries.empty()) {
        catalogue.mistake(file.string() + " has no entries");
    }
    return catalogue;
}

std::vector<fs::path> test_files(const fs::path& root) {
    std::vector<fs::path> files;
    for (const auto& file : fs::recursive_directory_iterator{root / "tests"}) {
        if (file.is_regular_file() && file.path().extension() == ".cpp") {
            files.push_back(file.path());
        }
    }
    // An entry's own test comes first, then those that touch on it.
    std::sort(files.begin(), files.end(), [](const fs::path& a, const fs::path& b) {
        const auto rank = [](const fs::path& path) {
            const bool own = path.generic_string().find("/conformance/") != std::string::npos;
            return std::pair{own ? 0 : 1, path.generic_string()};
        };
        return rank(a) < rank(b);
    });
    return files;
}

void find_tests(Catalogue& catalogue, const fs::path& root) {
    static const std::regex test_case{R"re(TEST_CASE\(\s*"((?:[^"\\]|\\.)*)")re"};
    static const std::regex id{R"((SCH-[A-Z]+|ALLOC|CM-[A-Z0-9]+|DECOM|ESS|DRV|DP-[A-Z]+)-[0-9]+)"};
    using Matches = std::sregex_iterator;
    for (const fs::path& file : test_files(root)) {
        const std::string text = read(file);
        const std::string path = file.lexically_relative(root).generic_string();
        for (auto found = Matches{text.begin(), text.end(), test_case}; found != Matches{};
             ++found) {
            const std::string name = (*found)[1];
            for (auto at = Matches{name.begin(), name.end(), id}; at != Matches{}; ++at) {
                const auto entry = catalogue.by_id.find(at->str());
                if (entry == catalogue.by_id.end()) {
                    catalogue.mistake(path + ": \"" + name + "\" names no entry");
                } else {
                    catalogue.entries[entry->second].tests.push_back(path + ": " + name);
                }
            }
        }
    }
}

std::string line_of(const Entry& entry) {
    std::string line = entry.id + "  " + entry.about + "  |  ";
    if (entry.tests.empty()) {
        return line + (entry.left_out.empty() ? "MISSING" : "left out: " + entry.left_out);
    }
    line += entry.tests.front();
    if (entry.tests.size() > 1) {
        line += " (and " + std::to_string(entry.tests.size() - 1) + " more)";
    }
    for (const std::string& part : entry.without) {
        line += "; without: " + part;
    }
    return line;
}

int print_table(const fs::path& root) {
    Catalogue catalogue = read_ids(root / "tests/conformance/ids.txt");
    find_tests(catalogue, root);
    std::size_t covered = 0;
    std::size_t left_out = 0;
    for (const Entry& entry : catalogue.entries) {
        std::printf("%s\n", line_of(entry).c_str());
        covered += entry.tests.empty() ? 0 : 1;
        left_out += entry.tests.empty() && !entry.left_out.empty() ? 1 : 0;
        if (!entry.tests.empty() && !entry.left_out.empty()) {
            catalogue.mistake(entry.id + " is left out, but has a test");
        }
    }
    const std::size_t missing = catalogue.entries.size() - covered - left_out;
    std::printf("%zu entries: %zu with a test, %zu left out, %zu missing\n",
                catalogue.entries.size(),
                covered,
                left_out,
                missing);
    return catalogue.mistakes > 0 || missing > 0 ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string_view> arguments(argv + 1, argv + argc);
    if (arguments.size() != 1) {
        std::printf("usage: conformance_table ROOT\n");
        return 2;
    }
    return print_table(fs::path{arguments[0]});
}
