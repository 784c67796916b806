"""Delivery of alerts: a job of its own, so that a slow messenger delays no refresh."""

import dagster as dg

from alerts import service, settings
from orchestration.runs import newest_writer


@dg.op
def deliver(context: dg.OpExecutionContext) -> None:
    """Send what `mart_alerts` holds and the policy lets through; sending twice sends once.

    Only the report's own counts are logged: its messages name customers.
    """
    known = settings.load()
    report = service.deliver(known, now=known.now())
    if not report.is_clean:
        raise dg.Failure(
            f"{report}. What became of each message stands in alerting.deliveries.",
            allow_retries=False,
        )
    context.log.info(str(report))


@dg.job
def alerts_delivery_job() -> None:
    """Read the candidates, decide, send, write the log."""
    deliver()


@dg.sensor(
    name="warehouse_refresh_sensor",
    job=alerts_delivery_job,
    description="A refresh has finished: delivers the alerts, once per refresh.",
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def warehouse_refresh_sensor(
    context: dg.SensorEvaluationContext,
) -> dg.RunRequest | dg.SkipReason:
    """One delivery per finished refresh, whoever started it: the run key is the refresh's run id.

    Reads the runs instead of subscribing to their status, because Dagster's run status sensors do
    not see runs started from a terminal. Only the newest refresh matters: alerts are about now.
    """
    refresh = newest_writer(context.instance, dg.DagsterRunStatus.SUCCESS)
    if refresh is None:
        return dg.SkipReason("No refresh has finished yet.")
    return dg.RunRequest(run_key=refresh.run_id)


def alerting_definitions() -> dg.Definitions:
    """The delivery job and the sensor that starts it."""
    return dg.Definitions(jobs=[alerts_delivery_job], sensors=[warehouse_refresh_sensor])
