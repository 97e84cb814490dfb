// A journal on disk that tests write, cut, damage and read back in a few words.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "sim/journal/crc32c.hpp"
#include "sim/journal/journal_format.hpp"
#include "sim/journal/journal_reader.hpp"
#include "sim/journal/journal_writer.hpp"
#include "tests/sim/scenario/loading.hpp"

namespace forkyard::sim {

inline LoadedScenario small_loaded() {
    return *load_text(small_scenario + "[[app.stage]]\nname = \"map\"\ntasks = 2\n").loaded;
}

// The K lines of a text made to fit again, as someone would who edits with care.
inline std::string resealed(std::string_view text) {
    std::string out;
    std::size_t sealed = 0;
    while (!text.empty()) {
        const std::size_t end = text.find('\n') + 1;
        std::string line{text.substr(0, end)};
        text.remove_prefix(end);
        const std::size_t crc = line.find(" crc=");
        if (line.starts_with("K ") && crc != std::string::npos) {
            const std::uint32_t sum = crc32c(0, std::string_view{out}.substr(sealed));
            line.replace(crc + 5, 8, fmt::format("{:08x}", sum));
            sealed = out.size() + line.size();
        }
        out += line;
    }
    return out;
}

class JournalOnDisk {
public:
    explicit JournalOnDisk(std::string_view name = "run.fyj") {
        std::string folder = (std::filesystem::temp_directory_path() / "journal-XXXXXX").string();
        folder_ = mkdtemp(folder.data());
        path_ = (folder_ / name).string();
    }
    ~JournalOnDisk() {
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }
    JournalOnDisk(const JournalOnDisk&) = delete;
    JournalOnDisk& operator=(const JournalOnDisk&) = delete;

    // A run of `events`; each is `E n n000 app.killed app=app-1 cause=-`, every 64th seals.
    void write(std::uint64_t events, bool to_the_end = true) {
        Result<std::unique_ptr<ByteOutput>> output = open_output(path_);
        JournalWriter writer{std::move(*output)};
        const LoadedScenario loaded = small_loaded();
        writer.begin(loaded.scenario, loaded.lines, "1.2.3");
        for (std::uint64_t seq = 1; seq <= events; ++seq) {
            writer.append(fmt::format("E {} {}000 app.killed app=app-1 cause=-\n", seq, seq));
            if (seq % 64 == 0) {
                writer.state(seq, {{"app-1", seq}, {"manager", 7}});
            }
            (void)writer.end_event(seq, seq * 1000);
        }
        if (to_the_end) {
            (void)writer.finish("ended", 0);
        }
    }

    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] std::string bytes() const {
        std::ifstream in{path_, std::ios::binary};
        return {std::istreambuf_iterator<char>{in}, {}};
    }
    void put(std::string_view bytes) const {
        std::ofstream{path_, std::ios::binary | std::ios::trunc} << bytes;
    }
    void cut(std::size_t bytes_left) const { put(bytes().substr(0, bytes_left)); }
    void cut_tail(std::size_t bytes_lost) const { cut(bytes().size() - bytes_lost); }
    void flip(std::size_t at) const {
        std::string all = bytes();
        all[at] = static_cast<char>(all[at] ^ 1);
        put(all);
    }
    void replace(std::string_view old_text, std::string_view new_text) const {
        std::string all = bytes();
        all.replace(all.find(old_text), old_text.size(), new_text);
        put(all);
    }
    [[nodiscard]] std::size_t find(std::string_view text) const { return bytes().find(text); }

    [[nodiscard]] Result<JournalFile> read(ReadOptions options = {}) const {
        return read_journal(path_, options);
    }
    // The events that count, or the error without the path.
    [[nodiscard]] std::string events(ReadOptions options = {}) const {
        const Result<JournalFile> file = read(options);
        if (!file) {
            return fmt::format(
                "exit {}: {}", static_cast<int>(file.error().exit), told(*this, file));
        }
        std::uint64_t count = 0;
        for (const JournalFile::Line& line : file->lines) {
            count += line.text.starts_with("E ") ? 1 : 0;
        }
        return fmt::format("{} events", count);
    }
    [[nodiscard]] std::string warnings(ReadOptions options = {}) const {
        std::string all;
        const Result<JournalFile> file = read(options);
        for (const std::string& warning : file ? file->warnings : std::vector<std::string>{}) {
            all += (all.empty() ? "" : "\n") + warning.substr(path_.size());
        }
        return all;
    }

private:
    static std::string told(const JournalOnDisk& disk, const Result<JournalFile>& file) {
        const std::string& where = file.error().where;
        return (where.starts_with(disk.path_) ? where.substr(disk.path_.size()) : where) + " " +
               file.error().what;
    }

    std::filesystem::path folder_;
    std::string path_;
};

}  // namespace forkyard::sim
