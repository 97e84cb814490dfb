// The invariants, one function for each place where a decision is recorded: called with
// the books as they stood before the record. Those named after an event are called when
// all records of the event are in.
//
//   I01  the cores of an executor's running attempts fit its cores
//   I02  the grants on a node fit it; those to an application fit its quota
//   I03  no launch on an executor that the driver knows as unregistered, gone or about to go
//   I04  an attempt is launched once, and ends where it was launched
//   I05  one running copy of a partition in a stage attempt, or a speculative second one
//        on another node
//   I06  the driver's free cores are its executor's less those of running attempts
//   I07  grants follow requests, registrations follow grants
//   I08  no stage starts before its parents' outputs are available
//   I09  a stage is finished exactly when each partition has an accepted output; once
//   I10  a finished partition runs again only when its output was lost
//   I11  a job succeeds exactly when each partition has an accepted result; once. One attempt
//        of a partition may commit its output, and it runs
//   I12  no available output points to a lost executor
#pragma once

#include "core/report/invariants/books.hpp"
#include "core/report/invariants/driver_view.hpp"
#include "core/report/invariants/findings.hpp"

namespace forkyard::invariants {

// rules_executors.cpp
void check_driver(Books& books, const LaunchDriver& action, Findings& out);             // I02
void check_grant(Books& books, const LaunchExecutor& action, Findings& out);            // I02 I07
void check_offer(Books& books, const OfferCores& action, Findings& out);                // I02
void check_registration(Books& books, const ExecutorRegistered& event, Findings& out);  // I07
void check_loss(Books& books, const ExecutorLost& event, Findings& out);                // I07
void check_driver_view(Books& books, const DriverView& view, Findings& out);            // I06

// rules_tasks.cpp
void check_launch(Books& books, const LaunchTask& action, Findings& out);    // I01 I03 I04 I05 I10
void check_end(Books& books, const TaskFinished& event, Findings& out);      // I04
void check_commit(Books& books, const AnswerCommit& action, Findings& out);  // I11

// rules_stages.cpp
void check_submission(Books& books, const SubmitStage& action, Findings& out);  // I08 I10
void check_finish(Books& books, const FinishStage& action, Findings& out);      // I09
void check_job_end(Books& books, const FinishJob& action, Findings& out);       // I09 I11
void check_announced(Books& books, Findings& out);                              // I08 I09 I11

// rules_outputs.cpp
void check_output(Books& books, const RegisterMapOutput& action, Findings& out);     // I12
void check_removal(Books& books, const UnregisterMapOutput& action, Findings& out);  // I12
void check_lost_outputs(Books& books, Findings& out);                                // I12

// audit.cpp: all totals counted again (I00).
void audit(const Books& books, Findings& out);

}  // namespace forkyard::invariants
