"""The schedule, the sensors and orphaned runs, on a real (ephemeral) Dagster instance."""

import os
import subprocess

import dagster as dg
import pytest

from orchestration import runs
from orchestration.defs.alerting import warehouse_refresh_sensor
from orchestration.defs.schedules import (
    failed_source_sensor,
    warehouse_refresh_job_quarter_hourly,
)
from orchestration.keys import WAREHOUSE_WRITER_TAG

LIVING = {runs.PROCESS_TAG: runs.this_process()}


@dg.op
def raw_source() -> None: ...


@dg.op(ins={"start": dg.In(dg.Nothing)})
def dbt_build() -> None: ...


@dg.op
def failing_source() -> None:
    raise dg.Failure("the source is down")


@dg.job(tags=WAREHOUSE_WRITER_TAG, name="warehouse_refresh_job")
def good_refresh() -> None:
    dbt_build(start=raw_source())


@dg.job(tags=WAREHOUSE_WRITER_TAG, name="warehouse_refresh_job")
def refresh_with_a_failed_source() -> None:
    dbt_build(start=failing_source())


@dg.job(tags=WAREHOUSE_WRITER_TAG, name="warehouse_refresh_job")
def refresh_with_failed_dbt() -> None:
    @dg.op(name="dbt_build", ins={"start": dg.In(dg.Nothing)})
    def failing_build() -> None:
        raise dg.Failure("a test did not pass")

    failing_build(start=raw_source())


def going_on(
    instance: dg.DagsterInstance,
    status: dg.DagsterRunStatus = dg.DagsterRunStatus.STARTED,
    tags: dict[str, str] = LIVING,
) -> dg.DagsterRun:
    return instance.create_run_for_job(
        good_refresh, status=status, tags=WAREHOUSE_WRITER_TAG | tags
    )


def finish(job: dg.JobDefinition, instance: dg.DagsterInstance) -> str:
    return job.execute_in_process(instance=instance, raise_on_error=False).run_id


def ask_schedule(instance: dg.DagsterInstance) -> object:
    return warehouse_refresh_job_quarter_hourly(dg.build_schedule_context(instance=instance))


def ask(sensor: dg.SensorDefinition, instance: dg.DagsterInstance) -> object:
    return sensor(dg.build_sensor_context(instance=instance))


# Not QUEUED: Dagster makes such a run only out of a code location, which a test does not have.
@pytest.mark.parametrize("status", [s for s in runs.ACTIVE if s != dg.DagsterRunStatus.QUEUED])
def test_the_schedule_waits_for_a_run_that_has_not_ended(
    instance: dg.DagsterInstance, status: dg.DagsterRunStatus
) -> None:
    run = going_on(instance, status)
    answer = ask_schedule(instance)
    assert isinstance(answer, dg.SkipReason)
    assert run.run_id[:8] in str(answer.skip_message)


def test_the_schedule_starts_a_refresh_when_the_previous_one_has_ended(
    instance: dg.DagsterInstance,
) -> None:
    finish(good_refresh, instance)
    finish(refresh_with_failed_dbt, instance)
    assert isinstance(ask_schedule(instance), dg.RunRequest)


def test_a_run_whose_process_was_killed_does_not_stop_the_schedule_forever(
    instance: dg.DagsterInstance,
) -> None:
    with subprocess.Popen(["true"]) as dead:
        dead.wait()
    orphan = going_on(instance, tags={runs.PROCESS_TAG: f"{dead.pid}:1"})
    assert isinstance(ask_schedule(instance), dg.RunRequest)
    ended = instance.get_run_by_id(orphan.run_id)
    assert ended is not None
    assert ended.status == dg.DagsterRunStatus.FAILURE


def test_a_reused_process_id_is_not_taken_for_the_process(instance: dg.DagsterInstance) -> None:
    assert runs.is_alive(runs.this_process())
    assert not runs.is_alive(f"{os.getpid()}:1")


def test_runs_of_a_stopped_scheduler_are_closed_and_those_of_a_terminal_are_not(
    instance: dg.DagsterInstance,
) -> None:
    mine = going_on(instance)
    going_on(instance, tags={})
    assert runs.close_orphans(instance, scheduler_is_stopped=True) == 1
    assert [run.run_id for run in runs.active_writers(instance)] == [mine.run_id]


def test_delivery_is_asked_for_once_per_refresh(instance: dg.DagsterInstance) -> None:
    first = finish(good_refresh, instance)
    assert [ask(warehouse_refresh_sensor, instance).run_key for _ in range(2)] == [first, first]
    second = finish(good_refresh, instance)
    assert ask(warehouse_refresh_sensor, instance).run_key == second


def test_delivery_is_not_asked_for_by_a_refresh_that_failed(instance: dg.DagsterInstance) -> None:
    finish(refresh_with_failed_dbt, instance)
    assert isinstance(ask(warehouse_refresh_sensor, instance), dg.SkipReason)


def test_a_failed_source_leads_to_one_rebuild(instance: dg.DagsterInstance) -> None:
    failed = finish(refresh_with_a_failed_source, instance)
    assert ask(failed_source_sensor, instance).run_key == failed


@pytest.mark.parametrize("job", [good_refresh, refresh_with_failed_dbt])
def test_nothing_is_rebuilt_when_dbt_had_its_turn(
    instance: dg.DagsterInstance, job: dg.JobDefinition
) -> None:
    finish(job, instance)
    assert isinstance(ask(failed_source_sensor, instance), dg.SkipReason)
