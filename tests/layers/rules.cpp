#include "tests/layers/rules.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

namespace forkyard::layers {

namespace {

using Names = std::vector<std::string_view>;

// Which quoted includes a folder may have. The longest matching folder counts.
// "core/" means the files directly in core; "core/model/**" all below it.
struct Layer {
    std::string_view folder;
    Names may_include;
};

const std::vector<Layer>& layers() {
    static const std::vector<Layer> table = {
        {"core/", {"core/", "core/model/**"}},
        {"core/model/**", {"core/", "core/model/**"}},
        {"core/plan/**", {"core/", "core/model/**", "core/data/**", "core/plan/**"}},
        {"core/data/**", {"core/", "core/model/**", "core/data/**"}},
        {"core/executor/**", {"core/", "core/model/**", "core/executor/**"}},
        {"core/journal/**", {"core/", "core/model/**", "core/journal/**"}},
        {"core/policy/**", {"core/", "core/model/**", "core/policy/**"}},
        {"core/driver/**",
         {"core/",
          "core/model/**",
          "core/plan/**",
          "core/driver/**",
          "core/policy/cluster_manager.hpp",
          "core/policy/ledger.hpp"}},
        {"core/report/**",
         {"core/", "core/model/**", "core/data/**", "core/journal/**", "core/report/**"}},
        {"sim/**", {"core/**", "sim/**"}},
        {"sim/plugin/sdk/**", {}},  // for others' compilers, alone
        {"scenarios/**", {}},       // built by users, against what is installed
        {"tools/**", {"core/**", "sim/**", "tools/**"}},
        {"tests/core/**", {"core/**", "tests/builders/**", "tests/core/**"}},
        {"tests/layers/**", {"tests/layers/**"}},
        {"tests/**", {"core/**", "sim/**", "tools/**", "tests/**"}},
    };
    return table;
}

// What core's code must not mention: clocks, chance, threads, files, the
// environment, and containers whose order is an accident. Comments are free to.
struct Ban {
    std::string_view token;
    std::string_view why;
};

constexpr std::array core_bans = {
    Ban{"steady_clock", "core has no clock"},
    Ban{"system_clock", "core has no clock"},
    Ban{"high_resolution_clock", "core has no clock"},
    Ban{"<ctime>", "core has no clock"},
    Ban{"time(nullptr", "core has no clock"},
    Ban{"time(NULL", "core has no clock"},
    Ban{"time(0", "core has no clock"},
    Ban{"std::time(", "core has no clock"},
    Ban{"localtime", "core has no clock"},
    Ban{"__DATE__", "core has no clock"},
    Ban{"__TIME__", "core has no clock"},
    Ban{"random_device", "chance goes through choose()"},
    Ban{"<random>", "chance goes through choose()"},
    Ban{"std::rand(", "chance goes through choose()"},
    Ban{"<thread>", "core has no threads"},
    Ban{"<atomic>", "core has no threads"},
    Ban{"<mutex>", "core has no threads"},
    Ban{"<shared_mutex>", "core has no threads"},
    Ban{"<condition_variable>", "core has no threads"},
    Ban{"<future>", "core has no threads"},
    Ban{"<fstream>", "core has no files"},
    Ban{"<filesystem>", "core has no files"},
    Ban{"<iostream>", "core has no files"},
    Ban{"<unistd.h>", "core has no system calls"},
    Ban{"<sys/", "core has no system calls"},
    Ban{"boost/", "core needs fmt and tl::expected only"},
    Ban{"toml", "only the scenario reader knows TOML"},
    Ban{"getenv", "core has no environment"},
    Ban{"setlocale", "core has no locale"},
    Ban{"<locale>", "core has no locale"},
    Ban{"unordered_", "the order of iteration would decide schedules"},
};

// Split so that this file does not break its own rules.
const Names& markers() {
    static const Names table = {
        "TO"
        "DO",
        "FIX"
        "ME",
        "X"
        "XX",
        "HA"
        "CK"};
    return table;
}

const Names& foreign_paths() {
    static const Names table = {
        "/wo"
        "rk/",
        "/ro"
        "ot/",
        "/fa"
        "rm/",
        "sha"
        "red/spec"};
    return table;
}

const Names& foreign_words() {
    static const Names table = {
        "cla"
        "ude",
        "anth"
        "ropic",
        "chat"
        "gpt",
        "sub"
        "agent",
        "co-auth"
        "ored-by",
        "CONT"
        "RACT.md"};
    return table;
}

constexpr std::size_t source_lines_max = 400;
constexpr std::size_t test_lines_max = 600;
constexpr std::size_t columns_max = 100;

bool is_word(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

bool ends_with_any(std::string_view path, const Names& endings) {
    return std::ranges::any_of(endings, [&](std::string_view end) { return path.ends_with(end); });
}

bool is_header(std::string_view path) {
    return path.ends_with(".hpp");
}

bool is_cpp(std::string_view path) {
    return ends_with_any(path, {".hpp", ".cpp"});
}

// Files written by hand, as opposed to data, whose looks are their own business.
bool is_data(std::string_view path) {
    return ends_with_any(
               path,
               {".txt", ".csv", ".tsv", ".json", ".jsonl", ".fyj", ".fyr", ".expected", ".svg"}) &&
           !path.ends_with("CMakeLists.txt");
}

bool matches(std::string_view pattern, std::string_view path) {
    if (pattern.ends_with("**")) {
        return path.starts_with(pattern.substr(0, pattern.size() - 2));
    }
    return path.starts_with(pattern) && path.find('/', pattern.size()) == path.npos;
}

const Layer* layer_of(std::string_view path) {
    const Layer* best = nullptr;
    for (const auto& layer : layers()) {
        if (matches(layer.folder, path) &&
            (best == nullptr || layer.folder.size() > best->folder.size())) {
            best = &layer;
        }
    }
    return best;
}

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        lines.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

// The end of a literal that opens at `open`, the closing quote included.
std::size_t literal_end(std::string_view text, std::size_t open) {
    if (open > 0 && text[open - 1] == 'R') {
        const auto paren = std::min(text.find('(', open), text.size());
        const auto close = ")" + std::string{text.substr(open + 1, paren - open - 1)} + "\"";
        const auto end = text.find(close, paren);
        return end == text.npos ? text.size() : end + close.size();
    }
    auto at = open + 1;
    while (at < text.size() && text[at] != text[open] && text[at] != '\n') {
        at += text[at] == '\\' ? 2U : 1U;
    }
    return std::min(at + 1, text.size());
}

std::size_t comment_end(std::string_view text, std::size_t open) {
    const bool block = text[open + 1] == '*';
    const auto end = text.find(block ? "*/" : "\n", open + 2);
    return end == text.npos ? text.size() : end + (block ? 2 : 0);
}

struct Code {
    std::string bare;      // comments and literals blanked, quoted includes kept
    std::string literals;  // everything else blanked
};

bool on_include_line(std::string_view text, std::size_t at) {
    const auto start = at == 0 ? text.npos : text.rfind('\n', at - 1);
    return text.substr(start == text.npos ? 0 : start + 1, at).starts_with("#include");
}

void blank(std::string& text, std::size_t begin, std::size_t end) {
    for (auto at = begin; at < end; ++at) {
        text[at] = text[at] == '\n' ? '\n' : ' ';
    }
}

Code split_code(std::string_view text) {
    Code code{std::string{text}, std::string{text}};
    std::size_t copied = 0;  // literals are blanked up to here
    for (std::size_t at = 0; at < text.size();) {
        const bool comment =
            text[at] == '/' && at + 1 < text.size() && (text[at + 1] == '/' || text[at + 1] == '*');
        // 1'000: a quote after a digit separates, it opens nothing.
        const bool literal =
            text[at] == '"' || (text[at] == '\'' && (at == 0 || !is_word(text[at - 1])));
        if (comment) {
            const auto end = comment_end(text, at);
            blank(code.bare, at, end);
            at = end;
        } else if (literal) {
            const auto end = literal_end(text, at);
            blank(code.literals, copied, at);
            copied = end;
            if (!on_include_line(text, at)) {
                blank(code.bare, at, end);
            }
            at = end;
        } else {
            ++at;
        }
    }
    blank(code.literals, copied, text.size());
    return code;
}

// Finds a token, as a word of its own where it begins or ends like one.
bool mentions(std::string_view line, std::string_view token) {
    for (auto at = line.find(token); at != line.npos; at = line.find(token, at + 1)) {
        const bool inside = at > 0 && is_word(token.front()) && is_word(line[at - 1]);
        const bool member =
            at > 0 && token.starts_with("time(") && (line[at - 1] == '.' || line[at - 1] == '>');
        if (!inside && !member) {
            return true;
        }
    }
    return false;
}

bool mentions_word(std::string_view line, std::string_view word) {
    for (auto at = line.find(word); at != line.npos; at = line.find(word, at + 1)) {
        const auto after = at + word.size();
        if ((at == 0 || !is_word(line[at - 1])) &&
            (after == line.size() || !is_word(line[after]))) {
            return true;
        }
    }
    return false;
}

bool mentions_path(std::string_view line, std::string_view path) {
    for (auto at = line.find(path); at != line.npos; at = line.find(path, at + 1)) {
        const bool tail = at > 0 && path.front() == '/' &&
                          (is_word(line[at - 1]) || line[at - 1] == '.' || line[at - 1] == '}');
        if (!tail) {
            return true;
        }
    }
    return false;
}

std::string lower(std::string_view text) {
    std::string result{text};
    std::ranges::transform(
        result, result.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return result;
}

// Columns as a person counts them: continuation bytes of UTF-8 take none.
std::size_t columns(std::string_view line) {
    return static_cast<std::size_t>(std::ranges::count_if(
        line, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::optional<std::string_view> quoted_include(std::string_view line) {
    if (!line.starts_with("#include \"")) {
        return std::nullopt;
    }
    line.remove_prefix(std::string_view{"#include \""}.size());
    return line.substr(0, line.find('"'));
}

class Inspection {
public:
    Inspection(const SourceFile& file, const Exists& exists) : file_{file}, exists_{exists} {}

    Findings run() {
        const auto lines = lines_of(file_.text);
        for (std::size_t at = 0; at < lines.size(); ++at) {
            line_ = at + 1;
            check_words(lines[at]);
            if (!is_data(file_.path)) {
                check_looks(lines[at]);
            }
        }
        check_end(lines.size());
        if (is_cpp(file_.path)) {
            check_cpp(lines);
        }
        return std::move(findings_);
    }

private:
    void report(std::string what) { findings_.push_back({file_.path, line_, std::move(what)}); }

    void check_words(std::string_view line) {
        for (const auto path : foreign_paths()) {
            if (mentions_path(line, path)) {
                report("a path of one machine: " + std::string{path});
            }
        }
        const auto small = lower(line);
        for (const auto word : foreign_words()) {
            if (small.find(lower(word)) != small.npos) {
                report("text must speak of the project only: " + std::string{word});
            }
        }
    }

    void check_looks(std::string_view line) {
        for (const auto marker : markers()) {
            if (mentions_word(line, marker)) {
                report("a mark of unfinished work: " + std::string{marker});
            }
        }
        if (line.find('\t') != line.npos) {
            report("a tab");
        }
        if (line.ends_with(' ') || line.ends_with('\r')) {
            report("blanks at the end of the line");
        }
        if (is_cpp(file_.path) && columns(line) > columns_max) {
            report("wider than " + std::to_string(columns_max) + " columns");
        }
    }

    void check_end(std::size_t lines) {
        line_ = lines;
        if (!is_data(file_.path) && !file_.text.empty() && !file_.text.ends_with('\n')) {
            report("no newline at the end");
        }
        const auto limit = file_.path.starts_with("tests/") ? test_lines_max : source_lines_max;
        if (is_cpp(file_.path) && lines > limit) {
            report(std::to_string(lines) + " lines, at most " + std::to_string(limit));
        }
    }

    void check_cpp(const std::vector<std::string_view>& lines) {
        line_ = 1;
        if (is_header(file_.path) && !file_.text.starts_with("//")) {
            report("a header opens with a comment that says what it is");
        }
        if (is_header(file_.path) && std::ranges::find(lines, "#pragma once") == lines.end()) {
            report("a header has #pragma once");
        }
        const auto code = split_code(file_.text);
        check_includes(lines_of(code.bare));
        if (file_.path.starts_with("core/")) {
            check_purity(lines_of(code.bare), lines_of(code.literals));
        }
    }

    void check_includes(const std::vector<std::string_view>& lines) {
        const auto* layer = layer_of(file_.path);
        line_ = 1;
        if (layer == nullptr) {
            report("this folder is not in the table of layers");
            return;
        }
        for (std::size_t at = 0; at < lines.size(); ++at) {
            line_ = at + 1;
            if (const auto path = quoted_include(lines[at])) {
                check_include(*layer, *path);
            }
        }
    }

    void check_include(const Layer& layer, std::string_view path) {
        if (!exists_(path)) {
            report("a quoted include is a path from the root: " + std::string{path});
        } else if (std::ranges::none_of(layer.may_include, [&](std::string_view allowed) {
                       return matches(allowed, path);
                   })) {
            report(std::string{layer.folder} + " must not include " + std::string{path});
        }
    }

    void check_purity(const std::vector<std::string_view>& bare,
                      const std::vector<std::string_view>& literals) {
        for (std::size_t at = 0; at < bare.size(); ++at) {
            line_ = at + 1;
            for (const auto& ban : core_bans) {
                if (mentions(bare[at], ban.token)) {
                    report(std::string{ban.token} + ": " + std::string{ban.why});
                }
            }
            if (literals[at].find("%p") != std::string_view::npos) {
                report("%p: an address differs from run to run");
            }
        }
    }

    const SourceFile& file_;
    const Exists& exists_;
    std::size_t line_ = 0;
    Findings findings_;
};

}  // namespace

bool is_text(std::string_view content) {
    return content.find('\0') == content.npos;
}

Findings check_file(const SourceFile& file, const Exists& exists) {
    return Inspection{file, exists}.run();
}

}  // namespace forkyard::layers
