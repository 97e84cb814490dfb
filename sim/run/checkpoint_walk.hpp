// Which datasets a driver program is to checkpoint, one after the other, once a job has ended.
//
// From the job's dataset back, each dataset is looked at once in the life of a program; behind one
// that is marked nobody looks. So a mark that comes after a job has passed by has no effect, and
// what a checkpoint failed for is not tried again.
//
// In Spark: RDD.doCheckpoint, without spark.checkpoint.checkpointAllMarkedAncestors.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/ids.hpp"
#include "core/model/application.hpp"
#include "core/plan/lineage.hpp"

namespace forkyard::sim {

class CheckpointWalk {
public:
    enum class State { over, found, computing, computed };

    // `name`: what its program calls it.
    void mark(DatasetId dataset, const std::string& name) { marked_[dataset] = name; }
    // A job of the dataset has ended well; the walk before it is over.
    void begin(const Lineage& lineage, DatasetId of, ActionKind action);
    // A job computes what is kept nowhere; it has; the lineage is cut.
    void compute() { state_ = State::computing; }
    void computed() { state_ = State::computed; }
    void go_on(const Lineage& lineage);
    // An action that fails looks no further.
    void give_up();

    [[nodiscard]] State state() const { return state_; }
    // Whether something is to be said before the program goes on.
    [[nodiscard]] bool is_due() const {
        return state_ == State::found || state_ == State::computed;
    }
    // Which one it has come to.
    [[nodiscard]] DatasetId dataset() const { return dataset_; }
    [[nodiscard]] const std::string& name() const { return marked_.at(dataset_); }
    // Whose job it was.
    [[nodiscard]] ActionKind action() const { return action_; }

private:
    std::map<DatasetId, std::string> marked_{};
    std::set<DatasetId> met_{};
    std::vector<DatasetId> open_{};  // the last one comes next
    DatasetId dataset_{};
    ActionKind action_ = ActionKind::collect;
    State state_ = State::over;
};

}  // namespace forkyard::sim
