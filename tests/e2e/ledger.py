"""How the demo company's ledger and the marts are laid side by side."""

from typing import Any

from tests.e2e.conftest import Company

MONTHLY_MEASURES = ("leads", "won_deals", "payments_count", "revenue")


def deal_key(deal_id: int) -> str:
    return f"amocrm:main:{deal_id}"


def monthly_from_marts(company: Company) -> dict[tuple[str, str], tuple[Any, ...]]:
    rows = company.query(
        """
        select
            to_char(month_start, 'YYYY-MM'),
            channel,
            leads_count,
            won_deals_count,
            payments_count,
            revenue_amount
        from mart_marketing.channels_monthly
        """
    )
    return {
        (month, channel): (leads, won, payments, round(float(revenue), 2))
        for month, channel, leads, won, payments, revenue in rows
        if any((leads, won, payments, revenue))
    }


def monthly_from_ledger(ledger: dict[str, Any]) -> dict[tuple[str, str], tuple[Any, ...]]:
    return {
        (row["month"], row["channel"]): tuple(row[measure] for measure in MONTHLY_MEASURES)
        for row in ledger["totals"]
        if any(row[measure] for measure in MONTHLY_MEASURES)
    }


def manager_key(manager_id: int | None) -> str:
    return "(unmatched)" if manager_id is None else f"amocrm:main:{manager_id}"
