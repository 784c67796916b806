"""What Dagster loads (`-m orchestration.definitions`). Only assembly belongs here."""

import dagster as dg

from orchestration.dbt import parsed_project
from orchestration.defs.alerting import alerting_definitions
from orchestration.defs.ingestion import ingestion_definitions
from orchestration.defs.operations import operations_definitions
from orchestration.defs.quality import quality_definitions
from orchestration.defs.reporting import reporting_definitions
from orchestration.defs.schedules import schedule_definitions
from orchestration.defs.transformation import transformation_definitions
from orchestration.settings import Settings


@dg.definitions
def warehouse() -> dg.Definitions:
    """The whole graph: raw tables, dbt models, checks, alerts, jobs and when they run."""
    settings = Settings.from_environment()
    project = parsed_project(settings)
    return dg.Definitions.merge(
        ingestion_definitions(),
        transformation_definitions(project),
        quality_definitions(),
        alerting_definitions(),
        reporting_definitions(),
        schedule_definitions(),
        operations_definitions(),
        # Ten seconds of imports per step make the default multiprocess executor 18 s slower.
        dg.Definitions(executor=dg.in_process_executor),
    )
