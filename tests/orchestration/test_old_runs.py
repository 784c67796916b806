"""Old runs are forgotten, on a real (ephemeral) Dagster instance."""

from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from orchestration.defs import operations
from orchestration.defs.schedules import warehouse_refresh_job_quarter_hourly
from orchestration.runs import active_writers, delete_ended

TOMORROW = datetime.now(UTC) + timedelta(days=1)


@dg.asset(check_specs=[dg.AssetCheckSpec("is_full", asset="deals")])
def deals():
    yield dg.MaterializeResult(metadata={"rows": 3})
    yield dg.AssetCheckResult(check_name="is_full", passed=True)


@dg.asset
def broken() -> None:
    raise dg.Failure("the source is down")


DEFINITIONS = dg.Definitions(
    assets=[deals, broken],
    jobs=[
        dg.define_asset_job("good_job", selection=["deals"]),
        dg.define_asset_job("bad_job", selection=["broken"]),
    ],
)


def run(instance: dg.DagsterInstance, job: str = "good_job") -> str:
    resolved = DEFINITIONS.resolve_job_def(job)
    return resolved.execute_in_process(instance=instance, raise_on_error=False).run_id


def held(instance: dg.DagsterInstance) -> set[str]:
    return {run.run_id for run in instance.get_runs()}


def forget(instance: dg.DagsterInstance, before: datetime = TOMORROW, at_most: int = 100) -> int:
    return delete_ended(instance, before=before, at_most=at_most)


def test_an_old_run_goes_with_all_it_left(instance: dg.DagsterInstance) -> None:
    old, new = run(instance), run(instance)
    assert instance.all_logs(old)
    check = dg.AssetCheckKey(dg.AssetKey("deals"), "is_full")

    assert forget(instance) == 1

    assert held(instance) == {new}
    assert not instance.all_logs(old)
    outcomes = instance.event_log_storage.get_asset_check_execution_history(check, limit=10)
    assert [outcome.run_id for outcome in outcomes] == [new]
    event = instance.get_latest_materialization_event(dg.AssetKey("deals"))
    assert event is not None
    assert event.run_id == new


def test_a_run_younger_than_the_limit_stays(instance: dg.DagsterInstance) -> None:
    runs = {run(instance) for _ in range(2)}
    assert forget(instance, before=datetime.now(UTC) - timedelta(minutes=1)) == 0
    assert held(instance) == runs


def test_a_run_that_has_not_ended_stays(instance: dg.DagsterInstance) -> None:
    hanging = instance.create_run_for_job(
        DEFINITIONS.resolve_job_def("good_job"), status=dg.DagsterRunStatus.STARTED
    )
    run(instance)
    forget(instance)
    assert hanging.run_id in held(instance)


def test_of_each_job_the_newest_run_and_the_newest_success_stay(
    instance: dg.DagsterInstance,
) -> None:
    succeeded = instance.create_run_for_job(
        DEFINITIONS.resolve_job_def("bad_job"), status=dg.DagsterRunStatus.SUCCESS
    )
    run(instance, "bad_job")
    newest = run(instance, "bad_job")
    of_the_other_job = run(instance)

    assert forget(instance) == 1

    assert held(instance) == {succeeded.run_id, newest, of_the_other_job}


def test_the_oldest_go_first_and_no_more_than_asked(instance: dg.DagsterInstance) -> None:
    _, second, third = (run(instance) for _ in range(3))
    assert forget(instance, at_most=1) == 1
    assert held(instance) == {second, third}


def test_the_job_deletes_and_neither_waits_nor_lets_a_refresh_wait(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = run(instance), run(instance)
    assert operations.old_runs_delete_job.execute_in_process(instance=instance).success
    assert {old, new} <= held(instance)

    monkeypatch.setattr(operations, "RUNS_KEPT_DAYS", -1)
    operations.old_runs_delete_job.execute_in_process(instance=instance)
    assert old not in held(instance)

    instance.create_run_for_job(operations.old_runs_delete_job, status=dg.DagsterRunStatus.STARTED)
    assert not active_writers(instance)
    context = dg.build_schedule_context(instance=instance)
    assert isinstance(warehouse_refresh_job_quarter_hourly(context), dg.RunRequest)
