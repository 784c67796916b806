"""An agreed measure has one formula: dbt compiles the project, and lineage reads it; no database.

The rule is told in one_formula.py. The mutants here are marts somebody might well write.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from textwrap import dedent

import pytest

from tests.architecture.one_formula import Project

DBT = Path(__file__).resolve().parents[2] / "dbt_project"
RATIO = re.compile(r"(\{% macro \w+\(totals\) -?%\}).*?(\{%-? endmacro %\})", re.DOTALL)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project as dbt compiles it, but for the ratios, which divide where it is allowed."""
    place = tmp_path_factory.mktemp("compiled")
    copied = shutil.copytree(DBT, place / "dbt_project")
    ratios = copied / "macros" / "ratios.sql"
    text, replaced = RATIO.subn(r"\1null::numeric\2", ratios.read_text("utf-8"))
    assert replaced
    ratios.write_text(text, "utf-8")
    done = subprocess.run(
        [
            Path(sys.executable).with_name("dbt"),
            "--quiet",
            "compile",
            "--no-introspect",
            "--no-populate-cache",
        ],
        cwd=copied,
        env={"PATH": os.environ["PATH"], "HOME": str(place), "DBT_PROFILES_DIR": str(copied)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return Project.of_manifest(json.loads((copied / "target/manifest.json").read_text("utf-8")))


def found(project: Project, sql: str, folder: str = "marts") -> list[str]:
    """What the rule says of one more model, called `mutant`."""
    return project.with_model("mutant", dedent(sql), folder).second_formulas(["mutant"])


def test_no_measure_has_a_second_formula(project: Project) -> None:
    assert project.second_formulas() == []


REVENUE = {
    "through CTEs and a join": """
        with money as (select customer_id, paid_date, paid_amount as value
                       from intermediate.int_payments where payment_excluded_reason is null),
        named as (select money.value, money.paid_date, customers.customer_name
                  from money
                  inner join intermediate.int_customers as customers
                      on money.customer_id = customers.customer_id)
        select customer_name, sum(value) as total from named group by customer_name
    """,
    "deal by deal first": """
        with deals as (select deal_id, sum(allocated_amount) as subtotal
                       from intermediate.int_payment_allocations group by deal_id)
        select coalesce(round(sum(subtotal)), 0) as total from deals
    """,
    "payment by payment, of what another mart lists": """
        with listed as (select deal_id from build_mart_sales_head.deals where status = 'won')
        select sum(money.paid_amount) as total
        from listed
        inner join intermediate.int_payment_allocations as shares
            on listed.deal_id = shares.deal_id
        inner join intermediate.int_payments as money on shares.payment_id = money.payment_id
    """,
    "in a subquery, before rates": """
        select calendar_date,
            (select sum(case when is_posted then document_amount end)
             from intermediate.int_payments as money
             where money.paid_date = dates.calendar_date) as total
        from intermediate.int_calendar as dates
    """,
    "as a running sum of a union": """
        with rows as (
            select paid_date, allocated_amount from intermediate.int_payment_allocations
            union all
            select paid_at::date, unmatched_amount from intermediate.int_unmatched_payments)
        select paid_date, sum(allocated_amount) over (order by paid_date) as total from rows
    """,
}


@pytest.mark.parametrize("sql", REVENUE.values(), ids=REVENUE)
def test_mutant_that_adds_up_revenue_anew_is_caught(project: Project, sql: str) -> None:
    (sentence,) = found(project, sql)
    assert sentence.startswith("mutant.total repeats an agreed measure (")
    assert "int_payments_daily: revenue_amount" in sentence


LEADS = {
    "by the day they came": """
        with everyone as (select * from intermediate.int_leads),
        filtered as (select created_date, channel from everyone where lead_kind = 'new')
        select created_date, count(*)::integer as n from filtered group by created_date
    """,
    "beside every day of the calendar": """
        select dates.calendar_date, count(people.lead_id) as n
        from intermediate.int_calendar as dates
        left join (select lead_id, created_date as day from intermediate.int_leads) as people
            on dates.calendar_date = people.day
        group by dates.calendar_date
    """,
    "as a sum of ones": """
        select manager_id, sum(case when is_qualified then 1 else 0 end) as n
        from intermediate.int_leads group by manager_id
    """,
    "as a sum of truths": """
        select sum(is_won::integer) as n from intermediate.int_leads
    """,
    "in a window, by distinct names": """
        with counted as (select distinct lead_id, channel from intermediate.int_leads)
        select channel, count(*) over (partition by channel) as n from counted
    """,
    "joined to the months it is asked for": """
        with months as (select min(calendar_date) as first_date, max(calendar_date) as last_date
                        from intermediate.int_calendar group by date_trunc('month', calendar_date))
        select months.first_date, count(*) filter (where people.manager_id <> 'unassigned') as n
        from months
        inner join intermediate.int_leads as people
            on people.created_date between months.first_date and months.last_date
        group by months.first_date
    """,
    "among values with names": """
        with counted as (select count(distinct lead_id) as number from intermediate.int_leads)
        select pair.what, pair.n
        from counted
        cross join lateral (values ('people', counted.number)) as pair (what, n)
    """,
}


@pytest.mark.parametrize("sql", LEADS.values(), ids=LEADS)
def test_mutant_that_counts_leads_anew_is_caught(project: Project, sql: str) -> None:
    (sentence,) = found(project, sql)
    assert sentence.startswith("mutant.n repeats an agreed measure (")
    assert "int_leads_daily: leads_count," in sentence


def test_mutant_that_divides_measures_of_another_mart_is_caught(project: Project) -> None:
    (sentence,) = found(
        project,
        """
        with months as (
            select date_trunc('month', metric_date) as month_start,
                sum(won_deals_count) as good, sum(lost_deals_count) as bad
            from build_mart_director.kpis_daily
            group by date_trunc('month', metric_date))
        select month_start, good * (1.0 / nullif(good + bad, 0)) as x from months
        """,
    )
    assert sentence.startswith(
        "mutant.x divides by an agreed measure (int_deals_daily: lost_deals_count, won_deals_count)"
    )


def test_mutant_that_takes_the_win_rate_of_deals_is_caught(project: Project) -> None:
    (sentence,) = found(
        project,
        """
        with closed as (select status = 'won' as good from intermediate.int_deals
                        where status <> 'open')
        select avg(good::integer) as x from closed
        """,
    )
    assert sentence.startswith("mutant.x repeats an agreed measure (")
    assert "int_deals_daily: deals_count," in sentence


def test_entity_that_counts_leads_of_a_manager_is_caught(project: Project) -> None:
    """An entity may hold what is known of one record, and a manager has no leads by name."""
    sql = "select manager_id, count(*) as n from intermediate.int_leads group by manager_id"
    assert found(project, sql, folder="entities")


INNOCENT = {
    "measures added up to quarters": """
        select date_trunc('quarter', days.metric_date) as quarter_start, days.channel,
            sum(days.revenue_amount) as total, max(days.payments_count) as n, count(*) as x
        from intermediate.int_payments_daily as days
        inner join intermediate.int_calendar as dates on days.metric_date = dates.calendar_date
        group by date_trunc('quarter', days.metric_date), days.channel
    """,
    "a list of deals and what is known of each": """
        with money as (
            select deal_id, count(*) as n, sum(allocated_amount) as total
            from intermediate.int_payment_allocations group by deal_id)
        select deals.deal_id, deals.paid_amount, money.n, money.total,
            deals.budget_amount - money.total as x,
            row_number() over (partition by deals.manager_id order by deals.created_at) as place
        from intermediate.int_deals as deals
        left join money on deals.deal_id = money.deal_id
    """,
    "a count of what no measure counts": """
        select managers.department_name, count(*) as n, max(deals.paid_amount) as x
        from intermediate.int_managers as managers
        left join intermediate.int_deals as deals on managers.manager_id = deals.manager_id
        group by managers.department_name
    """,
}


@pytest.mark.parametrize("sql", INNOCENT.values(), ids=INNOCENT)
def test_innocent_mart_is_left_alone(project: Project, sql: str) -> None:
    assert found(project, sql) == []


def test_recount_is_allowed_only_with_a_test_that_reads_it_and_the_measures(
    project: Project,
) -> None:
    sql = LEADS["as a sum of ones"]
    for reads, allowed in [
        ({"mutant", "int_leads_daily"}, True),
        ({"mutant", "int_deals_daily"}, False),
        ({"int_leads_daily"}, False),
    ]:
        recounting = replace(
            project,
            recounts={**project.recounts, "mutant": "held"},
            reads_of_tests={**project.reads_of_tests, "held": frozenset(reads)},
        )
        assert (found(recounting, sql) == []) is allowed


def test_permission_to_recount_that_nobody_uses_is_refused(project: Project) -> None:
    idle = replace(project, recounts={**project.recounts, "mutant": "held"})
    assert found(idle, INNOCENT["a list of deals and what is known of each"]) == [
        "mutant repeats no agreed measure: take recount_held_by out of its yml"
    ]
