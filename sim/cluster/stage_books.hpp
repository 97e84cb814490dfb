// What the tasks of each submitted stage attempt are: their plan stage, their shuffles,
// and for real ones the program, lowered and encoded once a stage attempt.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/action.hpp"
#include "core/driver/control_plane.hpp"
#include "core/ids.hpp"
#include "core/model/scenario.hpp"
#include "sim/cluster/shuffle_books.hpp"
#include "sim/host/executor_host.hpp"
#include "sim/run/user_programs.hpp"

namespace forkyard::sim {

struct StageEntry {
    StageId id;
    std::string name;
    PlanId plan;
    const PlanStage* plan_stage = nullptr;
    const StageSpec* synthetic = nullptr;  // null: real
    std::uint64_t duration_key = 0;
    ShuffleId output;              // the shuffle it writes
    std::vector<ShuffleId> reads;  // those of its parents
    // As `program` does; the plan's may change when a lineage is cut.
    std::vector<BroadcastId> broadcasts;
    JobId job;
    std::shared_ptr<const SaveJob> save;  // where its tasks save; null: they save nothing
    bool keeps = false;                   // some of what its tasks compute is to be kept
    std::shared_ptr<const StageProgram> program;
    std::shared_ptr<const std::string> encoded;
};

class StageBooks {
public:
    StageBooks(const Scenario& scenario,
               const ControlPlane& control,
               const UserPrograms& programs,
               ShuffleBooks& shuffles)
        : scenario_{scenario}, control_{control}, programs_{programs}, shuffles_{shuffles} {}

    void submit(const SubmitStage& action);
    [[nodiscard]] const StageEntry& at(AppId app, StageId stage) const {
        return stages_[app.index()][stage.index()];
    }
    // A broadcast variable that is not destroyed.
    [[nodiscard]] std::shared_ptr<const BroadcastValue> broadcast(AppId app, BroadcastId id) const {
        return programs_.broadcast(app, id);
    }
    // The latest stage that writes the shuffle; null: none.
    [[nodiscard]] const StageEntry* writer_of(AppId app, ShuffleId shuffle) const;
    // The shuffles of real data that the application writes.
    [[nodiscard]] std::vector<WrittenShuffle> written(AppId app) const;
    // The shuffle of the stage with this name or number ("map", "s1"); invalid: none.
    [[nodiscard]] ShuffleId shuffle_of(AppId app, const std::string& stage) const;
    // Whether `text` names the attempt: its stage's name, s1, or s1.0.
    [[nodiscard]] bool names(const std::string& text, AppId app, StageAttempt stage) const;

private:
    void lower(AppId app, StageEntry& entry) const;

    const Scenario& scenario_;
    const ControlPlane& control_;
    const UserPrograms& programs_;
    ShuffleBooks& shuffles_;
    std::vector<std::vector<StageEntry>> stages_;             // by application, by stage
    std::vector<std::map<PlanId, ShuffleId>> plan_shuffles_;  // by application
};

}  // namespace forkyard::sim
