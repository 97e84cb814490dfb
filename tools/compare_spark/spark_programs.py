"""The programs of compare_spark as Spark runs them: one process runs one of them.

    python spark_programs.py NAME FOLDER

FOLDER gets Spark's event log (events/), and what the jobs returned
(results.json). `scenarios/NAME.toml` is the same program for forkyard; a
change here needs the same change there.

Python tasks mean nothing to the schedulers, so sleeping stands for working.
What decides an outcome is far enough apart in time (half a second and more)
that a slow machine gives the same facts.
"""

import json
import os
import pathlib
import signal
import sys
import threading
import time

from pyspark import SparkConf, SparkContext, TaskContext

HERE = pathlib.Path(__file__).resolve().parent
PROGRAMS = {}


def program(executors=3, cores=2, **conf):
    """Registers a program and the cluster it wants: `executors` of `cores`, on one host."""

    def register(run):
        PROGRAMS[run.__name__] = (run, executors, cores, {k.replace("_", "."): v for k, v in conf.items()})
        return run

    return register


# --- what tasks do ------------------------------------------------------------


def sleeps(*seconds):
    """A step that takes seconds[partition], repeating, before it hands on its records."""

    def step(partition, records):
        time.sleep(seconds[partition % len(seconds)])
        return records

    return step


def fails(partition, tries):
    """A step that takes a second and fails the first `tries` attempts of one partition."""

    def step(index, records):
        if index == partition:
            time.sleep(1)
            if TaskContext.get().attemptNumber() < tries:
                raise ValueError("as planned")
        return records

    return step


def kills_its_executor(partition, after, stage_attempts=1):
    """A step in which the first try of one partition kills its executor after so many seconds.

    It does so in the stage's first attempts, which Python tasks cannot count
    but by leaving a mark for each; all other tasks take a second.
    """
    marks = [pathlib.Path(f"stage-attempt-{n}").resolve() for n in range(stage_attempts)]

    def step(index, records):
        left = [mark for mark in marks if not mark.exists()]
        if index == partition and TaskContext.get().attemptNumber() == 0 and left:
            left[0].touch()
            time.sleep(after)
            worker_daemon = os.getppid()
            kill_executor(parent_of(worker_daemon))
            time.sleep(60)  # ends with the executor
        time.sleep(1)
        return records

    return step


def parent_of(pid):
    stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
    return int(stat.rpartition(")")[2].split()[1])


def kill_executor(pid):
    command = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
    if b"CoarseGrainedExecutorBackend" not in command:
        raise RuntimeError(f"process {pid} is no executor")
    os.kill(pid, signal.SIGKILL)


# --- what drivers do ----------------------------------------------------------


def pairs(sc, tasks, *steps):
    """Pairs (n, 1) in `tasks` partitions, made by these steps."""
    data = sc.parallelize(range(6 * tasks), tasks)
    for step in steps:
        data = data.mapPartitionsWithIndex(step)
    return data.map(lambda n: (n, 1))


def run(data, *steps):
    """A job with one task for each partition of `data`."""
    for step in steps:
        data = data.mapPartitionsWithIndex(step)
    data.foreachPartition(lambda records: sum(1 for _ in records))


def fails_to_run(data, *steps):
    try:
        run(data, *steps)
    except Exception as why:  # py4j wraps what Spark throws
        if "SparkException" not in str(why):
            raise
    else:
        raise RuntimeError("the job should have failed")


def in_threads(sc, *jobs):
    """Starts each job in a thread of its own, in this order, and waits for them all."""
    threads = []
    for job in jobs:
        before = set(sc.statusTracker().getActiveJobsIds())
        thread = threading.Thread(target=job)
        thread.start()
        threads.append(thread)
        while not set(sc.statusTracker().getActiveJobsIds()) - before:
            time.sleep(0.05)
    for thread in threads:
        thread.join()


def executors_of(sc):
    ids = sc._jsc.sc().getExecutorIds()
    return {ids.apply(i) for i in range(ids.size())}


def lose_an_executor(sc):
    """Kills an executor from outside, and waits until its replacement is there."""
    before = executors_of(sc)
    victim = min(before)
    wanted = [sc.applicationId.encode(), b"--executor-id\0" + victim.encode() + b"\0"]
    for process in pathlib.Path("/proc").iterdir():
        try:
            command = (process / "cmdline").read_bytes()
        except OSError:  # no process, or one that has just ended
            continue
        if b"CoarseGrainedExecutorBackend" in command and all(w in command for w in wanted):
            kill_executor(int(process.name))
    while victim in executors_of(sc) or len(executors_of(sc)) < len(before):
        time.sleep(0.1)


# --- the programs -------------------------------------------------------------


@program()
def word_count(sc):
    text = sc.textFile(str(HERE / "scenarios" / "word_count.toml"), 6)
    counts = text.flatMap(str.split).map(lambda word: (word, 1)).reduceByKey(int.__add__, 3)
    return {0: [list(pair) for pair in counts.collect()]}


@program()
def shared_shuffle(sc):
    shuffled = pairs(sc, 6).partitionBy(3)
    run(shuffled)
    run(shuffled)
    run(shuffled.map(lambda pair: pair).partitionBy(2))


@program()
def shared_live(sc):
    shuffled = pairs(sc, 6, sleeps(4)).partitionBy(3)
    in_threads(sc, lambda: run(shuffled), lambda: run(shuffled))


@program()
def diamond(sc):
    shuffled = pairs(sc, 4).partitionBy(4)
    left = shuffled.map(lambda pair: (pair[0] + 1, "left")).partitionBy(3)
    right = shuffled.map(lambda pair: (pair[0] + 1, "right")).partitionBy(3)
    run(left.zip(right))


@program()
def retries(sc):
    run(pairs(sc, 4, fails(1, tries=2)).partitionBy(3))


@program()
def max_failures(sc):
    always = 1000
    fails_to_run(pairs(sc, 5, fails(3, always)))
    fails_to_run(pairs(sc, 5, fails(2, always)).partitionBy(3))
    run(pairs(sc, 4))


@program(spark_task_maxFailures=2)
def two_failures(sc):
    fails_to_run(pairs(sc, 4).partitionBy(3), fails(0, tries=2))


@program()
def killed_in_map(sc):
    first_wave, second_wave = [0] * 6, [3] * 6
    steps = kills_its_executor(6, after=2), sleeps(*first_wave, *second_wave)
    run(pairs(sc, 12, *steps).partitionBy(3))


@program()
def killed_in_reduce(sc):
    run(pairs(sc, 6).partitionBy(3), kills_its_executor(0, after=3))


@program()
def killed_between_jobs(sc):
    shuffled = pairs(sc, 6, sleeps(1)).partitionBy(3)
    run(shuffled)
    lose_an_executor(sc)
    run(shuffled)


@program(spark_stage_maxConsecutiveAttempts=2)
def fetch_abort(sc):
    fails_to_run(pairs(sc, 6, sleeps(1)).partitionBy(3), kills_its_executor(0, after=3, stage_attempts=2))


@program()
def cancelled(sc):
    def cancel_in_second_wave():
        tracker = sc.statusTracker()
        while not tracker.getStageInfo(0) or tracker.getStageInfo(0).numCompletedTasks < 6:
            time.sleep(0.1)
        time.sleep(1)
        sc._jsc.sc().cancelJob(0)

    threading.Thread(target=cancel_in_second_wave).start()
    fails_to_run(pairs(sc, 12, sleeps(4)).partitionBy(3))
    time.sleep(5)  # the killed tasks report
    run(pairs(sc, 4))


# A cancelled task goes on until Spark ends its Python process, which it is told not to do.
@program(
    executors=2,
    cores=1,
    spark_python_task_killTimeout="100s",
    spark_task_reaper_enabled="true",
    spark_task_reaper_pollingInterval="2s",
    spark_task_reaper_killTimeout="3s",
)
def reaped(sc):
    before = executors_of(sc)

    def cancel_when_one_is_left():
        tracker = sc.statusTracker()
        while not tracker.getStageInfo(0) or tracker.getStageInfo(0).numCompletedTasks < 1:
            time.sleep(0.1)
        sc._jsc.sc().cancelJob(0)

    threading.Thread(target=cancel_when_one_is_left).start()
    fails_to_run(pairs(sc, 2, sleeps(60, 2)))
    while not executors_of(sc) - before or len(executors_of(sc)) < len(before):
        time.sleep(0.1)
    run(pairs(sc, 4, sleeps(1)))


POOLS = """<allocations>
  <pool name="a"><schedulingMode>FAIR</schedulingMode><weight>1</weight><minShare>0</minShare></pool>
  <pool name="b"><schedulingMode>FIFO</schedulingMode><weight>3</weight><minShare>0</minShare></pool>
  <pool name="c"><schedulingMode>FIFO</schedulingMode><weight>1</weight><minShare>2</minShare></pool>
</allocations>
"""


def pools(sc):
    """A first job holds all six slots and lets them go one by one, in an order that then stays."""

    def job(pool, tasks, *seconds):
        def start():
            sc.setLocalProperty("spark.scheduler.pool", pool)
            run(pairs(sc, tasks, sleeps(*seconds)))

        return start

    in_threads(
        sc,
        job("default", 6, 6, 6.5, 7, 7.5, 8, 8.5),
        job("a", 3, 3),
        job("a", 3, 3),
        job("b", 5, 3),
        job("b", 5, 3),
        job("c", 4, 3),
    )


@program(executors=1, cores=6)
def fifo(sc):
    pools(sc)


@program(executors=1, cores=6, spark_scheduler_mode="FAIR")
def fair(sc):
    pools(sc)


@program()
def cached(sc):
    data = pairs(sc, 12, sleeps(1)).cache()
    run(data)
    run(data)


def one_cached_task_is_slow(sc):
    data = pairs(sc, 4, sleeps(1, 2, 3, 1)).cache()  # 0 and 2 on one executor, 1 and 3 on the other
    run(data)
    run(data, sleeps(6, 0, 0, 0))


@program(executors=2, cores=1, spark_locality_wait="2s")
def cached_short_wait(sc):
    one_cached_task_is_slow(sc)


@program(executors=2, cores=1, spark_locality_wait="20s")
def cached_long_wait(sc):
    one_cached_task_is_slow(sc)


# --- one of them --------------------------------------------------------------


def end_with_parent():
    """Ends this process, and so Spark, when standard input ends: then who started it is gone."""

    def wait():
        sys.stdin.read()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def main(name, folder):
    function, executors, cores, wanted = PROGRAMS[name]
    folder = pathlib.Path(folder)
    (folder / "events").mkdir()
    (folder / "pools.xml").write_text(POOLS)
    memory = 512  # MiB
    conf = SparkConf().setMaster(f"local-cluster[{executors},{cores},{memory}]").setAppName(name)
    settings = {
        "spark.executor.memory": f"{memory}m",
        "spark.driver.host": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.pyspark.python": sys.executable,
        "spark.scheduler.allocation.file": (folder / "pools.xml").as_uri(),
        # the first job waits for all executors
        "spark.cores.max": executors * cores,
        "spark.scheduler.minRegisteredResourcesRatio": "1.0",
        "spark.scheduler.maxRegisteredResourcesWaitingTime": "120s",
        # one plain file of JSON
        "spark.eventLog.enabled": "true",
        "spark.eventLog.dir": (folder / "events").as_uri(),
        "spark.eventLog.rolling.enabled": "false",
        "spark.eventLog.compress": "false",
        **wanted,
    }
    conf.setAll([(key, str(value)) for key, value in settings.items()])
    sc = SparkContext(conf=conf)
    results = function(sc) or {}
    (folder / "results.json").write_text(json.dumps(results))
    sc.stop()


if __name__ == "__main__":
    end_with_parent()
    main(*sys.argv[1:])
