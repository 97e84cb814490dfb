"""Runs small programs with real Spark and with forkyard, and compares the facts.

    python3 tools/compare_spark [PROGRAM...]

What it is: a check of forkyard's scheduler against the one it simulates, for
people who have both. Each program exists twice: in spark_programs.py, which
runs in Spark's local-cluster mode (several executors on this host), and as a
scenario in scenarios/. Compared is what both must do alike: ids of jobs and
stages, tasks of each stage attempt and how they ended, retries, localities,
outcomes, messages, results, the order of launches.

What it is not: a test of the build, or of times. tools/check does not run it.
Which task runs where is chance in Spark; programs are made so that the facts
do not depend on it, and UNDETERMINED names those that do.

Needs Python 3.9 or newer, and pyspark 4.0 with Java 17 or newer. Each program
takes Spark half a minute; `--spark-facts spark-4.0.1.json` (beside this file)
takes what Spark did once, needs neither, and takes a second.

Exit 0: all facts agree or are explained; 1: some differ; 64: wrong usage;
66: no facts in the file given; 69: something is missing; 70: a run did not
end as it should.
"""

import argparse
import collections
import contextlib
import fnmatch
import glob
import importlib.metadata
import importlib.util
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True  # no files beside the sources
import facts  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
SCENARIOS = HERE / "scenarios"
ROOT = HERE.parent.parent

# Order: the simple ones first.
PROGRAMS = [
    "word_count",
    "shared_shuffle",
    "shared_live",
    "diamond",
    "retries",
    "max_failures",
    "two_failures",
    "killed_in_map",
    "killed_in_reduce",
    "killed_between_jobs",
    "fetch_abort",
    "cancelled",
    "reaped",
    "fifo",
    "fair",
    "cached",
    "cached_short_wait",
    "cached_long_wait",
]

# Facts that only some programs make certain.
MORE_FACTS = {
    "fifo": facts.launch_order,
    "fair": facts.launch_order,
    "cached": facts.second_run_at_home,
    "cached_long_wait": facts.second_run_at_home,
    "cached_short_wait": facts.second_run_at_home,
}

# Program and fact (patterns) that chance decides, and what it is that varies.
UNDETERMINED = {
    ("killed_in_map", "s0.0 retries"): "which tasks shared the executor that dies",
}

# Program and fact (patterns) that are known to differ, and why.
EXPLAINED = {
    ("*", "s1.0 fetch failures"): "Spark's executors keep the map statuses that they asked for until a "
    "task of a later epoch comes, so a retry tries the dead holder; forkyard's always know what the driver knows.",
    ("diamond", "s3.0 locality"): "the program zips two shuffled datasets, and a zip likes the places of its parts; "
    "forkyard's stage with two parents is a cogroup, which in Spark has no preference.",
    ("cancelled", "j0 reason"): "Spark 4 puts its error class and SQL state around the words.",
    ("reaped", "j0 reason"): "Spark 4 puts its error class and SQL state around the words.",
}

SAME, EXPLAINED_DIFFERENCE, DIFFERENT = "same", "explained", "DIFFERENT"

EX_USAGE, EX_NOINPUT, EX_UNAVAILABLE, EX_SOFTWARE = 64, 66, 69, 70
SPARK_SECONDS = 300  # for one program; more than ten times what it needs


class Stop(Exception):
    """Ends everything with an exit status and a message."""

    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


# --- Spark --------------------------------------------------------------------


def find_spark():
    """The folder of pyspark; Stop if it or Java is missing or too old."""
    how = (
        "install it beside this repository:\n"
        "    python3 -m venv ../spark-venv && ../spark-venv/bin/pip install 'pyspark==4.0.*'\n"
        "    ../spark-venv/bin/python tools/compare_spark"
    )
    spec = importlib.util.find_spec("pyspark")
    if spec is None:
        raise Stop(EX_UNAVAILABLE, f"this Python ({sys.executable}) has no pyspark. {how}")
    home = pathlib.Path(spec.origin).parent
    if not (home / "jars").is_dir():
        raise Stop(EX_UNAVAILABLE, f"this pyspark is a client without Spark itself. {how}")
    java = pathlib.Path(os.environ["JAVA_HOME"], "bin/java") if "JAVA_HOME" in os.environ else "java"
    try:
        said = subprocess.run([java, "-version"], capture_output=True, text=True).stderr
    except OSError:
        said = ""
    version = re.search(r'version "(\d+)', said)
    if not version or int(version[1]) < 17:
        seen = f"Java {version[1]}" if version else "no Java"
        package = "apt-get install openjdk-17-jre-headless"
        raise Stop(EX_UNAVAILABLE, f"Spark 4 needs Java 17 or newer, here is {seen}: {package}")
    return home


@contextlib.contextmanager
def scratch_folder():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="compare-spark-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def process_group(command, **options):
    """A process in a group of its own, of which nothing is left afterwards."""
    process = subprocess.Popen(command, start_new_session=True, **options)
    try:
        yield process
    finally:
        deadline = time.monotonic() + 10
        with contextlib.suppress(ProcessLookupError):
            while time.monotonic() < deadline:  # until the last one is gone and writes no more files
                os.killpg(process.pid, signal.SIGKILL)
                process.poll()
                time.sleep(0.05)


def spark_facts(name, spark):
    with scratch_folder() as folder:
        # Executors keep their logs below SPARK_HOME: a folder of links to the real one keeps that clean.
        home = folder / "home"
        for made in (home, folder / "tmp"):
            made.mkdir()
        for part in ("bin", "jars", "python", "sbin"):
            (home / part).symlink_to(spark / part)
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("SPARK_", "PYSPARK_", "HADOOP_"))}
        environment |= {
            "SPARK_HOME": str(home),
            "SPARK_LOCAL_IP": "127.0.0.1",
            "SPARK_LOCAL_DIRS": str(folder / "tmp"),
            "TMPDIR": str(folder / "tmp"),
            "JAVA_TOOL_OPTIONS": f"-Djava.io.tmpdir={folder / 'tmp'} -XX:-UsePerfData",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        command = [sys.executable, str(HERE / "spark_programs.py"), name, str(folder)]
        log = folder / "log"
        with open(log, "w") as output:
            # its standard input ends when this process does, however that happens, and with it ends Spark
            with process_group(
                command, env=environment, cwd=folder, stdin=subprocess.PIPE, stdout=output, stderr=output
            ) as process:
                try:
                    status = process.wait(SPARK_SECONDS)
                except subprocess.TimeoutExpired:
                    status = f"none after {SPARK_SECONDS} s"
        if status != 0:
            tail = "".join(log.read_text(errors="replace").splitlines(keepends=True)[-30:])
            raise Stop(EX_SOFTWARE, f"Spark's run of {name} ended with status {status}:\n{tail}")
        [events] = glob.glob(str(folder / "events" / "*"))
        with open(events) as lines:
            run = facts.read_event_log(lines, json.loads((folder / "results.json").read_text()))
    return all_facts(name, run)


# --- forkyard -----------------------------------------------------------------


def forkyard_facts(name, forkyard):
    scenario = SCENARIOS / f"{name}.toml"
    checked = subprocess.run([forkyard, "check", scenario], capture_output=True, text=True)
    if checked.returncode != 0 or checked.stderr:  # a warning: something has no effect
        raise Stop(EX_SOFTWARE, f"forkyard does not take {scenario} as it is:\n{checked.stderr}")
    with scratch_folder() as folder:
        journal = folder / "journal.fyj"
        command = [forkyard, "run", scenario, "--journal", journal, "--json"]
        ran = subprocess.run(command, capture_output=True, text=True, cwd=folder)
        if ran.returncode not in (0, 1):  # 1: some programs are meant to fail
            raise Stop(EX_SOFTWARE, f"forkyard run {scenario} ended with status {ran.returncode}:\n{ran.stderr}")
        summary = json.loads(ran.stdout)
        if summary["faults"]["noeffect"] or summary["invariants"]["broken"]:
            raise Stop(EX_SOFTWARE, f"in {scenario} a fault took no effect, or an invariant broke")
        results = [job["result"] for job in summary["apps"][0]["jobs"]]
        with open(journal) as lines:
            run = facts.read_journal(lines, results)
    return all_facts(name, run)


def all_facts(name, run):
    found = facts.facts(run)
    if name in MORE_FACTS:
        found |= MORE_FACTS[name](run)
    return {fact: value for fact, value in found.items() if not entry(UNDETERMINED, name, fact)}


# --- comparing ----------------------------------------------------------------


def entry(table, name, fact):
    """What a table says of a fact of a program."""
    for (program, pattern), text in table.items():
        if fnmatch.fnmatchcase(name, program) and fnmatch.fnmatchcase(fact, pattern):
            return text
    return None


def compare(name, spark, ours):
    """Rows (fact, Spark's, forkyard's, verdict), Spark's order first."""
    for fact in [*spark, *(fact for fact in ours if fact not in spark)]:
        theirs, mine = spark.get(fact, "-"), ours.get(fact, "-")
        if theirs == mine:
            verdict = SAME
        else:
            verdict = EXPLAINED_DIFFERENCE if entry(EXPLAINED, name, fact) else DIFFERENT
        yield fact, theirs, mine, verdict


def print_program(name, spark, ours, tally):
    print(f"\n{name}")
    for fact, theirs, mine, verdict in compare(name, spark, ours):
        tally[verdict] += 1
        print_row(fact, theirs, mine, verdict)
        if verdict == EXPLAINED_DIFFERENCE:
            print(f"      {entry(EXPLAINED, name, fact)}")


def print_head(version):
    print_row("", f"Spark {version}", "forkyard", "")


def print_row(fact, theirs, mine, verdict):
    if verdict == SAME and len(theirs) > 38:  # once, over both columns
        seen = theirs if len(theirs) <= 78 else theirs[:75] + "..."
        print(f"  {fact:20}  {seen:78}  {verdict}")
    else:
        print(f"  {fact:20}  {theirs:38}  {mine:38}  {verdict}".rstrip())


def read_saved(path, programs):
    try:
        known = json.loads(pathlib.Path(path).read_text())
    except (OSError, ValueError) as why:
        raise Stop(EX_NOINPUT, f"{path}: {why}")
    missing = [name for name in programs if name not in known["facts"]]
    if missing:
        raise Stop(EX_NOINPUT, f"{path} knows nothing of {' '.join(missing)}: run these without --spark-facts")
    return known


# --- the command --------------------------------------------------------------


class Options(argparse.ArgumentParser):
    def error(self, message):
        raise Stop(EX_USAGE, f"{message}. {self.format_usage().strip()}")


def options():
    parser = Options(prog="tools/compare_spark", description="compares forkyard with real Spark")
    parser.add_argument("programs", nargs="*", metavar="PROGRAM", help="; ".join(PROGRAMS) + " (default: all)")
    parser.add_argument(
        "--forkyard", default=ROOT / "build/release/forkyard", type=pathlib.Path, help="default: build/release/forkyard"
    )
    parser.add_argument("--spark-facts", metavar="FILE", help="take what Spark did from FILE instead of running it")
    parser.add_argument("--save-facts", metavar="FILE", help="keep what Spark did in FILE, one entry a program")
    chosen = parser.parse_args()
    for name in chosen.programs:
        if name not in PROGRAMS:
            raise Stop(EX_USAGE, f"no program {name}. There are: {' '.join(PROGRAMS)}")
    if not os.access(chosen.forkyard, os.X_OK):
        raise Stop(EX_UNAVAILABLE, f"no {chosen.forkyard}. Build it (tools/forkyard), or say where it is: --forkyard")
    chosen.forkyard = chosen.forkyard.resolve()
    return chosen


def main():
    chosen = options()
    programs = chosen.programs or PROGRAMS
    if chosen.spark_facts:
        known = read_saved(chosen.spark_facts, programs)
    else:
        home = find_spark()
        known = {"spark": importlib.metadata.version("pyspark"), "facts": {}}
        if chosen.save_facts and os.path.exists(chosen.save_facts):
            known["facts"] = read_saved(chosen.save_facts, [])["facts"]
    print_head(known["spark"])
    tally = collections.Counter()
    for name in programs:
        if not chosen.spark_facts:
            known["facts"][name] = spark_facts(name, home)
        print_program(name, known["facts"][name], forkyard_facts(name, chosen.forkyard), tally)
        sys.stdout.flush()
        if chosen.save_facts:  # after each: Spark is slow, and the next program may be interrupted
            pathlib.Path(chosen.save_facts).write_text(json.dumps(known, indent=1) + "\n")
    print("\n" + ", ".join(f"{n} {what}" for what, n in tally.items()))
    return 1 if tally[DIFFERENT] else 0


if __name__ == "__main__":
    # an end from outside unwinds like any other, so that processes and files go
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    try:
        sys.exit(main())
    except Stop as stop:
        print(f"compare_spark: error: {stop}", file=sys.stderr)
        sys.exit(stop.status)
    except KeyboardInterrupt:
        sys.exit(130)
