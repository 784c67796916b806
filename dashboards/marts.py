"""Reads the marts: one repeatable-read transaction, so that all pages agree.

Sums here are of additive columns only (counts, amounts); shares, medians and averages are read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, LiteralString

import psycopg
from psycopg import errors, sql
from psycopg.rows import dict_row

from dashboards.settings import DashboardsError, Settings

Row = dict[str, Any]

QUERIES: dict[str, LiteralString] = {
    "kpis": "select * from {director}.kpis_current order by position",
    "months": """
        select * from {director}.kpis_monthly
        where month_start > (
            select max(month_start) from {director}.kpis_monthly
        ) - interval '13 months'
        order by kpi_name, month_start
    """,
    "bridge": "select * from {director}.bridge_current order by position",
    "ages": """
        select *, extract(epoch from now() - last_loaded_at) / 60 as age_minutes
        from {director}.data_age order by source_name
    """,
    "managers": """
        select managers_monthly.*, now.open_deals_count, now.load_ratio, now.overdue_deals_count,
            now.deals_without_task_count, now.stuck_deals_count
        from {sales_head}.managers_monthly
        left join {sales_head}.managers_now as now using (manager_id)
        where month_start >= (
            select max(month_start) from {sales_head}.managers_monthly
        ) - interval '1 month'
        order by month_start desc, department_name, manager_name
    """,
    "company_load": """
        select distinct company_open_deals_count, company_load_ratio from {sales_head}.managers_now
    """,
    "waiting_counts": """
        select coalesce(sum(overdue_deals_count), 0) as overdue,
            coalesce(sum(deals_without_task_count), 0) as without_task,
            coalesce(sum(stuck_deals_count), 0) as stuck
        from {sales_head}.managers_now
    """,
    "stages": """
        select month_start, pipeline_id, pipeline_name, rank_number, stage_rank, stage_name,
            sum(reached_deals_count) as reached_deals_count,
            max(company_stage_gone_on_share) as company_stage_gone_on_share,
            max(company_stage_stay_median_days) as company_stage_stay_median_days,
            sum(lost_in_stage_count) as lost_in_stage_count,
            sum(lost_in_stage_amount) as lost_in_stage_amount
        from {sales_head}.sales_analysis
        where month_start >= (
            select max(month_start) from {sales_head}.managers_monthly
        ) - interval '1 month'
        group by month_start, pipeline_id, pipeline_name, rank_number, stage_rank, stage_name
        order by pipeline_name, pipeline_id, rank_number, month_start
    """,
    "waiting": """
        select deal_name, deal_url, customer_name, manager_name, stage_name, budget_amount,
            stage_age_days, stage_norm_days, next_task_at, overdue_tasks_count > 0 as overdue,
            open_tasks_count = 0 as without_task, coalesce(is_stuck, false) as stuck
        from {sales_head}.deals
        where status = 'open' and deal_excluded_reason is null
            and (overdue_tasks_count > 0 or open_tasks_count = 0 or is_stuck)
        order by budget_amount desc nulls last, deal_id
    """,
    "losses": """
        select position, loss_reason, sum(loss_count) as loss_count, sum(loss_amount) as loss_amount
        from {sales_head}.loss_reasons_monthly
        where month_start = (select max(month_start) from {sales_head}.managers_monthly)
        group by position, loss_reason order by position
    """,
    "contacts": "select * from {sales_head}.early_contact_effect order by 1",
    "hours": "select * from {sales_head}.best_call_hours order by 1, 2",
    # Of the workbook: months for the reports by month, the last weeks for those by day and record.
    "sales_analysis": """
        select * from {sales_head}.sales_analysis
        where month_start > (
            select max(month_start) from {sales_head}.sales_analysis
        ) - interval '13 months'
        order by month_start desc, department_name, manager_name, pipeline_name, rank_number
    """,
    "consolidated": """
        select * from {sales_head}.consolidated
        where month_start > (
            select max(month_start) from {sales_head}.consolidated
        ) - interval '13 months'
        order by month_start desc, department_name, manager_name, pipeline_name, rank_number,
            stage_name
    """,
    "employees_daily": """
        select * from {sales_head}.employees_daily
        where metric_date > (select max(metric_date) from {sales_head}.employees_daily) - 31
        order by metric_date desc, department_name, manager_name
    """,
    "event_feed": """
        select * from {sales_head}.event_feed
        where happened_at > (
            select max(happened_at) from {sales_head}.event_feed
        ) - interval '31 days'
        order by happened_at desc, event_id
    """,
    "calls_daily": """
        select * from {sales_head}.calls_daily
        where metric_date > (select max(metric_date) from {sales_head}.calls_daily) - 31
        order by metric_date desc, department_name, manager_name, channel
    """,
    "calls": """
        select * from {sales_head}.calls
        where started_date > (select max(started_date) from {sales_head}.calls) - 31
        order by started_at desc, call_id
    """,
    "goals": """
        select * from {sales_head}.goals
        where month_start > (
            select max(month_start) from {sales_head}.goals
        ) - interval '13 months'
        order by month_start desc,
            array_position(array['company', 'department', 'manager'], goal_scope),
            department_name, manager_name, measure
    """,
}


READS = sorted(
    {
        (f"mart_{schema}", table)
        for query in QUERIES.values()
        for schema, table in re.findall(r"\{(\w+)\}\.(\w+)", query)
    }
)
"""Schema and table of every mart the queries name, without prefix."""


@dataclass(frozen=True)
class Marts:
    """The rows of every query by its name, and the moment they were read."""

    read_at: datetime
    rows: dict[str, list[Row]]

    def __getitem__(self, name: str) -> list[Row]:
        return self.rows[name]

    @property
    def built_at(self) -> datetime | None:
        """As of when the numbers were built; None before the first load."""
        return next((row["built_at"] for row in self["ages"]), None)

    @property
    def month(self) -> date | None:
        """The running month."""
        return next((row["month_start"] for row in self["managers"]), None)

    def of_month(self, name: str, month: date | None) -> Iterator[Row]:
        """The rows of one month."""
        return (row for row in self[name] if row["month_start"] == month)


def read(settings: Settings) -> Marts:
    """Read everything; DashboardsError says which mart is not there."""
    schemas = {
        name: sql.Identifier(f"{settings.prefix}mart_{name}") for name in ("director", "sales_head")
    }
    try:
        with psycopg.connect(
            settings.reader_url, row_factory=dict_row, application_name="python -m dashboards"
        ) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True
            rows = {
                name: connection.execute(sql.SQL(query).format(**schemas)).fetchall()
                for name, query in QUERIES.items()
            }
            moment = connection.execute("select now() as read_at").fetchall()[0]["read_at"]
    except (errors.UndefinedTable, errors.InvalidSchemaName, errors.UndefinedColumn) as error:
        raise DashboardsError(
            f"The marts are not as the report needs them ({error.diag.message_primary}):"
            " refresh first (`make demo`, or the job warehouse_refresh_job)."
        ) from error
    return Marts(moment, rows)
