"""What people and their tools read of the demo company: BI queries, metrics, who reads what."""

import csv
import json
import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest

from benchmarks.bi_queries import PARAMETERS, QUERIES, queries
from tests.e2e.conftest import Company

pytestmark = pytest.mark.e2e

needs_metricflow = pytest.mark.skipif(
    shutil.which("mf") is None, reason="MetricFlow is not installed (extra `semantic`)"
)
Table = dict[tuple[str, ...], dict[str, Any]]


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
ONLY_BY_DATE = {
    "payments_count",
    "revenue_amount",
    "shipped_amount",
    "margin_amount",
    "list_amount",
    "discount_amount",
    "discount_share",
}
INPUTS_OF_RATIOS = {
    "excluded_enquiries_count",
    "cohort_paid_deals_count",
    "response_or_waiting_median_minutes",
}


@pytest.fixture(scope="module")
def metrics(demo_company: Company) -> set[str]:
    """The names of all metrics, those aside that only others are made of."""
    demo_company.run("dbt", "--quiet", "parse")
    target = demo_company.var_dir / "dbt" / "target"
    manifest = json.loads((target / "semantic_manifest.json").read_text("utf-8"))
    return {metric["name"] for metric in manifest["metrics"]} - INPUTS_OF_RATIOS


@pytest.fixture(scope="module")
def kpis(demo_company: Company, metrics: set[str]) -> list[str]:
    return shared(demo_company, metrics, "mart_director.kpis_daily")


@pytest.fixture(scope="module")
def calls(demo_company: Company, metrics: set[str]) -> list[str]:
    return shared(demo_company, metrics, "intermediate.int_calls_daily")


@pytest.fixture(scope="module")
def of_managers(demo_company: Company, metrics: set[str]) -> list[str]:
    return shared(demo_company, metrics - ONLY_BY_DATE, "mart_sales_head.managers_monthly")


@pytest.fixture(scope="module")
def of_channels(demo_company: Company, metrics: set[str]) -> list[str]:
    return shared(demo_company, metrics - ONLY_BY_DATE, "mart_marketing.channels_monthly")


@needs_metricflow
def test_the_semantic_layer_is_valid_against_the_warehouse(demo_company: Company) -> None:
    said = demo_company.script("scripts/mf", "validate-configs")
    assert said.count("ERRORS: 0, FUTURE_ERRORS: 0, WARNINGS: 0") >= 2


def test_every_metric_is_a_column_of_a_mart_or_of_the_daily_measures(
    metrics: set[str],
    kpis: list[str],
    calls: list[str],
    of_managers: list[str],
    of_channels: list[str],
) -> None:
    """So that the tests below hold every one of them against what the warehouse tells."""
    assert metrics == {*kpis, *calls, *of_managers, *of_channels, "discount_share"}


@needs_metricflow
def test_the_directors_discount_is_the_same_by_metricflow(
    demo_company: Company, tmp_path: Path
) -> None:
    """The one ratio of goods, which have no manager there: the screen has it by month alone."""
    metricflow = asked_of_metricflow(
        demo_company, tmp_path, ["discount_share"], ["metric_time__month"]
    )
    table = (
        "(select month_start, current_value as discount_share from mart_director.kpis_monthly"
        " where kpi_name = 'discount_share') as kpis"
    )
    mart = told(demo_company, table, ["month_start"], ["discount_share"])
    assert len(mart) > 20
    assert differences(mart, metricflow, ["discount_share"]) == []


@needs_metricflow
@pytest.mark.parametrize("month", ["to_char(metric_date, 'YYYY-MM-01')", None])
def test_the_company_by_month_and_in_all_is_the_same_by_metricflow(
    demo_company: Company, tmp_path: Path, kpis: list[str], calls: list[str], month: str | None
) -> None:
    by = ["metric_time__month"] if month else []
    metricflow = asked_of_metricflow(demo_company, tmp_path, [*kpis, *calls], by)
    for table, names in (
        ("mart_director.kpis_daily", kpis),
        ("intermediate.int_calls_daily", calls),
    ):
        sums = [f"sum({name})" for name in names]
        mart = told(demo_company, table, [month] if month else [], sums, names)
        assert differences(mart, metricflow, names) == []


@needs_metricflow
def test_a_manager_by_month_is_the_same_by_metricflow(
    demo_company: Company, tmp_path: Path, of_managers: list[str]
) -> None:
    by = ["metric_time__month", "manager"]
    metricflow = asked_of_metricflow(demo_company, tmp_path, of_managers, by)
    keys = ["month_start", "manager_id"]
    mart = told(demo_company, "mart_sales_head.managers_monthly", keys, of_managers)
    assert differences(mart, metricflow, of_managers) == []


@needs_metricflow
def test_a_channel_by_month_is_the_same_by_metricflow(
    demo_company: Company, tmp_path: Path, of_channels: list[str]
) -> None:
    by = ["metric_time__month", "channel"]
    metricflow = asked_of_metricflow(demo_company, tmp_path, of_channels, by)
    keys = ["month_start", "channel"]
    mart = told(demo_company, "mart_marketing.channels_monthly", keys, of_channels)
    assert differences(mart, metricflow, of_channels) == []


def shared(company: Company, metrics: set[str], table: str) -> list[str]:
    """The metrics that are columns of the table."""
    columns = company.query(
        f"select attname from pg_attribute where attrelid = '{table}'::regclass and attnum > 0"
    )
    return sorted(metrics & {name for (name,) in columns})


def asked_of_metricflow(
    company: Company, folder: Path, names: list[str], group_by: list[str]
) -> Table:
    """Rows by what they are grouped by, months as 2026-01-01."""
    answer = folder / "answer.csv"
    grouped = ["--group-by", ",".join(group_by)] if group_by else []
    command = ["scripts/mf", "query", "--metrics", ",".join(names), *grouped]
    company.script(*command, "--csv", str(answer))
    with answer.open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    assert rows
    return {tuple(row[key].removesuffix(" 00:00:00") for key in group_by): row for row in rows}


def told(
    company: Company,
    table: str,
    keys: list[str],
    expressions: list[str],
    names: list[str] | None = None,
) -> Table:
    """Rows of a mart by their keys; `expressions` are its columns or sums of them."""
    grouped = f"group by {', '.join(keys)}" if names and keys else ""
    rows = company.query(f"select {', '.join([*keys, *expressions])} from {table} {grouped}")
    return {
        tuple(str(value) for value in row[: len(keys)]): dict(
            zip(names or expressions, row[len(keys) :], strict=True)
        )
        for row in rows
    }


def differences(mart: Table, metricflow: Table, names: list[str]) -> list[str]:
    """Where the two differ at the digits that the mart shows. A mart has zeros, and MetricFlow no
    row, where nothing happened.
    """
    found = []
    for key in mart.keys() | metricflow.keys():
        for name in names:
            ours = Decimal(mart.get(key, {}).get(name) or 0)
            theirs = Decimal(metricflow.get(key, {}).get(name) or 0)
            if abs(ours - theirs) > _half_a_digit(ours):
                found.append(f"{name} of {key}: {ours} in the mart, {theirs} by MetricFlow")
    return found


def _half_a_digit(number: Decimal) -> Decimal:
    exponent = number.as_tuple().exponent
    assert isinstance(exponent, int)
    return Decimal("0.5").scaleb(exponent) + Decimal("1e-9")
