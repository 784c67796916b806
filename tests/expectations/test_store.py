"""The history of outcomes in quality.check_results."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest

from expectations import store
from expectations.catalog import contracts
from expectations.errors import QualityError
from expectations.outcome import CheckOutcome, FailingRecord
from expectations.settings import QualitySettings

pytestmark = pytest.mark.integration

MONDAY = datetime(2026, 3, 30, 9, tzinfo=UTC)
FAILED = CheckOutcome(
    check_id="budget_is_given",
    asset="intermediate/int_deals",
    status="failed",
    checked_count=10,
    failing_count=3,
    failing_share=0.3,
    limit_share=0.05,
    severity="warning",
    owner="manager",
)
PASSED = replace(FAILED, status="passed", failing_count=0, failing_share=0.0)


def rows(url: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(
            "select run_id, status, failing_count from store_quality.check_results"
            " order by checked_at"
        ).fetchall()


def test_each_run_adds_to_the_history(quality_store: QualitySettings) -> None:
    store.record(quality_store, [FAILED], "monday", MONDAY)
    store.record(quality_store, [PASSED], "tuesday", MONDAY + timedelta(days=1))
    assert rows(quality_store.writing_url) == [("monday", "failed", 3), ("tuesday", "passed", 0)]


def test_a_retried_run_replaces_its_own_outcomes(quality_store: QualitySettings) -> None:
    store.record(quality_store, [FAILED], "monday", MONDAY)
    store.record(quality_store, [PASSED], "monday", MONDAY + timedelta(minutes=5))
    assert rows(quality_store.writing_url) == [("monday", "passed", 0)]


def checked(url: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(
            "select checked_on::text, manager_id, checked_count, failing_count"
            " from store_quality.checked_records order by checked_on, manager_id"
        ).fetchall()


def failing_ids(url: str) -> set[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return set(
            connection.execute(
                "select record_id, manager_id, checked_at from store_quality.failing_records"
            ).fetchall()
        )


OF_TWO = replace(
    FAILED,
    checked_by_manager={"anna": 6, None: 4},
    failing_records=(
        FailingRecord("1", "Кабель", "https://crm.example/leads/1", "anna"),
        FailingRecord("2", "", None, "anna"),
        FailingRecord("3", "Труба", None, None),
    ),
)


def test_the_last_run_of_a_day_tells_whose_records_were_checked(
    quality_store: QualitySettings,
) -> None:
    store.record(quality_store, [OF_TWO], "morning", MONDAY)
    assert checked(quality_store.writing_url) == [
        ("2026-03-30", "", 4, 1),
        ("2026-03-30", "anna", 6, 2),
    ]
    repaired = replace(PASSED, checked_by_manager={"anna": 7})
    store.record(quality_store, [repaired], "evening", MONDAY + timedelta(hours=9))
    assert checked(quality_store.writing_url) == [("2026-03-30", "anna", 7, 0)]
    store.record(quality_store, [OF_TWO], "tuesday", MONDAY + timedelta(days=1))
    assert len(checked(quality_store.writing_url)) == 3


def test_the_records_that_failed_are_those_of_the_last_run_that_could_look(
    quality_store: QualitySettings,
) -> None:
    store.record(quality_store, [OF_TWO], "monday", MONDAY)
    found = {("1", "anna", MONDAY), ("2", "anna", MONDAY), ("3", None, MONDAY)}
    assert failing_ids(quality_store.writing_url) == found
    crashed = replace(FAILED, status="crashed", failing_count=None)
    store.record(quality_store, [crashed], "tuesday", MONDAY + timedelta(days=1))
    assert failing_ids(quality_store.writing_url) == found
    store.record(quality_store, [PASSED], "wednesday", MONDAY + timedelta(days=2))
    assert failing_ids(quality_store.writing_url) == set()


def test_a_day_ends_at_midnight_where_the_company_is(quality_store: QualitySettings) -> None:
    midnight = datetime(2026, 3, 31, tzinfo=ZoneInfo("Europe/Moscow"))
    store.record(quality_store, [OF_TWO], "late", midnight - timedelta(minutes=30))
    repaired = replace(PASSED, checked_by_manager={"anna": 7})
    store.record(quality_store, [repaired], "early", midnight + timedelta(minutes=30))
    assert checked(quality_store.writing_url) == [
        ("2026-03-30", "", 4, 1),
        ("2026-03-30", "anna", 6, 2),
        ("2026-03-31", "anna", 7, 0),
    ]


def test_nothing_to_check_is_said_so_that_the_day_before_does_not_stand_for_it(
    quality_store: QualitySettings,
) -> None:
    store.record(quality_store, [OF_TWO], "monday", MONDAY)
    nothing = replace(PASSED, status="nothing_to_check", checked_count=0, failing_share=None)
    store.record(quality_store, [nothing], "tuesday", MONDAY + timedelta(days=1))
    assert checked(quality_store.writing_url)[-1] == ("2026-03-31", "", 0, 0)


def test_two_runs_at_once_write_one_after_the_other(quality_store: QualitySettings) -> None:
    with ThreadPoolExecutor() as pool:
        runs = [
            pool.submit(store.record, quality_store, [OF_TWO], f"run {number}", MONDAY)
            for number in range(8)
        ]
    assert [run.exception() for run in runs] == [None] * 8
    assert len(failing_ids(quality_store.writing_url)) == 3
    assert len(rows(quality_store.writing_url)) == 8


def test_no_record_outlives_the_check_that_asked_for_it(quality_store: QualitySettings) -> None:
    renamed = replace(OF_TWO, check_id="budget_is_written")
    store.record(quality_store, [OF_TWO, renamed], "monday", MONDAY)
    store.prepare(quality_store, contracts())
    with psycopg.connect(quality_store.writing_url) as connection:
        kept = connection.execute(
            "select distinct check_id from store_quality.failing_records"
        ).fetchall()
    assert kept == [("budget_is_given",)]


def test_the_catalogue_is_kept_as_it_is_now(quality_store: QualitySettings) -> None:
    store.prepare(quality_store, contracts())
    store.prepare(quality_store, contracts()[:2])
    with psycopg.connect(quality_store.reading_url) as connection:
        titles = connection.execute("select title from store_quality.checks").fetchall()
    assert {title for (title,) in titles} == {contract.title for contract in contracts()[:2]}


def test_the_latest_outcome_of_each_check_is_read_back_whole(
    quality_store: QualitySettings,
) -> None:
    crashed = replace(
        FAILED,
        check_id="city_is_given",
        status="crashed",
        checked_count=None,
        failing_count=None,
        failing_share=None,
    )
    store.record(quality_store, [FAILED, crashed], "monday", MONDAY)
    store.record(quality_store, [PASSED], "tuesday", MONDAY + timedelta(days=1))
    assert store.latest(quality_store) == [PASSED, crashed]


def test_the_transforming_role_reads_exactly_the_agreed_columns(
    quality_store: QualitySettings,
) -> None:
    store.record(quality_store, [FAILED], "monday", MONDAY)
    with psycopg.connect(quality_store.reading_url) as connection:
        cursor = connection.execute("select * from store_quality.check_results")
        assert [column.name for column in cursor.description or ()] == [
            "run_id",
            "checked_at",
            "check_id",
            "asset",
            "status",
            "checked_count",
            "failing_count",
            "failing_share",
            "limit_share",
            "severity",
            "owner",
        ]


def test_a_missing_schema_is_told_in_one_sentence(quality_store: QualitySettings) -> None:
    with pytest.raises(QualityError, match="schema nowhere_quality does not exist; create it"):
        store.record(replace(quality_store, prefix="nowhere_"), [FAILED], "monday", MONDAY)


def test_a_refused_connection_is_told_without_the_password(
    quality_store: QualitySettings,
) -> None:
    unreachable = replace(quality_store, writing_url="postgresql://loader:s3cret@127.0.0.1:1/x")
    with pytest.raises(QualityError, match="refuses the role loader") as refusal:
        store.latest(unreachable)
    assert "s3cret" not in str(refusal.value)
