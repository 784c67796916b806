"""The workbook of the six reports sales heads know: tables as the marts have them, and charts.

Months for the reports by month (13), the last 31 days for those by day and by record.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter

from dashboards.formats import Formats, month_before
from dashboards.marts import Marts, Row
from dashboards.settings import Settings
from dashboards.words import word

COLUMNS: dict[str, tuple[str, ...]] = {
    "sales_analysis": (
        "month_start", "department_name", "manager_name", "pipeline_name", "rank_number",
        "stage_name", "first_reached_deals_count", "reached_deals_count", "gone_on_deals_count",
        "strict_order_deals_count", "stage_reached_share", "stage_gone_on_share",
        "company_stage_gone_on_share", "stage_stay_median_days", "company_stage_stay_median_days",
        "lost_in_stage_count", "lost_in_stage_amount",
    ),
    "consolidated": (
        "month_start", "department_name", "manager_name", "pipeline_name", "rank_number",
        "stage_name", "deals_in_stage_count", "deals_in_stage_share", "deals_in_stage_amount",
    ),
    "employees_daily": (
        "metric_date", "is_business_day", "department_name", "manager_name", "acts_count",
        "first_act_at", "last_act_at", "longest_gap_minutes", "messages_count",
        "stage_moves_count", "calls_count", "effective_calls_count", "missed_calls_count",
        "inbound_talk_minutes", "outbound_talk_minutes", "tasks_done_count", "tasks_late_count",
        "leads_count", "proposals_count", "won_deals_count", "lost_deals_count", "payments_count",
        "revenue_amount", "open_deals_count",
    ),
    "event_feed": (
        "happened_at", "event_kind", "event_subject", "event_amount", "department_name",
        "manager_name", "channel", "customer_name", "deal_name", "deal_url",
    ),
    "calls_daily": (
        "metric_date", "department_name", "manager_name", "channel", "calls_count",
        "effective_calls_count", "missed_calls_count", "lost_calls_count", "inbound_talk_minutes",
        "outbound_talk_minutes", "callback_median_minutes",
    ),
    "calls": (
        "started_at", "call_direction", "department_name", "manager_name", "person_name",
        "customer_name", "phone", "called_number", "is_answered", "is_effective", "call_seconds",
        "wait_seconds", "is_lost", "callback_minutes", "deal_name", "deal_url", "recording_url",
    ),
    "goals": (
        "month_start", "goal_scope", "department_name", "manager_name", "measure", "plan_amount",
        "fact_amount", "plan_done_ratio", "pace_ratio",
    ),
}  # fmt: skip
_CODES = {"event_kind", "call_direction", "channel", "goal_scope", "measure"}
_OF_ANY_UNIT = {"plan_amount", "fact_amount"}
"""Money or pieces, as the measure of the row is."""
_GREEN, _RED = "#C6EFCE", "#F8CBC6"


def write(path: Path, marts: Marts, settings: Settings) -> None:
    """Write the workbook; texts of people are texts, never formulas."""
    options = {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}
    with xlsxwriter.Workbook(path, options) as book:
        writer = _Writer(book, marts, settings)
        overview = book.add_worksheet(writer.say("sheet_overview"))
        for name in COLUMNS:
            writer.report(name)
        writer.overview(overview)


class _Writer:
    """One workbook being written."""

    def __init__(self, book: Any, marts: Marts, settings: Settings) -> None:
        self._book, self._marts = book, marts
        self._formats = Formats(settings.locale, settings.currency, settings.timezone)
        self._money = f'#,##0 "{self._formats.sign}"'
        self._bold = book.add_format({"bold": True})
        self._header = book.add_format(
            {"bold": True, "bg_color": "#E8EEF7", "bottom": 1, "text_wrap": True, "valign": "top"}
        )
        self._good = book.add_format({"bg_color": _GREEN})
        self._bad = book.add_format({"bg_color": _RED})
        self._known: dict[str, Any] = {}

    def say(self, code: str | None) -> str:
        return word(code, self._formats.locale)

    def report(self, name: str) -> None:
        """One sheet: a table with its header frozen, a filter, and colours where to look."""
        columns = COLUMNS[name]
        rows = self._marts[name]
        page = self._book.add_worksheet(self.say(f"sheet_{name}"))
        page.freeze_panes(1, 0)
        page.set_row(0, 48)
        for place, column in enumerate(columns):
            page.write_string(0, place, self.say(column), self._header)
            page.set_column(place, place, _width(column), self._format(column))
        for line, row in enumerate(rows, 1):
            for place, column in enumerate(columns):
                self._cell(page, line, place, column, row)
        last = max(1, len(rows))
        page.autofilter(0, 0, last, len(columns) - 1)
        page.set_landscape()
        page.fit_to_pages(1, 0)
        page.repeat_rows(0)
        self._colours(page, columns, 1, last)

    def _cell(self, page: Any, line: int, place: int, column: str, row: Row) -> None:
        value = row[column]
        if value is None:
            return
        if isinstance(value, bool):
            page.write_string(line, place, self.say("yes" if value else "no"))
        elif isinstance(value, datetime):
            page.write_datetime(line, place, self._formats.local(value), self._format(column))
        elif isinstance(value, date):
            page.write_datetime(line, place, value, self._format(column))
        elif isinstance(value, Decimal | int | float):
            page.write_number(line, place, value, self._format(column))
        elif column.endswith("_url") and value.startswith(("http://", "https://")):
            # Excel takes 65,530 links a sheet; longer addresses than it allows stay text.
            page.write_url(line, place, value, string=self.say(column))
        elif column in _CODES or (
            column == "event_subject" and row["event_kind"] == "lead_created"
        ):
            page.write_string(
                line, place, self.say(value) if column != "channel" else _channel(value, self.say)
            )
        else:
            page.write_string(line, place, str(value))

    def _format(self, column: str) -> Any:
        pattern = self._pattern(column)
        if pattern not in self._known:
            self._known[pattern] = self._book.add_format({"num_format": pattern})
        return self._known[pattern]

    def _pattern(self, column: str) -> str:
        if column in _OF_ANY_UNIT:
            return "#,##0"
        if column.endswith("_amount"):
            return self._money
        if column.endswith("_ratio"):
            return "0%"
        if column.endswith("_share"):
            return "0.0%"
        if column == "month_start":
            return "mm.yyyy"
        if column.endswith("_date"):
            return "dd.mm.yyyy"
        if column.endswith("_at"):
            return "dd.mm.yyyy hh:mm"
        if column.endswith(("_minutes", "_days")):
            return "#,##0.0"
        if column.endswith(("_count", "_seconds")):
            return "#,##0"
        return "General"

    def _colours(self, page: Any, columns: Sequence[str], first: int, last: int) -> None:
        for place, column in enumerate(columns):
            cells = (first, place, last, place)
            if column == "stage_gone_on_share":
                letter, beside = _letter(place), _letter(columns.index(f"company_{column}"))
                one, other = f"{letter}{first + 1}", f"{beside}{first + 1}"
                for sign, look in ((">", self._good), ("<", self._bad)):
                    formula = f"=AND(ISNUMBER({one}),{one}{sign}{other})"
                    page.conditional_format(
                        *cells, {"type": "formula", "criteria": formula, "format": look}
                    )
            elif column in ("tasks_late_count", "missed_calls_count", "lost_calls_count"):
                rule = {"type": "cell", "criteria": ">", "value": 0, "format": self._bad}
                page.conditional_format(*cells, rule)
            elif column == "is_lost":
                value = f'"{self.say("yes")}"'
                rule = {"type": "cell", "criteria": "==", "value": value, "format": self._bad}
                page.conditional_format(*cells, rule)
            elif column in ("deals_in_stage_share", "stage_reached_share"):
                scale = {"type": "2_color_scale", "min_color": "#FFFFFF", "max_color": "#9BD3AE"}
                page.conditional_format(*cells, scale)
            elif column in ("plan_done_ratio", "pace_ratio"):
                for sign, look in ((">=", self._good), ("<", self._bad)):
                    rule = {"type": "cell", "criteria": sign, "value": 1, "format": look}
                    page.conditional_format(*cells, rule)
            elif column in _OF_ANY_UNIT:
                continue
            elif column.endswith("_amount") or column in ("acts_count", "calls_count"):
                page.conditional_format(*cells, {"type": "data_bar", "bar_color": "#A9C6E6"})

    def overview(self, page: Any) -> None:
        """A chart for every report, each over a small table of sums beside it."""
        f, marts = self._formats, self._marts
        page.set_column(0, 0, 30)
        page.set_column(1, 2, 16)
        page.write_string(0, 0, f"{self.say('as_of')} {f.moment(marts.built_at)}", self._bold)
        line = 2
        for title, kind, columns, rows in self._charts():
            if rows:
                line = self._chart(page, line, title, kind, columns, rows)

    def _charts(self) -> list[tuple[str, str, list[str], list[tuple[Any, ...]]]]:
        marts, f = self._marts, self._formats
        month = marts.month
        before = month_before(month) if month else None
        revenue = [row for row in marts["months"] if row["kpi_name"] == "revenue_amount"]
        stages = [
            (row["stage_name"], row["reached_deals_count"], row["lost_in_stage_count"])
            for row in marts.of_month("stages", before)
        ]
        goals = [
            (
                row["manager_name"] or row["department_name"] or self.say("company"),
                row["plan_amount"],
                row["fact_amount"],
            )
            for row in marts.of_month("goals", month)
            if row["measure"] == "revenue_amount"
        ]
        return [
            (
                self.say("revenue_amount"),
                "column",
                ["revenue_amount"],
                [(f.month(row["month_start"]), row["current_value"]) for row in revenue],
            ),
            (
                self.say("chart_stages"),
                "bar",
                ["reached_deals_count", "lost_in_stage_count"],
                stages,
            ),
            (
                self.say("chart_consolidated"),
                "bar",
                ["deals_in_stage_count"],
                self._summed("consolidated", "stage_name", "deals_in_stage_count"),
            ),
            (
                self.say("chart_acts"),
                "column",
                ["acts_count"],
                self._summed("employees_daily", "metric_date", "acts_count"),
            ),
            (
                self.say("chart_events"),
                "bar",
                ["deals"],
                [
                    (self.say(kind), count)
                    for kind, count in Counter(
                        row["event_kind"] for row in marts["event_feed"]
                    ).most_common()
                ],
            ),
            (
                self.say("chart_calls"),
                "column",
                ["calls_count", "missed_calls_count"],
                self._summed("calls_daily", "metric_date", "calls_count", "missed_calls_count"),
            ),
            (
                self.say("sheet_goals"),
                "bar",
                ["plan_amount", "fact_amount"],
                goals,
            ),
        ]

    def _summed(self, name: str, by: str, *columns: str) -> list[tuple[Any, ...]]:
        """Sums of additive columns; days in their order, stages as the rows bring them."""
        sums: dict[Any, list[int]] = {}
        for row in self._marts[name]:
            found = sums.setdefault(row[by], [0] * len(columns))
            for place, column in enumerate(columns):
                found[place] += row[column] or 0
        keys = sorted(sums) if by == "metric_date" else list(sums)
        return [
            (self._formats.day(key) if by == "metric_date" else key, *sums[key]) for key in keys
        ]

    def _chart(
        self,
        page: Any,
        line: int,
        title: str,
        kind: str,
        columns: Sequence[str],
        rows: Sequence[tuple[Any, ...]],
    ) -> int:
        page.write_string(line, 0, title, self._bold)
        for place, column in enumerate(columns, 1):
            page.write_string(line + 1, place, self.say(column), self._header)
        for offset, row in enumerate(rows, line + 2):
            page.write_string(offset, 0, str(row[0] or ""))
            for place, (column, value) in enumerate(zip(columns, row[1:], strict=True), 1):
                if value is not None:
                    page.write_number(offset, place, value, self._format(column))
        chart = self._book.add_chart({"type": kind})
        name, first, last = page.get_name(), line + 2, line + 1 + len(rows)
        for place, _ in enumerate(columns, 1):
            chart.add_series(
                {
                    "name": [name, line + 1, place],
                    "categories": [name, first, 0, last, 0],
                    "values": [name, first, place, last, place],
                }
            )
        chart.set_title({"name": title, "name_font": {"size": 12}})
        legend: dict[str, Any] = {"none": True} if len(columns) == 1 else {"position": "bottom"}
        chart.set_legend(legend)
        if kind == "bar":
            chart.set_y_axis({"reverse": True})
        height = max(300, 20 * len(rows) + 120) if kind == "bar" else 300
        chart.set_size({"width": 760, "height": height})
        page.insert_chart(line, 4, chart)
        return line + max(len(rows) + 4, height // 20 + 2)


def _channel(code: str, say: Callable[[str], str]) -> str:
    """Channels are the company's own words; only the codes in brackets are ours."""
    return say(code) if code.startswith("(") else code


def _letter(place: int) -> str:
    return str(xlsxwriter.utility.xl_col_to_name(place))


def _width(column: str) -> int:
    if column.endswith("_name") or column == "event_subject":
        return 26
    return 17 if column.endswith(("_at", "_url", "_amount")) or column == "phone" else 13
