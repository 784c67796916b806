"""What runs together, how often, and what happens after a failed source.

Nothing here names a table: a job is a rule over the asset graph.

A failed source. Dagster does not start a step whose upstream failed, so a refresh in which one
source could not be read ends as failed, with the other sources loaded and dbt not begun.
`warehouse_rebuild_job` then builds the marts from what is in raw: fresh where loading worked,
the previous rows where it did not. The failed run stays red, and nobody's numbers freeze because
of somebody else's source.
"""

import dagster as dg

from orchestration.defs.operations import USAGE_GROUP
from orchestration.defs.transformation import BUILD_STEP
from orchestration.keys import WAREHOUSE_WRITER_TAG
from orchestration.runs import active_writers, close_orphans, failed_before

warehouse_refresh_job = dg.define_asset_job(
    "warehouse_refresh_job",
    selection=dg.AssetSelection.all() - dg.AssetSelection.groups(USAGE_GROUP),
    tags=WAREHOUSE_WRITER_TAG,
    description="All sources, dbt build with publication of the marts, quality checks, reports.",
)
warehouse_rebuild_job = dg.define_asset_job(
    "warehouse_rebuild_job",
    selection=dg.AssetSelection.kind("dbt") | dg.AssetSelection.groups("reports"),
    tags=WAREHOUSE_WRITER_TAG,
    description="The same without loading: dbt build from what is in raw, then quality checks.",
)


@dg.schedule(
    name="warehouse_refresh_job_quarter_hourly",
    job=warehouse_refresh_job,
    cron_schedule="*/15 * * * *",
    description="Every quarter of an hour, unless the previous refresh has not ended.",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
def warehouse_refresh_job_quarter_hourly(
    context: dg.ScheduleEvaluationContext,
) -> dg.RunRequest | dg.SkipReason:
    """Refreshes never pile up: a tick that meets a running one is skipped."""
    close_orphans(context.instance)
    for run in active_writers(context.instance):
        return dg.SkipReason(
            f"{run.job_name} {run.run_id[:8]} is still {run.status.value.lower()}."
        )
    return dg.RunRequest()


@dg.sensor(
    name="failed_source_sensor",
    job=warehouse_rebuild_job,
    description="A refresh failed at a source: builds the marts from what is in raw.",
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def failed_source_sensor(
    context: dg.SensorEvaluationContext,
) -> dg.RunRequest | dg.SkipReason:
    """One rebuild per refresh that failed before dbt began."""
    newest = context.instance.get_runs(dg.RunsFilter(job_name=warehouse_refresh_job.name), limit=1)
    if newest and failed_before(BUILD_STEP, context.instance, newest[0].run_id):
        return dg.RunRequest(run_key=newest[0].run_id)
    return dg.SkipReason("The newest refresh did not fail at a source.")


def schedule_definitions() -> dg.Definitions:
    """The two jobs over the asset graph and what starts them."""
    return dg.Definitions(
        jobs=[warehouse_refresh_job, warehouse_rebuild_job],
        schedules=[warehouse_refresh_job_quarter_hourly],
        sensors=[failed_source_sensor],
    )
