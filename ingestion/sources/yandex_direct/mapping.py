"""Where each column of raw_yandex_direct lies in an answer. Types: `tables`; meaning: dbt."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ingestion.catalog import ACCOUNT_COLUMN, EXTRA_COLUMN
from ingestion.errors import TableRefusedError
from ingestion.sources.yandex_direct.client import CAMPAIGN_FIELDS
from ingestion.sources.yandex_direct.tsv import Cells

REPORT_FIELDS = (
    "Date",
    "CampaignId",
    "AdGroupId",
    "Impressions",
    "Clicks",
    "Cost",
    "Conversions",
)
NO_AD_GROUP = 0
_BY_TYPE = re.compile(r"\w+Campaign")
_OF_GOAL = re.compile(r"Conversions_(\d+)_(\w+)")


def campaign(item: Mapping[str, Any], account_name: str) -> dict[str, Any]:
    """The row of one campaign; what depends on its type lies in an object named by the type."""
    by_type = next((item[name] for name in item if _BY_TYPE.fullmatch(name)), None) or {}
    return {
        ACCOUNT_COLUMN: account_name,
        **{_snake(name): item.get(name) for name in CAMPAIGN_FIELDS},
        "tracking_params": by_type.get("TrackingParams"),
        EXTRA_COLUMN: {
            name: value
            for name, value in {**item, **by_type}.items()
            if name not in CAMPAIGN_FIELDS
            and name != "TrackingParams"
            and not _BY_TYPE.fullmatch(name)
        },
    }


def performance(cells: Cells, account_name: str, attribution_model: str) -> dict[str, Any]:
    """The row of one day, campaign and ad group, from a report without VAT.

    Raises TableRefusedError for a cost in millionths: we ask for the currency, and a number does
    not tell which of the two it is.
    """
    values = {name: _value(cell) for name, cell in cells.items()}
    cost = values.pop("Cost", None)
    if isinstance(cost, int) and cost:
        raise TableRefusedError(
            "yandex_direct",
            "ad_performance",
            "costs came without decimals, so they may be millionths of the currency",
            "The table keeps its rows; see whether a proxy takes away the header "
            "returnMoneyInMicros, then run again",
        )
    goals = {
        found[1]: values.pop(name) for name in list(values) if (found := _OF_GOAL.fullmatch(name))
    }
    return {
        ACCOUNT_COLUMN: account_name,
        "date": values.pop("Date", None),
        "campaign_id": values.pop("CampaignId", None),
        # The campaign wizard's campaigns show none.
        "ad_group_id": values.pop("AdGroupId", None) or NO_AD_GROUP,
        "impressions": values.pop("Impressions", None) or 0,
        "clicks": values.pop("Clicks", None) or 0,
        "cost": cost or 0,
        "is_vat_included": False,
        "conversions": values.pop("Conversions", None),
        "goal_conversions": goals or None,
        "attribution_model": attribution_model,
        EXTRA_COLUMN: values,
    }


def _value(cell: str | None) -> str | int | Decimal | None:
    """A cell as the number it is, else as text."""
    if cell is not None and re.fullmatch(r"-?\d+", cell):
        return int(cell)
    if cell is not None and re.fullmatch(r"-?\d+\.\d+", cell):
        return Decimal(cell)
    return cell


def _snake(name: str) -> str:
    """`StartDate` -> `start_date`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
