"""Whatever two marts both show is the same number, for every month, manager and channel.

The pairs are made from the contracts: a measure that two marts name alike is compared in every
slice that both can tell. Numbers that do not add up (ratios, medians, former months) are left out.
"""

import json
import re
from collections import defaultdict
from decimal import Decimal
from itertools import combinations, product
from typing import Any, NamedTuple

import pytest

from tests.e2e.conftest import ROOT, Company

RATIOS = re.findall(
    r"macro (\w+)\(totals", (ROOT / "dbt_project/macros/ratios.sql").read_text("utf-8")
)
ADDS_UP = re.compile(r"(?!previous_|year_ago_|company_)\w+_(count|amount)")
DIMENSIONS = ("manager_id", "channel")

ONE_COPY = {
    "funnel_monthly": "step = 'paid'",
    "channels_attribution_monthly": "is_official",
    "customer_cohorts_monthly": "months_since = 0",
    "requests_monthly": "dimension = 'total'",
}
"""Marts that tell a measure once for every step, model or age, and which rows tell it once."""
OF_PEOPLE = ("employees_daily", "my_month")
"""Marts without what nobody is responsible for."""
OF_ANOTHER_KIND = {
    "cabinet_gap": "only what the cabinet's campaigns brought",
    "cohort_maturity": "a cohort's measures at an age, not to date",
    "goals": "a fact is told for persons, teams and the company",
    "crm_screen_diff": "the CRM's count beside ours",
    "crm_screen_diff_records": "the records between those counts",
}
NOT_OF_A_MONTH = {"employees_daily": ("open_deals_count",)}
"""What stands at a day's end and is not added up over days."""

Slices = dict[tuple[Any, ...], Decimal]


class Mart(NamedTuple):
    schema: str
    name: str
    month: str
    dimensions: frozenset[str]
    measures: frozenset[str]

    def slices(self, company: Company, measure: str, dimensions: tuple[str, ...]) -> Slices:
        """What it says other than nothing, by month and those dimensions."""
        keys = ", ".join((self.month, *dimensions))
        condition = ONE_COPY.get(self.name, "true")
        rows = company.query(
            f"select {keys}, sum({measure}) from {self.schema}.{self.name}"
            f" where {condition} group by {keys} having sum({measure}) <> 0"
        )
        return {tuple(row[:-1]): Decimal(row[-1]) for row in rows}


@pytest.fixture(scope="module")
def marts(demo_company: Company) -> list[Mart]:
    manifest = json.loads((demo_company.var_dir / "dbt/target/manifest.json").read_text("utf-8"))
    nodes = [
        node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["fqn"][1] == "marts"
    ]
    assert {node["name"] for node in nodes} >= {*ONE_COPY, *OF_PEOPLE, *OF_ANOTHER_KIND}
    found = []
    for node in nodes:
        columns = {column["name"]: column["data_type"] for column in node["columns"].values()}
        month = next((name for name in ("month_start", "metric_date") if name in columns), None)
        if month is None or node["name"] in OF_ANOTHER_KIND:
            continue
        measures = {
            name
            for name, kind in columns.items()
            if ADDS_UP.fullmatch(name)
            and name not in RATIOS
            and name not in NOT_OF_A_MONTH.get(node["name"], ())
            and kind.split("(")[0] in ("integer", "numeric")
        }
        found.append(
            Mart(
                node["schema"].replace("build_", "", 1),
                node["name"],
                f"date_trunc('month', {month})::date",
                frozenset(columns) & frozenset(DIMENSIONS),
                frozenset(measures),
            )
        )
    return found


def test_what_two_marts_show_is_one_number(demo_company: Company, marts: list[Mart]) -> None:
    told: dict[tuple[str, str, tuple[str, ...]], Slices] = {}

    def slices(mart: Mart, measure: str, dimensions: tuple[str, ...]) -> Slices:
        key = (mart.name, measure, dimensions)
        if key not in told:
            told[key] = mart.slices(demo_company, measure, dimensions)
        return told[key]

    compared: defaultdict[str, int] = defaultdict(int)
    disagreements = []
    for one, other in combinations(marts, 2):
        shared = one.dimensions & other.dimensions
        grains = [(), *[(name,) for name in sorted(shared)]]
        if len(shared) == len(DIMENSIONS):
            grains.append(DIMENSIONS)
        of_people = one.name in OF_PEOPLE or other.name in OF_PEOPLE
        for measure, grain in product(sorted(one.measures & other.measures), grains):
            if of_people and "manager_id" not in grain:
                continue
            ours, theirs = (
                {
                    key: value
                    for key, value in slices(mart, measure, grain).items()
                    if not (of_people and "unassigned" in key)
                }
                for mart in (one, other)
            )
            compared[measure] += len(ours)
            disagreements += [
                f"{measure} of {key}: {one.name} {ours.get(key)}, {other.name} {theirs.get(key)}"
                for key in sorted({*ours, *theirs}, key=str)
                if ours.get(key) != theirs.get(key)
            ]
    assert disagreements[:20] == []
    assert len(compared) > 20
    assert sum(compared.values()) > 10_000


def test_the_directors_months_are_those_of_every_other_mart(demo_company: Company) -> None:
    """kpis_monthly tells its measures by name: each is the sum of kpis_daily of that month, but for
    what is divided and for customers, who may pay on several days.
    """
    rows = demo_company.query(
        "select month_start, kpi_name, current_value from mart_director.kpis_monthly"
        " where unit in ('money', 'count') and kpi_name not in ('average_check_amount',"
        " 'revenue_per_manager_amount', 'customers_count')"
    )
    names = {name for _, name, _ in rows}
    assert {"revenue_amount", "leads_count", "sales_count", "margin_amount"} <= names
    for name in names:
        months = demo_company.query(
            f"select date_trunc('month', metric_date)::date, sum({name})"
            " from mart_director.kpis_daily group by 1"
        )
        assert {month: value for month, other, value in rows if other == name} == dict(months), name
