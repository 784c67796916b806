"""Raw tables: one step per source of the catalogue, and the nightly look for erased rows."""

import dagster as dg

from ingestion import SOURCES
from orchestration.factories.raw_assets import raw_assets
from orchestration.factories.sweeps import sweep_op


@dg.job
def sources_sweep_job() -> None:
    """Ask every source for rows it may have erased without a word; what is gone is marked in raw.

    It is no writer of marts: refreshes go on, each source waits for its turn. One source that
    fails does not stop the others.
    """
    for source in SOURCES:
        sweep_op(source)()


sources_sweep_job_nightly = dg.ScheduleDefinition(
    name="sources_sweep_job_nightly",
    job=sources_sweep_job,
    cron_schedule="22 2 * * *",
    description="At night, when people leave the sources alone; each night a bounded part.",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)


def ingestion_definitions() -> dg.Definitions:
    """A multi-asset for every source, on or off, and the sweep."""
    return dg.Definitions(
        assets=[raw_assets(source) for source in SOURCES],
        jobs=[sources_sweep_job],
        schedules=[sources_sweep_job_nightly],
    )
