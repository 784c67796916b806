"""What people and their tools read of the demo company: BI queries, metrics, who reads what."""

import csv
import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest

from benchmarks.bi_queries import PARAMETERS, QUERIES, queries
from tests.e2e.conftest import ROOT, Company

pytestmark = pytest.mark.e2e

needs_metricflow = pytest.mark.skipif(
    shutil.which("mf") is None, reason="MetricFlow is not installed (extra `semantic`)"
)
Table = dict[tuple[str, ...], dict[str, Any]]
LABELS = ROOT / "dbt_project" / "seeds" / "kpi_labels.csv"


@pytest.mark.parametrize("title", queries(QUERIES.read_text("utf-8")))
def test_a_typical_query_of_a_bi_tool_is_answered(demo_company: Company, title: str) -> None:
    """And none is so particular that a company of 25 months has no answer to it."""
    query = queries(QUERIES.read_text("utf-8"))[title]
    url = demo_company.connections.url("reader")
    with psycopg.connect(url, cursor_factory=psycopg.ClientCursor) as connection:
        asked = connection.execute(PARAMETERS.encode())
        names = [column.name for column in asked.description or ()]
        parameters = dict(zip(names, asked.fetchall()[0], strict=True))
        connection.execute(query.encode(), parameters).fetchall()


def test_a_mart_shows_who_read_it(demo_company: Company) -> None:
    connections = demo_company.connections
    with psycopg.connect(connections.url("admin"), autocommit=True) as admin:
        admin.execute("create role petrova login password 'secret' in role reader")
    url = connections.url("reader")
    with psycopg.connect(url, user="petrova", password="secret") as person:
        for _ in range(2):
            person.execute("select sum(leads_count) from mart_marketing.channels_monthly")

    demo_company.run("python", "-m", "warehouse", "collect-reads")
    demo_company.run("dbt", "build", "-s", "+mart_usage", "--exclude-resource-type", "unit_test")

    usage = """
        select usage_status, reads_count, read_days_count, last_read_at >= first_read_at
        from build_mart_quality.mart_usage
        where login = '{}' and mart_name = '{}'
    """
    assert demo_company.query(usage.format("petrova", "mart_marketing.channels_monthly")) == [
        ("read", 2, 1, True)
    ]
    assert demo_company.query(usage.format("(nobody)", "mart_finance.restatement_records")) == [
        ("not_read", 0, 0, None)
    ]


# Money and goods are a manager's and a channel's by their allocation to deals, which MetricFlow
# does not know: it has them by date alone.
ONLY_BY_DATE = frozenset(
    {
        "payments_count",
        "revenue_amount",
        "shipped_amount",
        "margin_amount",
        "list_amount",
        "discount_amount",
        "discount_share",
    }
)
# Goals are of a measure, which only their own mart shows.
ONLY_BY_MEASURE = frozenset({"plan_done_ratio", "pace_ratio"})
# What stands from day to day is there on days that a mart leaves out.
STANDING = {"open_deals_count", "load_ratio"}
ONLY_PARTS_OF_OTHERS = {
    "excluded_enquiries_count",
    "cohort_paid_deals_count",
    "response_or_waiting_median_minutes",
    "first_attempt_or_waiting_median_minutes",
    "first_reply_or_waiting_median_minutes",
    "satisfied_count",
    "working_managers_count",
    "managers_with_deals_count",
    "checks_weight",
    "passed_weight",
    "checked_managers_count",
    "every_plan_amount",
    "every_fact_amount",
    "goal_kinds_count",
    "goal_months_count",
}
# In the demo nobody rings back, writes a message, answers a request or rates it, and who gets money
# back in a month has paid in it: other lives are invented in the entities, and what is between them
# and the marts is built on it.
INVENTED = (
    """update intermediate.int_payments set is_refund = true
    where not is_refund and hashtext(customer_id) % 7 = 0""",
    """update intermediate.int_calls set callback_minutes = abs(hashtext(call_id)) % 900 / 10.0
    where call_direction = 'in' and not is_answered and hashtext(call_id) % 3 = 0""",
    """update intermediate.int_activities set act_kind = 'message'
    where act_kind = 'note' and hashtext(act_id) % 3 = 0""",
    """update intermediate.int_service_requests
    set first_reply_minutes = length(service_request_id) + abs(hashtext(service_request_id)) % 90
    where hashtext(service_request_id) % 3 <> 0""",
    """update intermediate.int_service_requests
    set service_rating = 1 + abs(hashtext(service_request_id)) % 5 where resolved_at is not null""",
)
INVENTED_IN = ("int_payments", "int_calls", "int_activities", "int_service_requests")
BUILT_ON_IT = (
    *("int_calls_daily", "int_activities_daily", "int_service_requests_daily"),
    *("int_paying_customers_daily", "kpis_monthly"),
    *("calls_daily", "employees_daily", "requests_monthly"),
    # What the checks of a refresh found is otherwise shown by the next one.
    *("int_hygiene_daily", "hygiene_checks_weekly", "hygiene_weekly"),
)
# Rounded further than the type of their column says.
DIGITS = {"inbound_talk_minutes": 1, "outbound_talk_minutes": 1, "nps_score": 1}
IS_DIVIDED = re.compile(
    r"_share$|_ratio$|_score$|median"
    r"|^(average_check|cac|cost_per_qualified|cpl|ltv|ltv_12m|revenue_per_manager)_amount$"
)
DAY, WEEK, MONTH = "metric_time__day", "metric_time__week", "metric_time__month"
GOALS = ("goal__goal_scope", "goal__department_name", "manager", "goal__measure")


@dataclass(frozen=True)
class Shown:
    """A mart, whose columns are metrics by its keys."""

    table: str
    keys: tuple[str, ...]
    by: tuple[str, ...]
    """What MetricFlow calls the keys."""
    without: frozenset[str] = frozenset()
    """Columns that MetricFlow does not have by these keys."""
    shows_unassigned: bool = True


def kpis_by_month() -> str:
    """The director's months, a column a measure."""
    with LABELS.open(encoding="utf-8") as lines:
        digits = {
            row["kpi_name"]: 2 if row["unit"] == "money" else 4 for row in csv.DictReader(lines)
        }
    columns = [
        f"(max(current_value) filter (where kpi_name = '{name}'))::numeric(18, {places}) as {name}"
        for name, places in digits.items()
    ]
    months = f"select month_start, {', '.join(columns)} from build_mart_director.kpis_monthly"
    return f"({months} group by month_start) as kpis"


def requests_by(dimension: str) -> str:
    requests = f"select * from build_mart_service.requests_monthly where dimension = '{dimension}'"
    return f"({requests}) as requests"


# A mart tells calls by channel, too, which is the deal's or the last lead's: two tables'.
CALLS = """(
    select metric_date, manager_id, sum(calls_count) as calls_count,
        sum(effective_calls_count) as effective_calls_count,
        sum(missed_calls_count) as missed_calls_count, sum(lost_calls_count) as lost_calls_count
    from build_mart_sales_head.calls_daily group by 1, 2
) as calls"""
CALLBACKS = """(
    select metric_date, manager_id,
        percentile_cont(0.5) within group (order by minutes) as callback_median_minutes
    from intermediate.int_calls_daily, unnest(callback_minutes_list) as callback (minutes)
    group by 1, 2
) as callbacks"""
# What a customer brought to date is told at the customers' last age.
COHORTS = """(
    select distinct on (month_start) * from mart_marketing.customer_cohorts_monthly
    order by month_start, months_since desc
) as cohorts"""

SHOWN = [
    Shown("mart_director.kpis_daily", ("metric_date",), (DAY,)),
    Shown(kpis_by_month(), ("month_start",), (MONTH,), ONLY_BY_MEASURE),
    Shown("mart_finance.contribution_monthly", ("month_start",), (MONTH,)),
    Shown(COHORTS, ("month_start",), (MONTH,)),
    Shown(requests_by("total"), ("month_start",), (MONTH,)),
    Shown(
        "mart_sales_head.managers_monthly",
        ("month_start", "manager_id"),
        (MONTH, "manager"),
        ONLY_BY_DATE,
    ),
    Shown("mart_service.nps_monthly", ("month_start", "manager_id"), (MONTH, "manager")),
    Shown(requests_by("manager"), ("month_start", "dimension_value"), (MONTH, "manager")),
    Shown(
        "mart_marketing.channels_monthly",
        ("month_start", "channel"),
        (MONTH, "channel"),
        ONLY_BY_DATE,
    ),
    Shown(requests_by("channel"), ("month_start", "dimension_value"), (MONTH, "channel")),
    Shown(
        "build_mart_sales_head.employees_daily",
        ("metric_date", "manager_id"),
        (DAY, "manager"),
        ONLY_BY_DATE,
        shows_unassigned=False,
    ),
    Shown(CALLS, ("metric_date", "manager_id"), (DAY, "manager")),
    Shown(CALLBACKS, ("metric_date", "manager_id"), (DAY, "manager")),
    Shown("mart_sales_head.managers_now", ("manager_id",), ("manager",)),
    Shown(
        "mart_sales_head.sales_analysis",
        ("month_start", "manager_id", "stage_rank"),
        ("deal__created_date__month", "deal__manager", "rank"),
    ),
    Shown(
        "mart_sales_head.loss_reasons_monthly",
        ("month_start", "loss_reason", "manager_id", "channel"),
        (MONTH, "deal__loss_reason", "manager", "channel"),
    ),
    Shown(
        "intermediate.int_customers_daily",
        ("metric_date", "manager_id", "channel"),
        (DAY, "manager", "channel"),
    ),
    Shown(
        "mart_sales_head.goals",
        ("month_start", "goal_scope", "department_name", "manager_id", "measure"),
        (MONTH, *GOALS),
    ),
    Shown("build_mart_sales_head.hygiene_weekly", ("week_start", "manager_id"), (WEEK, "manager")),
]
GROUPINGS = list(dict.fromkeys(shown.by for shown in SHOWN))


@pytest.fixture(scope="module")
def metrics(demo_company: Company) -> set[str]:
    """The names of all metrics, those aside that only others are made of."""
    demo_company.run("dbt", "--quiet", "parse")
    target = demo_company.var_dir / "dbt" / "target"
    manifest = json.loads((target / "semantic_manifest.json").read_text("utf-8"))
    return {metric["name"] for metric in manifest["metrics"]} - ONLY_PARTS_OF_OTHERS


@pytest.fixture(scope="module")
def whole_company(demo_company: Company) -> Iterator[Company]:
    """The demo company with something of every measure, its published marts aside."""
    try:
        for statement in INVENTED:
            assert demo_company.execute(statement)
        demo_company.run("dbt", "run", "-s", *BUILT_ON_IT)
        yield demo_company
    finally:
        demo_company.run("dbt", "run", "-s", *INVENTED_IN, *BUILT_ON_IT)


@pytest.fixture(scope="module")
def shown_metrics(whole_company: Company, metrics: set[str]) -> dict[Shown, list[str]]:
    """By mart the metrics that are its columns."""
    return {
        shown: sorted((metrics & columns(whole_company, shown.table)) - shown.without)
        for shown in SHOWN
    }


@needs_metricflow
def test_the_semantic_layer_is_valid_against_the_warehouse(demo_company: Company) -> None:
    said = demo_company.script("scripts/mf", "validate-configs")
    assert said.count("ERRORS: 0, FUTURE_ERRORS: 0, WARNINGS: 0") >= 2


def test_every_metric_is_a_column_of_a_mart_or_of_the_daily_measures(
    metrics: set[str], shown_metrics: dict[Shown, list[str]]
) -> None:
    """So that the test below holds every one of them against what the warehouse tells."""
    assert metrics == {name for names in shown_metrics.values() for name in names}


@needs_metricflow
@pytest.mark.parametrize("by", GROUPINGS, ids=",".join)
def test_what_a_mart_shows_is_the_same_by_metricflow(
    whole_company: Company,
    tmp_path: Path,
    shown_metrics: dict[Shown, list[str]],
    by: tuple[str, ...],
) -> None:
    """One query of MetricFlow for all marts that have these keys."""
    marts = {shown: names for shown, names in shown_metrics.items() if shown.by == by}
    asked = sorted({name for names in marts.values() for name in names})
    metricflow = asked_of_metricflow(whole_company, tmp_path, asked, by)
    for shown, names in marts.items():
        mart = told(whole_company, shown, names)
        assert names_without_any(mart, names) == [], shown.table
        assert differences(mart, metricflow, shown, names) == [], shown.table


def columns(company: Company, table: str) -> set[str]:
    with psycopg.connect(company.connections.url("transformer")) as connection:
        described = connection.execute(f"select * from {table} limit 0".encode()).description
    return {column.name for column in described or ()}


def asked_of_metricflow(
    company: Company, folder: Path, names: list[str], by: tuple[str, ...]
) -> Table:
    """Rows by what they are grouped by, dates as 2026-01-01."""
    answer = folder / "answer.csv"
    query = ["query", "--metrics", ",".join(names), "--group-by", ",".join(by)]
    company.script("scripts/mf", *query, "--csv", str(answer))
    with answer.open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    assert rows
    return {tuple(row[key].removesuffix(" 00:00:00") for key in by): row for row in rows}


def told(company: Company, shown: Shown, names: list[str]) -> Table:
    """Rows of a mart by their keys, as text."""
    rows = company.query(f"select {', '.join([*shown.keys, *names])} from {shown.table}")
    keyed = len(shown.keys)
    table = {
        tuple("" if value is None else str(value) for value in row[:keyed]): dict(
            zip(names, row[keyed:], strict=True)
        )
        for row in rows
    }
    assert len(table) == len(rows), f"more than one row by the keys of {shown.table}"
    return table


def names_without_any(mart: Table, names: list[str]) -> list[str]:
    """Those of which nothing would be proved, for there is nothing."""
    return [name for name in names if not any(row[name] for row in mart.values())]


def differences(mart: Table, metricflow: Table, shown: Shown, names: list[str]) -> list[str]:
    """Where the two differ at the digits that the mart shows. A mart has zeros, and MetricFlow no
    row, where nothing happened; of what is divided, none is never the same as 0.
    """
    keys = mart.keys() | {
        key for key in metricflow if shown.shows_unassigned or "unassigned" not in key
    }
    return [
        f"{name} of {key}: {ours} in the mart, {theirs} by MetricFlow"
        for key in sorted(keys)
        for name in names
        if key in mart or name not in STANDING
        for ours in [mart.get(key, {}).get(name)]
        for theirs in [metricflow.get(key, {}).get(name)]
        if abs(_number(ours) - _number(theirs)) > _half_a_digit(name, ours)
        or (
            IS_DIVIDED.search(name)
            and key in mart
            and key in metricflow
            and (ours is None) != (theirs in (None, ""))
        )
    ]


def _number(value: Any) -> Decimal:
    """An instant is its second; MetricFlow writes it in UTC, without saying so."""
    if isinstance(value, str) and " " in value:
        value = datetime.fromisoformat(value).replace(tzinfo=UTC)
    if isinstance(value, datetime):
        value = value.timestamp()
    return Decimal(value or 0)


def _half_a_digit(name: str, shown: Any) -> Decimal:
    if not isinstance(shown, Decimal):
        return Decimal("1e-6")
    exponent = shown.as_tuple().exponent
    assert isinstance(exponent, int)
    digits = max(-exponent, 2 if name.endswith("_amount") else 0)  # 0 has none, whatever the type
    return Decimal("0.5").scaleb(-DIGITS.get(name, digits)) + Decimal("1e-9")
