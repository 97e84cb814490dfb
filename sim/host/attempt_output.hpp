// What one task attempt of a `save`, or of a checkpoint, writes, and how it becomes the task's
// output.
//
// Laid out as by Hadoop's FileOutputCommitter: an attempt writes into a folder of its own
// under _temporary. Its commit is one rename: of the folder to the task's (version 1), or of
// the file to where it is wanted (version 2). Whether it may commit is decided elsewhere,
// and what becomes of the tasks' folders is the job's matter (SavedOutputs).
//
// The folders above the attempt's are the job's to make and to remove: where they are gone
// nobody wants the output any more, and nothing is written.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace forkyard::sim {

struct AttemptOutput {
    std::string folder{};  // that is saved into; empty: nothing is written
    std::uint32_t algorithm = 1;
    std::uint32_t app = 0;
    std::uint32_t job = 0;
    std::uint32_t partition = 0;
    std::uint32_t ticket = 0;  // of the attempt: no two have the same
};

// <out>/_temporary, and in it those of the attempts that have not committed.
[[nodiscard]] std::string temporary_folder(const std::string& folder);
[[nodiscard]] std::string attempts_folder(const std::string& folder);
// Where a task's output waits for the end of its job, under version 1.
[[nodiscard]] std::string task_folder(const AttemptOutput& output);

[[nodiscard]] Result<void> write_output(const AttemptOutput& output, const std::string& lines);
// In place of what an earlier attempt has committed and was lost before it could say so.
[[nodiscard]] Result<void> commit_output(const AttemptOutput& output);
void drop_output(const AttemptOutput& output);

[[nodiscard]] Result<void> write_file(const std::string& path, const std::string& text);
inline constexpr std::string_view save_mend =
    "check the folder's permissions and free space, or give another one with --out";
// Of an output; `why`: the system's word.
[[nodiscard]] Error cannot_save(const std::string& path, const std::string& why);

}  // namespace forkyard::sim
