"""What a run tells, read from Spark's event log or from a forkyard journal.

Both readers fill the same Run; everything after that is one code for both.
Facts are short texts by name, in Spark's numbering: job j0, stage s1, its
attempt s1.0, task p2#1 (partition 2, second try).
"""

import collections
import dataclasses
import json
import re


@dataclasses.dataclass
class Job:
    stages: list
    skipped: list = dataclasses.field(default_factory=list)
    ends: str = "-"
    reason: str = ""


@dataclasses.dataclass
class Attempt:
    """Of a stage."""

    tasks: int
    ends: str = "-"


@dataclasses.dataclass
class Task:
    """An attempt of a task; `stage` is the attempt (stage, number) that it belongs to."""

    stage: tuple
    partition: int
    attempt: int
    executor: str
    locality: str


@dataclasses.dataclass
class Run:
    jobs: dict = dataclasses.field(default_factory=dict)  # by number
    attempts: dict = dataclasses.field(default_factory=dict)  # of stages, by (stage, number)
    launched: list = dataclasses.field(default_factory=list)  # tasks, in this order
    ended: list = dataclasses.field(default_factory=list)  # (stage attempt, status)
    fetch_failures: list = dataclasses.field(default_factory=list)  # (stage attempt, in what way)
    executors_lost: int = 0
    results: dict = dataclasses.field(default_factory=dict)  # by job's number


# --- reading ------------------------------------------------------------------

SPARK_TASK_ENDS = {
    "Success": "success",
    "ExceptionFailure": "failed",
    "TaskKilled": "killed",
    "FetchFailed": "fetch-failed",
    "ExecutorLostFailure": "executor-lost",
    "TaskCommitDenied": "commit-denied",
    "Resubmitted": "resubmitted",
}


def read_event_log(lines, results):
    run = Run(results={int(job): rows for job, rows in results.items()})
    launches = {}
    for line in lines:
        event = json.loads(line)
        kind = event["Event"].removeprefix("SparkListener")
        if kind == "JobStart":
            run.jobs[event["Job ID"]] = Job(sorted(event["Stage IDs"]))
        elif kind == "JobEnd":
            job, result = run.jobs[event["Job ID"]], event["Job Result"]
            if result["Result"] == "JobSucceeded":
                job.ends = "succeeded"
                job.skipped = never_submitted(run, job)
            else:
                job.reason = result["Exception"]["Message"]
                job.ends = failed_or_killed(job.reason)
        elif kind in ("StageSubmitted", "StageCompleted"):
            info = event["Stage Info"]
            key = info["Stage ID"], info["Stage Attempt ID"]
            attempt = run.attempts.setdefault(key, Attempt(info["Number of Tasks"]))
            if kind == "StageCompleted":
                reason = info.get("Failure Reason")
                attempt.ends = failed_or_killed(reason) if reason else "succeeded"
        elif kind in ("TaskStart", "TaskEnd"):
            key = event["Stage ID"], event["Stage Attempt ID"]
            info = event["Task Info"]
            if kind == "TaskStart":
                launches[info["Task ID"]] = Task(
                    key, info["Partition ID"], info["Attempt"], info["Executor ID"], info["Locality"]
                )
            else:
                end = event["Task End Reason"]
                run.ended.append((key, SPARK_TASK_ENDS[end["Reason"]]))
                if end["Reason"] == "FetchFailed":
                    run.fetch_failures.append((key, fetch_failure("Block Manager Address" in end)))
        elif kind == "ExecutorRemoved":
            run.executors_lost += 1
    run.launched = [launches[number] for number in sorted(launches)]  # numbered as they are launched
    return run


def failed_or_killed(reason):
    """Spark's log tells one from the other by words only."""
    return "killed" if re.match(r"(\[SPARK_JOB_CANCELLED\] )?Job \d+ cancelled", reason) else "failed"


FIELD = re.compile(r'(\w[\w-]*)=("(?:[^"\\]|\\.)*"|\S*)')


def read_journal(lines, results):
    run = Run(results={job: rows for job, rows in enumerate(results) if rows is not None})
    for line in lines:
        if line[0] not in "EA":
            continue
        words = line.split(" ", 4 if line[0] == "E" else 3)
        kind, rest = words[-2], words[-1]
        record = {key: json.loads(v) if v.startswith('"') else v for key, v in FIELD.findall(rest)}
        if kind == "job.submitted":
            run.jobs[number(record["job"])] = Job(sorted(number(s) for s in record["stages"].split(",")))
        elif kind == "job.finish":
            job = run.jobs[number(record["job"])]
            job.ends, job.reason = record["status"], record["reason"]
        elif kind == "stage.skip":
            run.jobs[number(record["job"])].skipped.append(number(record["stage"]))
        elif kind == "stage.submit":
            run.attempts[stage_attempt(record["stage"])] = Attempt(int(record["tasks"]))
        elif kind == "stage.finish":
            run.attempts[stage_attempt(record["stage"])].ends = record["status"]
        elif kind == "task.launch":
            stage, partition, attempt = re.fullmatch(r"(.*)/p(\d+)#(\d+)", record["task"]).groups()
            run.launched.append(
                Task(stage_attempt(stage), int(partition), int(attempt), record["exec"], record["loc"])
            )
        elif kind == "task.finished":
            key = stage_attempt(record["task"].partition("/")[0])
            run.ended.append((key, record["status"]))
            if record["status"] == "fetch-failed":
                run.fetch_failures.append((key, fetch_failure(record["from"] != "-")))
        elif kind == "executor.lost" and record["reason"] != "app-finished":
            run.executors_lost += 1
    return run


def never_submitted(run, job):
    submitted = {stage for stage, _ in run.attempts}
    return [stage for stage in job.stages if stage not in submitted]


def fetch_failure(known):
    """Either a holder did not answer, or the driver knew of none."""
    return "from a holder" if known else "without a holder"


def number(name):
    return int(name[1:])


def stage_attempt(name):
    stage, _, attempt = name.partition(".")
    return number(stage), int(attempt)


# --- facts --------------------------------------------------------------------


def facts(run):
    found = {}
    for id, job in sorted(run.jobs.items()):
        found[f"j{id} stages"] = words(f"s{stage}" for stage in job.stages)
        found[f"j{id} ends"] = job.ends
        if job.ends == "succeeded":
            found[f"j{id} skipped"] = words(f"s{stage}" for stage in job.skipped)
        else:
            found[f"j{id} never submitted"] = words(f"s{stage}" for stage in never_submitted(run, job))
            found[f"j{id} reason"] = plain(job.reason)
        if id in run.results:
            rows = sorted(json.dumps(row) for row in run.results[id])
            found[f"j{id} result"] = f"{len(rows)} rows, " + " ".join(rows)
    for key, attempt in sorted(run.attempts.items()):
        name = "s{}.{}".format(*key)
        launched = sorted((task for task in run.launched if task.stage == key), key=lambda t: (t.partition, t.attempt))
        found[f"{name} tasks"] = str(attempt.tasks)
        found[f"{name} ends"] = attempt.ends
        found[f"{name} tasks end"] = counts(status for stage, status in run.ended if stage == key)
        found[f"{name} retries"] = words(f"p{task.partition}#{task.attempt}" for task in launched if task.attempt)
        found[f"{name} locality"] = counts(task.locality for task in launched)
        found[f"{name} fetch failures"] = counts(how for stage, how in run.fetch_failures if stage == key)
    found["executors lost"] = str(run.executors_lost)
    return {name: fact for name, fact in found.items() if fact != "-"}


def launch_order(run):
    """Which stage's tasks were launched, one after the other: `s1 s2*3` is one of s1, then three of s2."""
    order = []
    for task in run.launched:
        stage = task.stage[0]
        if order and order[-1][0] == stage:
            order[-1][1] += 1
        else:
            order.append([stage, 1])
    return {"launch order": words(f"s{stage}*{n}" if n > 1 else f"s{stage}" for stage, n in order)}


def second_run_at_home(run):
    """How many tasks of stage 1 ran on the executor that ran the same partition of stage 0."""
    home = {task.partition: task.executor for task in run.launched if task.stage == (0, 0)}
    again = [task for task in run.launched if task.stage == (1, 0)]
    stayed = sum(task.executor == home[task.partition] for task in again)
    return {"s1 where s0 was": f"{stayed} of {len(again)}"}


def words(texts):
    return " ".join(texts) or "-"


def counts(values):
    return ", ".join(f"{n} {value}" for value, n in sorted(collections.Counter(values).items())) or "-"


def plain(reason):
    """The part of a job's failure that does not depend on hosts, programs and traces."""
    reason = re.split(r", most recent failure:|Most recent failure reason:", reason)[0]
    reason = re.sub(r"\bs(\d+(\.\d+)?)\b", r"\1", reason)  # stage s0.0 is Spark's stage 0.0
    return re.sub(r"(ResultStage \d+) \(.*?\)", r"\1", reason).strip()
