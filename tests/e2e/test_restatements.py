"""Facts that come late: which published numbers they change, and that the records are named.

A company of its own, closed in November: each test makes one thing happen and builds again, and the
tests run in the order of the file.
"""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from tests.e2e.conftest import Company, DemoServer, Rows, serving

pytestmark = pytest.mark.e2e

# On the last evening of November: what is newest then is of a month that will be closed.
AS_OF = "2026-11-30T21:00:00+03:00"
NOVEMBER_CLOSES = "2026-12-07T09:00:00+03:00"
THE_DAY_BEFORE = "2026-12-06T23:00:00+03:00"
FROZEN = "select * from mart_finance.published_numbers order by measure, period_start, 3, 4"
FROZEN_RECORDS = """
    select measure, count(*), sum(published_value), sum(hashtextextended(record_id, 0)::numeric)
    from mart_finance.published_number_records group by measure order by measure
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoServer]:
    story = ("--months", "8", "--seed", "3", "--scale", "0.2", "--as-of", AS_OF)
    with serving(tmp_path_factory.mktemp("demo"), *story) as server:
        yield server


@pytest.fixture(scope="module")
def company(new_company: Callable[..., Company], server: DemoServer) -> Company:
    company = new_company(BUSINESS_NOW=THE_DAY_BEFORE, **server.environment)
    company.run("python", "-m", "orchestration", "refresh")
    return company


def build(company: Company, at: str, *sources: str, besides: tuple[str, ...] = ()) -> None:
    """Loads the sources, builds and publishes. The tests of the day's data come last, once."""
    for source in sources:
        company.run("python", "-m", "ingestion", "run", source)
    left_out = ("unit_test", "test", *besides)
    company.but(BUSINESS_NOW=at).run("dbt", "build", "--exclude-resource-type", *left_out)


def restated(company: Company, measure: str) -> dict[str, Decimal]:
    """By month, the company's present differences."""
    return dict(
        company.query(
            f"""
            select to_char(period_start, 'YYYY-MM'), difference
            from mart_finance.restatements
            where is_current and measure = '{measure}' and dimension = 'total'
            """
        )
    )


def causes(company: Company, measure: str) -> set[tuple[Any, ...]]:
    return set(
        company.query(
            f"""
            select to_char(period_start, 'YYYY-MM'), record_id, signed_change, reason
            from mart_finance.restatement_records
            where measure = '{measure}' and dimension = 'total'
            """
        )
    )


def restated_measures(company: Company) -> set[str]:
    rows = company.query("select measure from mart_finance.restatements where is_current")
    return {measure for (measure,) in rows}


def payment_key(done: dict[str, Any]) -> str:
    return f"onec:main:{done['payment_ref_key']}"


def frozen(company: Company) -> tuple[Rows, Rows]:
    return company.query(FROZEN), company.query(FROZEN_RECORDS)


def months_of(company: Company, measure: str) -> list[str]:
    return [
        month
        for (month,) in company.query(
            "select to_char(period_start, 'YYYY-MM') from mart_finance.published_numbers"
            f" where measure = '{measure}' and dimension = 'total' order by period_start"
        )
    ]


def test_november_is_open_until_its_fifth_business_day(company: Company) -> None:
    assert months_of(company, "revenue_amount")[-1] == "2026-10"
    build(company, NOVEMBER_CLOSES)
    assert months_of(company, "revenue_amount")[-1] == "2026-11"
    # The leads of 31 October had their 30 days on 30 November; those of November have not.
    assert months_of(company, "paid_within_30_days_leads_count")[-1] == "2026-10"
    assert months_of(company, "paid_within_60_days_leads_count")[-1] == "2026-09"
    assert not restated_measures(company)


def test_no_build_rewrites_what_was_published(company: Company) -> None:
    before = frozen(company)
    assert before[0]
    company.but(BUSINESS_NOW="2026-12-07T10:00:00+03:00").run(
        "dbt", "build", "--full-refresh", "--exclude-resource-type", "unit_test", "test"
    )
    assert frozen(company) == before


def test_what_was_built_and_not_published_is_not_frozen(company: Company) -> None:
    before = frozen(company)
    later = company.but(BUSINESS_NOW="2027-01-20T10:00:00+03:00")
    later.run("dbt", "run", "-s", "int_calendar", "published_numbers")
    ((built,),) = company.query("select count(*) from build_mart_finance.published_numbers")
    assert built > len(before[0])
    # Nor does a build that stands at an earlier moment, as a replay does, change what was frozen.
    build(company, THE_DAY_BEFORE)
    assert frozen(company) == before


def test_a_payment_that_is_taken_back_restates_its_month_and_is_named(
    company: Company, server: DemoServer
) -> None:
    done = server.happen("unpost")
    build(company, "2026-12-07T11:00:00+03:00", "onec")
    key = payment_key(done)
    amount = Decimal(str(done["amount"]))
    assert restated(company, "payments_count") == {"2026-11": -1}
    assert causes(company, "payments_count") == {("2026-11", key, -1, "payment_unposted")}
    assert causes(company, "revenue_amount") == {("2026-11", key, -amount, "payment_unposted")}
    assert not restated_measures(company) & {"leads_count", "deals_count", "won_deals_count"}


def test_a_payment_written_down_forty_days_late_restates_the_month_it_is_dated(
    company: Company, server: DemoServer
) -> None:
    done = server.happen("late_payment")
    build(company, "2026-12-07T12:00:00+03:00", "onec")
    key = payment_key(done)
    assert restated(company, "payments_count") == {"2026-10": 1, "2026-11": -1}
    assert ("2026-10", key, 1, "posted_late") in causes(company, "payments_count")
    assert ("2026-10", key, Decimal(str(done["amount"])), "posted_late") in causes(
        company, "revenue_amount"
    )
    # Since when a number is another one outlives the builds that follow.
    seen = company.query(
        "select period_start, first_seen_at at time zone 'Europe/Moscow'"
        " from mart_finance.restatements where measure = 'payments_count' and dimension = 'total'"
        " order by period_start"
    )
    assert [moment.hour for _, moment in seen] == [12, 11]
    assert not restated_measures(company) & {"leads_count", "deals_count", "won_deals_count"}


def test_a_stage_that_is_renamed_changes_no_number(company: Company) -> None:
    before = company.query("select * from mart_finance.restatements order by 1, 2, 3, 4, 6")
    with psycopg.connect(company.connections.url("loader")) as connection:
        connection.execute("update raw_amocrm.pipeline_statuses set name = 'Переименован'")
    build(company, "2026-12-07T16:00:00+03:00")
    names = company.query("select distinct stage_name from intermediate.int_deals")
    assert ("Переименован",) in names
    assert before == company.query("select * from mart_finance.restatements order by 1, 2, 3, 4, 6")


def test_a_won_stage_nobody_maps_any_more_is_named_as_the_cause(company: Company) -> None:
    company.execute("delete from settings.pipeline_stage_meaning where stage_rank = 'won'")
    build(company, "2026-12-07T17:00:00+03:00", besides=("seed",))
    changed = {reason for *_, reason in causes(company, "won_deals_count")}
    assert changed == {"stage_unmapped"}
    # Neither what came in nor the money knows of stages.
    assert not restated(company, "enquiries_count").keys() - {"2026-11"}
    assert {reason for *_, reason in causes(company, "payments_count")} == {
        "payment_unposted",
        "posted_late",
    }
    build(company, "2026-12-07T18:00:00+03:00")
    assert restated(company, "won_deals_count") == {}


def test_a_month_that_is_forgotten_is_closed_anew_and_no_other(company: Company) -> None:
    others = company.query(
        "select * from mart_finance.published_numbers where period_start <> '2026-11-01'"
        " order by 1, 2, 3, 4"
    )
    arguments = "{month: 2026-11-01}"
    company.run("dbt", "run-operation", "forget_published_month", "--args", arguments)
    assert "2026-11" not in months_of(company, "payments_count")
    company.but(BUSINESS_NOW="2026-12-08T09:00:00+03:00").run(
        "dbt", "build", "--exclude-resource-type", "unit_test"
    )
    assert restated(company, "payments_count") == {"2026-10": 1}
    assert others == company.query(
        "select * from mart_finance.published_numbers where period_start <> '2026-11-01'"
        " order by 1, 2, 3, 4"
    )
