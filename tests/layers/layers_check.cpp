// Checks a source tree against the rules: layers_check ROOT, or --self-test.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/layers/rules.hpp"

namespace {

namespace fs = std::filesystem;
using forkyard::layers::SourceFile;

// Hidden folders are other programs' business, the CI entry excepted.
bool is_skipped(const fs::path& folder) {
    const auto name = folder.filename().string();
    return name.starts_with("build") || (name.starts_with('.') && name != ".ci");
}

// What a run writes, not a person.
bool is_output(const fs::path& file) {
    const auto name = file.filename().string();
    return name.ends_with(".fyj") || name.ends_with(".fyj.zst") || name.ends_with(".meta.json") ||
           name == "compile_commands.json" || name == ".git";
}

SourceFile read(const fs::path& root, const fs::path& file) {
    std::ifstream stream{file, std::ios::binary};
    return {file.lexically_relative(root).generic_string(),
            std::string{std::istreambuf_iterator<char>{stream}, {}}};
}

std::vector<SourceFile> text_files(const fs::path& root) {
    std::vector<SourceFile> files;
    for (auto at = fs::recursive_directory_iterator{root}; at != fs::end(at); ++at) {
        if (at->is_directory() && is_skipped(at->path())) {
            at.disable_recursion_pending();
        } else if (at->is_regular_file() && !at->is_symlink() && !is_output(at->path())) {
            if (auto file = read(root, at->path()); forkyard::layers::is_text(file.text)) {
                files.push_back(std::move(file));
            }
        }
    }
    std::ranges::sort(files, {}, &SourceFile::path);
    return files;
}

int check_tree(const fs::path& root) {
    const auto exists = [&](std::string_view path) {
        return path.find("..") == path.npos && fs::is_regular_file(root / path);
    };
    const auto files = text_files(root);
    std::size_t found = 0;
    for (const auto& file : files) {
        for (const auto& finding : forkyard::layers::check_file(file, exists)) {
            std::printf("%s:%zu: %s\n", finding.path.c_str(), finding.line, finding.what.c_str());
            ++found;
        }
    }
    std::printf("%zu files, %zu findings\n", files.size(), found);
    // A tree without files means a wrong root, not a clean one.
    return found == 0 && !files.empty() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: layers_check ROOT | --self-test\n");
        return 64;
    }
    if (std::string_view{argv[1]} == "--self-test") {
        return forkyard::layers::self_test() == 0 ? 0 : 1;
    }
    return check_tree(argv[1]);
}
