"""Which runs of the warehouse go on, and which only look so because their process was killed.

Belongs here: questions to Dagster's run storage that schedules, sensors and the command line share.
"""

import os
import time
from collections.abc import Sequence
from pathlib import Path

from dagster import DagsterInstance, DagsterRun, DagsterRunStatus, RunsFilter

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
