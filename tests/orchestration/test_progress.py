"""What a person at the terminal reads while a job runs."""

import re
import uuid

import dagster as dg

import ingestion
from orchestration.factories.raw_assets import rows_read
from orchestration.progress import Progress


def lines_of(instance: dg.DagsterInstance, *assets: dg.AssetsDefinition) -> list[str]:
    said: list[str] = []
    run_id = str(uuid.uuid4())
    instance.add_event_listener(run_id, Progress(said.append))
    job = dg.Definitions(assets=assets, jobs=[dg.define_asset_job("everything")])
    job.resolve_job_def("everything").execute_in_process(
        instance=instance, run_id=run_id, raise_on_error=False
    )
    timeless = (re.sub(r"\d\d:\d\d:\d\d", "HH:MM:SS", line.strip()) for line in said)
    return [re.sub(r"\b\d+ s: ", "N s: ", line) for line in timeless]


def test_a_load_says_how_many_rows_came(instance: dg.DagsterInstance) -> None:
    @dg.multi_asset(
        name="raw_crm", specs=[dg.AssetSpec(["raw_crm", table]) for table in ("deals", "notes")]
    )
    def load():
        yield dg.MaterializeResult(asset_key=["raw_crm", "deals"], metadata={"rows_loaded": 12})
        yield dg.MaterializeResult(asset_key=["raw_crm", "notes"], metadata={"rows_loaded": 0})

    starts, ends = lines_of(instance, load)
    assert starts == "HH:MM:SS  raw_crm          starts"
    assert ends == "HH:MM:SS  raw_crm          N s: 12 rows, 2 tables"


def test_a_failure_is_one_sentence_without_a_traceback(instance: dg.DagsterInstance) -> None:
    @dg.asset
    def broken() -> None:
        try:
            raise ConnectionError("socket details")
        except ConnectionError as error:
            raise dg.Failure("crm.deals: the token was refused. Check CRM_TOKEN") from error

    _, ends = lines_of(instance, broken)
    assert ends.endswith("FAILED after N s: crm.deals: the token was refused. Check CRM_TOKEN")


def test_a_failure_without_words_still_says_what_it_was(instance: dg.DagsterInstance) -> None:
    @dg.asset
    def broken() -> None:
        raise KeyError

    _, ends = lines_of(instance, broken)
    assert "KeyError" in ends


def test_a_load_is_silent_while_it_connects_and_says_when_all_is_read() -> None:
    said: list[str] = []
    follow = rows_read(said.append, table_count=2)
    follow(ingestion.Progress("crm", "account", 1, seconds=9, is_done=False))
    follow(ingestion.Progress("crm", "account", 1, seconds=9, is_done=True))
    follow(ingestion.Progress("crm", "deals", 6000, seconds=15, is_done=False))
    follow(ingestion.Progress("crm", "deals", 7000, seconds=16, is_done=False))
    follow(ingestion.Progress("crm", "deals", 7000, seconds=17, is_done=True))
    assert said == [
        "6,001 rows so far, reading deals",
        "7,001 rows read, writing them to Postgres",
    ]


def test_checks_are_counted_by_outcome(instance: dg.DagsterInstance) -> None:
    names = ("phone_is_present", "city_is_given", "source_is_given")

    @dg.asset(check_specs=[dg.AssetCheckSpec(name, asset="deals") for name in names])
    def deals():
        yield dg.MaterializeResult()
        for name in names:
            yield dg.AssetCheckResult(check_name=name, passed=name != "city_is_given")

    _, ends = lines_of(instance, deals)
    assert ends.endswith("1 table, 2 checks passed, 1 did not")
