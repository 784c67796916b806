"""The pages: which rows stand where. Layout is in templates/, wording in words.py."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import groupby
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from dashboards import charts
from dashboards.formats import Formats, month_before
from dashboards.marts import Marts, Row
from dashboards.settings import Settings
from dashboards.words import kpi_words, word

SERIES = ("revenue_amount", "margin_amount", "leads_count", "sales_count")
WAITING = ("overdue", "without_task", "stuck")
SHOWN_DEALS = 8
_MORE_IS_NEITHER_GOOD_NOR_BAD = {"spend_amount", "discount_share"}


def render(template: str, marts: Marts, settings: Settings) -> str:
    """One page as HTML; names and texts of people are escaped."""
    formats = Formats(settings.locale, settings.currency, settings.timezone)
    page = _Page(marts, formats)
    environment = Environment(
        loader=PackageLoader("dashboards"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(
        w=lambda code: word(code, settings.locale),
        f=formats,
        locale=settings.locale,
        marts=marts,
        page=page,
        web_link=_web_link,
    )


class _Page:
    """What the templates ask for."""

    def __init__(self, marts: Marts, formats: Formats) -> None:
        self._marts = marts
        self._formats = formats

    # The director's

    def tiles(self) -> Iterator[dict[str, Any]]:
        f = self._formats
        for kpi in self._marts["kpis"]:
            label, explanation = kpi_words(
                kpi["kpi_name"], kpi["label"], kpi["explanation"], f.locale
            )
            current, unit = kpi["current_value"], kpi["unit"]
            yield {
                "label": label,
                "explanation": explanation,
                "value": f.value(current, unit),
                "before": [
                    {
                        "when": word(when, f.locale),
                        "value": f.value(kpi[f"{when}_value"], unit),
                        "change": f.change(current, kpi[f"{when}_value"], unit),
                        "tone": _tone(kpi["kpi_name"], current, kpi[f"{when}_value"]),
                    }
                    for when in ("previous", "year_ago")
                ],
            }

    def series(self) -> Iterator[tuple[str, Markup]]:
        f = self._formats
        months = {name: list(rows) for name, rows in groupby(self._marts["months"], _kpi_name)}
        for name in SERIES:
            rows = months.get(name, [])
            if not rows:
                continue
            unit = rows[0]["unit"]
            largest = max((abs(row["current_value"] or 0) for row in rows), default=Decimal(0))
            scale, scale_words = f.scale(largest, unit)
            label, _ = kpi_words(name, rows[0]["label"], None, f.locale)
            title = f"{label}, {scale_words}" if scale_words else label
            yield title, charts.columns([self._month_bar(row, unit, scale) for row in rows], title)

    def _month_bar(self, row: Row, unit: str, scale: int) -> charts.Bar:
        f, value, before = self._formats, row["current_value"], row["year_ago_value"]
        text = "" if value is None else f.number(value / scale, 1 if scale > 1 else 0)
        title = f"{f.month(row['month_start'])}: {f.value(value, unit)}"
        if before is not None:
            title += f"; {word('year_ago', f.locale)}: {f.value(before, unit)}"
        return charts.Bar(
            f.month_short(row["month_start"]),
            text,
            title,
            value,
            before,
            light=row["month_start"] == self._marts["months"][-1]["month_start"],
        )

    def bridge(self) -> Iterator[tuple[Row, list[str]]]:
        """Each subtotal with the steps that lead to it."""
        f = self._formats
        steps: list[str] = []
        for row in self._marts["bridge"]:
            if row["row_kind"] == "subtotal":
                yield row, steps
                steps = []
            else:
                sign = "+" if row["row_count"] > 0 else ""
                steps.append(f"{sign}{f.number(row['row_count'])} {word(row['step'], f.locale)}")

    def unmatched(self) -> int:
        return sum(
            row["row_count"]
            for row in self._marts["bridge"]
            if row["step"] == "payment_without_deal"
        )

    # The sales head's

    def months(self) -> Iterator[tuple[str, dict[str, Row], list[tuple[str, list[Row]]]]]:
        """The running month and the one before: its name, the company, departments' managers."""
        if self._marts.month is None:
            return
        for month in (self._marts.month, month_before(self._marts.month)):
            kpis = {
                row["kpi_name"]: row for row in self._marts["months"] if row["month_start"] == month
            }
            rows = [row for row in self._marts.of_month("managers", month) if _did_something(row)]
            nobody = word("no_department", self._formats.locale)
            departments = [
                (department or nobody, list(members))
                for department, members in groupby(rows, lambda row: row["department_name"])
            ]
            yield self._formats.month(month), kpis, departments

    def goals(self, *scopes: str) -> list[Row]:
        """The running month's goals of the company, its departments or managers."""
        found = self._marts.of_month("goals", self._marts.month)
        return [row for row in found if row["goal_scope"] in scopes]

    def funnels(self) -> Iterator[dict[str, Any]]:
        """A pipeline with its stages of the whole month before and of the running one."""
        f, running = self._formats, self._marts.month
        if running is None:
            return
        before = month_before(running)
        pipelines = groupby(
            self._marts["stages"], lambda row: (row["pipeline_id"], row["pipeline_name"])
        )
        for (_, name), found in pipelines:
            rows = list(found)
            for month in (before, running):
                stages = [row for row in rows if row["month_start"] == month]
                if stages:
                    yield {
                        "name": f"{name}, {f.month(month)}",
                        "stages": stages,
                        "is_running": month == running,
                        "reached": self._stage_bars(stages, "reached_deals_count"),
                        "lost": self._stage_bars(stages, "lost_in_stage_amount"),
                    }

    def _stage_bars(self, stages: Sequence[Row], column: str) -> Markup:
        f = self._formats
        is_money = column.endswith("_amount")
        bars = []
        for row in stages:
            text = f.money(row[column]) if is_money else f.number(row[column])
            if is_money and row["stage_rank"] == "won":
                continue
            bars.append(
                charts.Bar(row["stage_name"], text, f"{row['stage_name']}: {text}", row[column])
            )
        return charts.rows(bars, word("lost_chart" if is_money else "reached_chart", f.locale))

    def waiting(self) -> Iterator[tuple[str, int, list[Row], list[Row]]]:
        """What waits: its kind, the mart's count, the first deals and the others."""
        counts = self._marts["waiting_counts"][0]
        for kind in WAITING:
            deals = [row for row in self._marts["waiting"] if row[kind]]
            yield kind, counts[kind], deals[:SHOWN_DEALS], deals[SHOWN_DEALS:]

    def contacts(self) -> Markup:
        f = self._formats
        lines = []
        for row in self._marts["contacts"]:
            if row["talked_to_won_share"] is None:
                continue
            count = row["early_conversations_count"]
            label = word("three_more", f.locale) if count == 3 else str(count)
            lines.append(
                charts.Interval(
                    f"{word('conversations', f.locale)} {label}",
                    f"{f.percent(row['talked_to_won_share'])} "
                    f"({f.percent(row['share_from'])} – {f.percent(row['share_to'])}), "
                    f"{f.number(row['talked_won_leads_count'])} {word('won_of', f.locale)} "
                    f"{f.number(row['talked_leads_count'])}",
                    row["talked_to_won_share"],
                    row["share_from"],
                    row["share_to"],
                )
            )
        return charts.intervals(lines, word("contacts", f.locale))

    def heat(self) -> dict[str, Any]:
        """Hours across, weekdays down; each share with how dark it is among the others."""
        rows = self._marts["hours"]
        cells = {(row["weekday_number"], row["hour_of_day"]): row for row in rows}
        shares = [row["calls_taken_share"] for row in rows if row["calls_taken_share"] is not None]
        low, high = min(shares, default=Decimal(0)), max(shares, default=Decimal(1))
        return {
            "hours": sorted({row["hour_of_day"] for row in rows}),
            "days": [
                (day, name)
                for day, name in enumerate(word("weekdays", self._formats.locale).split(), 1)
                if any(row["weekday_number"] == day for row in rows)
            ],
            "cells": cells,
            "shade": lambda share: round((share - low) / ((high - low) or 1) * 4),
        }


def _kpi_name(row: Row) -> str:
    return str(row["kpi_name"])


def _did_something(row: Row) -> bool:
    columns = ("leads_count", "sales_count", "payments_count", "open_deals_count", "deals_count")
    return any(row[column] for column in columns)


def _tone(name: str, current: Decimal | None, before: Decimal | None) -> str:
    if current is None or before is None or name in _MORE_IS_NEITHER_GOOD_NOR_BAD:
        return ""
    return "up" if current > before else "down" if current < before else ""


def _web_link(url: str | None) -> str | None:
    """Links come from the CRM's data: nothing but http may be clicked."""
    return url if url and url.startswith(("https://", "http://")) else None
