"""What is done at night beside the numbers: old runs are forgotten, reads of the marts collected.

A refresh writes thousands of events, and Dagster limits only the age of ticks (`dagster.yaml`), so
its own storage would grow without end (dagster#33785).
"""

import os
from datetime import UTC, datetime, timedelta

import dagster as dg

from orchestration.runs import delete_ended
from warehouse import service
from warehouse.settings import Settings as WarehouseSettings

RUNS_KEPT_DAYS = 30
"""As long as `dagster.yaml` keeps ticks, which lead to these runs."""
DELETED_AT_ONCE = 500
"""More than a day brings (four refreshes an hour, each with a delivery); a minute's work."""


@dg.op
def delete_old_runs(context: dg.OpExecutionContext) -> None:
    """Delete the oldest ended runs with their events, checks and logs."""
    before = datetime.now(UTC) - timedelta(days=RUNS_KEPT_DAYS)
    deleted = delete_ended(context.instance, before=before, at_most=DELETED_AT_ONCE)
    context.log.info(f"{deleted} runs older than {RUNS_KEPT_DAYS} days deleted")


@dg.job
def old_runs_delete_job() -> None:
    """Forget runs nobody looks at any more. It changes no warehouse, so no refresh waits for it."""
    delete_old_runs()


old_runs_delete_job_daily = dg.ScheduleDefinition(
    name="old_runs_delete_job_daily",
    job=old_runs_delete_job,
    cron_schedule="7 1 * * *",
    description="At night, between two refreshes.",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)


@dg.op
def collect_mart_reads(context: dg.OpExecutionContext) -> None:
    """Keep who read which mart; a server whose log nobody may read is no failure."""
    collected = service.collect_reads(WarehouseSettings.from_environment(os.environ))
    context.log.info(
        f"not available: {collected.not_available}"
        if collected.not_available
        else f"{collected.reads} reads by {collected.logins} logins"
    )


@dg.job
def mart_reads_collect_job() -> None:
    """Read Postgres's log for who reads which mart; `mart_quality.mart_usage` tells of it."""
    collect_mart_reads()


mart_reads_collect_job_daily = dg.ScheduleDefinition(
    name="mart_reads_collect_job_daily",
    job=mart_reads_collect_job,
    cron_schedule="22 1 * * *",
    description="At night, between two refreshes.",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)


def operations_definitions() -> dg.Definitions:
    """The nightly jobs and their schedules."""
    return dg.Definitions(
        jobs=[old_runs_delete_job, mart_reads_collect_job],
        schedules=[old_runs_delete_job_daily, mart_reads_collect_job_daily],
    )
