"""Reports of Yandex Direct: what may be asked, and the TSV that answers it.

Shapes follow the vendor's documentation. Does not belong here: the queue, tokens (`yandex_direct`),
the clicks themselves (`yandex_direct_ads`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from demo.moscow import local_text
from demo.yandex_direct_ads import FORM_GOAL, Campaign, Click, Figures, figures

NOTHING = "--"
MOST_GOALS = 10
_VAT_SINCE = (("2026-01-01", 22), ("0000-00-00", 20))
"""Russia's rate in percent, the newest first."""

Cell = tuple[str, Campaign, int]
ATTRIBUTES: dict[str, Callable[[Cell], str]] = {
    "Date": lambda cell: cell[0],
    "CampaignId": lambda cell: str(cell[1].id),
    "CampaignName": lambda cell: cell[1].name,
    "CampaignType": lambda cell: cell[1].type,
    "AdGroupId": lambda cell: str(cell[2]),
    "AdGroupName": lambda cell: f"Группа {cell[2] % 10}",
}
METRICS = ("Impressions", "Clicks", "Cost", "Ctr", "AvgCpc", "Conversions", "CostPerConversion")
_BY_GOAL = ("Conversions", "CostPerConversion")


class WrongReportError(Exception):
    """The request makes no sense to Direct; carries its words."""


@dataclass(frozen=True)
class Definition:
    """A report that was asked for and can be made. `goals` with their attribution model."""

    name: str
    fields: tuple[str, ...]
    first: str
    last: str
    with_vat: bool
    goals: tuple[tuple[str, str], ...]
    campaign_ids: frozenset[str] | None
    asked: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class Layout:
    """What the headers of a request say about the text."""

    in_micros: bool
    has_title: bool
    has_columns: bool
    has_total: bool


def read_definition(asked: Any, today: date) -> Definition:
    """Checks the `params` of a request; raises WrongReportError."""
    if not isinstance(asked, Mapping):
        raise WrongReportError("params")
    for name in ("ReportName", "ReportType", "DateRangeType", "FieldNames", "Format", "IncludeVAT"):
        if not asked.get(name):
            raise WrongReportError(f"{name} is missing")
    fields = tuple(asked["FieldNames"])
    for name in fields:
        if name not in (*ATTRIBUTES, *METRICS):
            raise WrongReportError(f"FieldNames: {name}")
    if asked["DateRangeType"] != "CUSTOM_DATE" or asked["Format"] != "TSV":
        raise WrongReportError("only CUSTOM_DATE and TSV are played here")
    criteria = asked.get("SelectionCriteria") or {}
    first, last = _days(criteria, today)
    goals, models = asked.get("Goals") or (), asked.get("AttributionModels") or ("LSC",)
    if len(goals) > MOST_GOALS:
        raise WrongReportError("Goals")
    return Definition(
        str(asked["ReportName"]),
        fields,
        first,
        last,
        asked["IncludeVAT"] == "YES",
        tuple((str(goal), str(model)) for goal in goals for model in models),
        _campaign_ids(criteria),
        asked,
    )


def _days(criteria: Mapping[str, Any], today: date) -> tuple[str, str]:
    """Figures go back three years from the running month."""
    try:
        first = date.fromisoformat(criteria["DateFrom"])
        last = date.fromisoformat(criteria["DateTo"])
    except (KeyError, TypeError, ValueError):
        raise WrongReportError("DateFrom, DateTo") from None
    if last < first or first < date(today.year - 3, today.month, 1):
        raise WrongReportError("DateFrom, DateTo")
    return first.isoformat(), last.isoformat()


def _campaign_ids(criteria: Mapping[str, Any]) -> frozenset[str] | None:
    for one in criteria.get("Filter") or []:
        if one.get("Field") != "CampaignId" or one.get("Operator") not in ("IN", "EQUALS"):
            raise WrongReportError("Filter")
        return frozenset(map(str, one["Values"]))
    return None


def lines(
    definition: Definition, login: str, clicked: Iterable[Click], seen_at: float
) -> list[list[str]]:
    """The rows with columns in order, of one advertiser; costs in kopecks as digits."""
    attributes = [name for name in definition.fields if name in ATTRIBUTES]
    ids = definition.campaign_ids
    chosen = (
        click
        for click in clicked
        if definition.first <= click.day <= definition.last
        if click.campaign.login == login and (ids is None or str(click.campaign.id) in ids)
    )
    sums: dict[tuple[str, ...], Figures] = defaultdict(Figures)
    for cell, one in figures(chosen, seen_at).items():
        kopecks = _with_vat(one.kopecks, cell[0]) if definition.with_vat else one.kopecks
        total = sums[tuple(ATTRIBUTES[name](cell) for name in attributes)]
        total.add(one.impressions, one.clicks, kopecks, one.forms)
    return [
        [
            text
            for name in definition.fields
            for text in _texts(name, definition, dict(zip(attributes, key, strict=True)), total)
        ]
        for key, total in sorted(sums.items())
    ]


def columns(definition: Definition) -> list[str]:
    """Names of columns: fields of goals are repeated for every goal and model."""
    return [
        f"{name}_{goal}_{model}" if goal else name
        for name in definition.fields
        for goal, model in (
            definition.goals if name in _BY_GOAL and definition.goals else [("", "")]
        )
    ]


def _texts(
    name: str, definition: Definition, attributes: Mapping[str, str], total: Figures
) -> list[str]:
    if name in attributes:
        return [attributes[name]]
    if name in _BY_GOAL:
        return [_of_goal(name, goal, total) for goal, _ in definition.goals or ((FORM_GOAL, ""),)]
    clicks = total.clicks
    return [
        {
            "Impressions": str(total.impressions),
            "Clicks": str(clicks),
            "Cost": _money(total.kopecks),
            "Ctr": f"{100 * clicks / total.impressions:.2f}",
            "AvgCpc": _money(round(total.kopecks / clicks)),
        }[name]
    ]


def _of_goal(name: str, goal: str | int, total: Figures) -> str:
    """Nothing for a goal that nobody set in Metrica."""
    if str(goal) != str(FORM_GOAL):
        return NOTHING
    if name == "Conversions":
        return str(total.forms)
    return _money(round(total.kopecks / total.forms)) if total.forms else NOTHING


def _money(kopecks: int) -> str:
    return f"{kopecks // 100}.{kopecks % 100:02d}"


def _with_vat(kopecks: int, day: str) -> int:
    percent = next(rate for since, rate in _VAT_SINCE if day >= since)
    return round(kopecks * (100 + percent) / 100)


def text(definition: Definition, rows: list[list[str]], layout: Layout) -> str:
    """The report as TSV."""
    said = columns(definition)
    if layout.in_micros:
        money = [place for place, name in enumerate(said) if _is_money(name)]
        rows = [[_micros(cell, place in money) for place, cell in enumerate(row)] for row in rows]
    title = f'"{definition.name} ({definition.first} - {definition.last})"'
    whole = [title] if layout.has_title else []
    whole += ["\t".join(said)] if layout.has_columns else []
    whole += ["\t".join(row) for row in rows]
    whole += [f"Total rows: {len(rows)}"] if layout.has_total else []
    return "".join(f"{line}\n" for line in whole)


def _is_money(name: str) -> bool:
    return name in ("Cost", "AvgCpc") or name.startswith("CostPerConversion")


def _micros(cell: str, is_money: bool) -> str:
    return f"{cell.replace('.', '')}0000" if is_money and cell != NOTHING else cell


def today(now: float) -> date:
    """The cabinet's day, Moscow's."""
    return date.fromisoformat(local_text(int(now))[:10])
