"""Keeping Dagster's own storage from growing without end (dagster#33785).

A refresh writes thousands of events, and Dagster limits only the age of ticks (`dagster.yaml`).
"""

from datetime import UTC, datetime, timedelta

import dagster as dg

from orchestration.runs import delete_ended

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


def operations_definitions() -> dg.Definitions:
    """The deleting job and its schedule."""
    return dg.Definitions(jobs=[old_runs_delete_job], schedules=[old_runs_delete_job_daily])
