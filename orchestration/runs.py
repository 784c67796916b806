"""Which runs of the warehouse go on, which only look so because their process was killed, and which
are old enough to be forgotten.

Belongs here: what schedules, sensors, jobs and the command line ask of Dagster's storage of runs.
"""

import os
import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from dagster import DagsterInstance, DagsterRun, DagsterRunStatus, RunsFilter
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable
from dagster._core.storage.event_log.sql_event_log import SqlEventLogStorage

from orchestration.keys import WAREHOUSE_WRITER_TAG

PROCESS_TAG = "warehouse/process"
"""On runs started from a terminal: the process that executes them, see `this_process()`."""

ACTIVE = (
    DagsterRunStatus.QUEUED,
    DagsterRunStatus.NOT_STARTED,
    DagsterRunStatus.STARTING,
    DagsterRunStatus.STARTED,
    DagsterRunStatus.CANCELING,
)
ENDED = (DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED)
SILENT_SCHEDULER_SECONDS = 120
"""Dagster's daemon reports itself every 30 seconds."""


def active_writers(instance: DagsterInstance) -> Sequence[DagsterRun]:
    """Runs that change the warehouse and have not ended, newest first."""
    return instance.get_runs(RunsFilter(tags=WAREHOUSE_WRITER_TAG, statuses=list(ACTIVE)))


def newest_writer(instance: DagsterInstance, *statuses: DagsterRunStatus) -> DagsterRun | None:
    """The newest run that changed the warehouse, among those in one of `statuses`."""
    found = instance.get_runs(
        RunsFilter(tags=WAREHOUSE_WRITER_TAG, statuses=list(statuses)), limit=1
    )
    return found[0] if found else None


def failed_before(step: str, instance: DagsterInstance, run_id: str) -> bool:
    """True when the run failed because a step before `step` failed, so that `step` never began."""
    run = instance.get_run_by_id(run_id)
    if run is None or run.status != DagsterRunStatus.FAILURE:
        return False
    attempted = {stats.step_key for stats in instance.get_run_step_stats(run_id)}
    return bool(attempted) and step not in attempted


def close_orphans(instance: DagsterInstance, *, scheduler_is_stopped: bool = False) -> int:
    """Mark as failed the runs whose process is gone; returns how many.

    A killed process cannot tell Dagster that it died, and its run would stay "started" and block
    the schedule forever. A run without a process tag belongs to the scheduler.
    """
    stopped = scheduler_is_stopped or not _scheduler_reported_lately(instance)
    closed = 0
    for run in active_writers(instance):
        process = run.tags.get(PROCESS_TAG)
        if stopped if process is None else not is_alive(process):
            instance.report_run_failed(run, "The process that executed this run is gone.")
            closed += 1
    return closed


def delete_ended(instance: DagsterInstance, *, before: datetime, at_most: int) -> int:
    """Delete runs created before `before` (aware) that have ended, the oldest first; returns how
    many.

    The newest run of a job and its newest success stay however old: they say what state things are
    in, and keep the sensors from starting again what they have started.
    """
    old = instance.get_runs(
        RunsFilter(statuses=list(ENDED), created_before=before), limit=at_most, ascending=True
    )
    kept = {run for job in {run.job_name for run in old} for run in _newest_of_job(instance, job)}
    doomed = [run.run_id for run in old if run.run_id not in kept]
    for run_id in doomed:
        instance.delete_run(run_id)
        instance.compute_log_manager.delete_logs(prefix=[run_id])
    _delete_check_outcomes(instance, doomed)
    return len(doomed)


def _newest_of_job(instance: DagsterInstance, job_name: str) -> Iterator[str]:
    for statuses in ([], [DagsterRunStatus.SUCCESS]):
        found = instance.get_runs(RunsFilter(job_name=job_name, statuses=statuses), limit=1)
        yield from (run.run_id for run in found)


def _delete_check_outcomes(instance: DagsterInstance, run_ids: Sequence[str]) -> None:
    """Every dbt test and quality check of every run is a row here, and `delete_run` leaves it."""
    storage = instance.event_log_storage
    if isinstance(storage, SqlEventLogStorage):
        outcomes = AssetCheckExecutionsTable
        with storage.index_connection() as connection:
            connection.execute(outcomes.delete().where(outcomes.c.run_id.in_(run_ids)))


def this_process() -> str:
    """`pid:start time`: unlike a bare pid, never another process's."""
    return f"{os.getpid()}:{_start_time(os.getpid())}"


def is_alive(process: str) -> bool:
    """Whether the process written down by `this_process()` still runs."""
    pid, _, started = process.partition(":")
    return _start_time(int(pid)) == started


def _start_time(pid: int) -> str:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    # The second field, the command's name, may hold blanks; start time is the 22nd of all.
    return stat.rpartition(")")[2].split()[19]


def _scheduler_reported_lately(instance: DagsterInstance) -> bool:
    heartbeats = instance.get_daemon_heartbeats().values()
    newest = max((heartbeat.timestamp for heartbeat in heartbeats), default=0.0)
    return time.time() - newest < SILENT_SCHEDULER_SECONDS
