"""What is done at night beside the numbers: old runs are forgotten, reads of the marts collected.

A refresh writes thousands of events, and Dagster limits only the age of ticks (`dagster.yaml`), so
its own storage would grow without end (dagster#33785).
"""

import os
from collections.abc import Iterator
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


USAGE_GROUP = "usage"
MART_READS = [
    dg.AssetSpec([USAGE_GROUP, table], group_name=USAGE_GROUP, kinds={"postgres"}, description=text)
    for table, text in (
        ("mart_reads", "Who read which mart in which hour, out of Postgres's log."),
        ("read_marts", "The marts that were published when the log was last asked for."),
    )
]


@dg.multi_asset(name="mart_reads", specs=MART_READS)
def mart_reads(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
    """Keep who read which mart; a server whose log nobody may read is no failure."""
    collected = service.collect_reads(WarehouseSettings.from_environment(os.environ))
    context.log.info(
        f"not available: {collected.not_available}"
        if collected.not_available
        else f"{collected.reads} reads by {collected.logins} logins"
    )
    for spec in MART_READS:
        yield dg.MaterializeResult(asset_key=spec.key)


mart_reads_collect_job = dg.define_asset_job(
    "mart_reads_collect_job",
    selection=dg.AssetSelection.groups(USAGE_GROUP),
    description="Read Postgres's log for who reads which mart; `mart_quality.mart_usage` tells it.",
)

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
        assets=[mart_reads],
        jobs=[old_runs_delete_job, mart_reads_collect_job],
        schedules=[old_runs_delete_job_daily, mart_reads_collect_job_daily],
    )
