"""The real Olist funnel through `exports`, against figures computed from the files alone.

Data: Olist, CC BY-NC-SA 4.0, beside the checkout; used for tests only.
"""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from tests.e2e.conftest import ROOT, Company

DATA = ROOT.parent / "shared" / "data" / "olist"

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not DATA.exists(), reason=f"the Olist data set is not at {DATA}"),
]


@pytest.fixture(scope="module")
def olist(new_company: Callable[..., Company]) -> Company:
    company = new_company()
    company.script("scripts/olist", str(DATA))
    return company


@pytest.fixture(scope="module")
def figures() -> dict[str, Any]:
    expected = json.loads((DATA / "expected.json").read_text())
    return {name: figure["value"] for name, figure in expected["figures"].items()}


def money(text: str) -> Decimal:
    return Decimal(text)


def test_every_lead_lands_once_and_blank_is_not_unknown(
    olist: Company, figures: dict[str, Any]
) -> None:
    rows = olist.query(
        "select channel, sum(leads_count) from olist_mart_marketing.channels_monthly"
        " group by channel having sum(leads_count) > 0"
    )
    assert {channel: int(leads) for channel, leads in rows} == figures["leads_per_origin"]
    assert sum(int(leads) for _, leads in rows) == figures["leads_total"] == 8000
    assert (figures["leads_per_origin"]["(blank)"], figures["leads_per_origin"]["unknown"]) == (
        60,
        1099,
    )


def test_leads_per_month(olist: Company, figures: dict[str, Any]) -> None:
    rows = olist.query(
        "select to_char(created_date, 'YYYY-MM'), count(*)"
        " from olist_intermediate.int_leads group by 1"
    )
    assert dict(rows) == figures["leads_per_month"]


def test_conversion_per_origin_is_the_cohorts(olist: Company, figures: dict[str, Any]) -> None:
    rows = olist.query(
        """
        select
            channel,
            sum(leads_count),
            sum(won_leads_count),
            round(sum(won_leads_count)::numeric / sum(leads_count), 4)
        from olist_mart_marketing.channels_monthly
        group by channel
        having sum(leads_count) > 0
        """
    )
    assert {
        channel: {"leads": int(leads), "won": int(won), "rate": float(rate)}
        for channel, leads, won, rate in rows
    } == figures["conversion_per_origin"]


def test_conversion_per_cohort_month_is_not_the_period_ratio(
    olist: Company, figures: dict[str, Any]
) -> None:
    cohorts = olist.query(
        """
        select to_char(month_start, 'YYYY-MM'), sum(leads_count), sum(won_leads_count)
        from olist_mart_marketing.channels_monthly
        group by 1
        having sum(leads_count) > 0
        """
    )
    assert {month: (int(leads), int(won)) for month, leads, won in cohorts} == {
        month: (figure["leads"], figure["won"])
        for month, figure in figures["conversion_per_contact_month"].items()
    }
    won_in_month = olist.query(
        """
        select to_char(month_start, 'YYYY-MM'), sum(won_deals_count)
        from olist_mart_marketing.channels_monthly
        group by 1
        having sum(won_deals_count) > 0
        """
    )
    assert {month: int(won) for month, won in won_in_month} == figures["deals_per_won_month"]


def test_deals_and_declared_amount_per_manager(olist: Company, figures: dict[str, Any]) -> None:
    rows = olist.query(
        """
        select split_part(manager_id, ':', 3), count(*), sum(budget_amount)
        from olist_intermediate.int_deals
        where status = 'won' and deal_excluded_reason is null
        group by 1
        """
    )
    assert {manager: count for manager, count, _ in rows} == figures["deals_per_sr"]
    assert sum(count for _, count, _ in rows) == figures["deals_total"] == 842
    assert {manager: amount for manager, _, amount in rows} == {
        manager: money(amount)
        for manager, amount in figures["declared_monthly_revenue_per_sr"].items()
    }
    assert sum(amount for *_, amount in rows) == Decimal("61784006.00")


def test_days_to_won_are_whole_business_dates(olist: Company, figures: dict[str, Any]) -> None:
    (row,) = olist.query(
        """
        select
            percentile_cont(0.5) within group (order by days),
            min(days),
            max(days),
            count(*) filter (where days < 0),
            count(*) filter (where days = 0)
        from (
            select (won_at at time zone 'America/Sao_Paulo')::date - created_date as days
            from olist_intermediate.int_leads
            where is_won
        ) as won_leads
        """
    )
    expected = figures["days_contact_to_won"]
    assert row == tuple(expected[name] for name in ("median", "min", "max", "negative", "zero"))
    assert row[0] == 14


def test_all_items_land_and_the_entity_leaves_those_delivered(
    olist: Company, figures: dict[str, Any]
) -> None:
    (row,) = olist.query(
        """
        select
            (select count(*) from olist_raw_exports.payments),
            count(*),
            count(*) filter (where payment_excluded_reason is null),
            sum(paid_amount) filter (where payment_excluded_reason is null)
        from olist_intermediate.int_payments
        """
    )
    delivered = figures["orders_sample.deal_seller_gmv_after_won_delivered"]
    assert row == (
        figures["orders_sample.deal_seller_items"],
        figures["orders_sample.deal_seller_items"],
        delivered["items"],
        money(delivered["sum"]),
    )
    assert (row[0], row[2], row[3]) == (324, 264, Decimal("38509.75"))


@pytest.mark.parametrize(
    ("column", "figure"),
    [("deals.channel", "per_origin"), ("split_part(deals.manager_id, ':', 3)", "per_sr")],
)
def test_money_per_origin_and_per_manager(
    olist: Company, figures: dict[str, Any], column: str, figure: str
) -> None:
    rows = olist.query(
        f"""
        select {column}, count(*), sum(allocations.allocated_amount)
        from olist_intermediate.int_payment_allocations as allocations
        inner join olist_intermediate.int_deals as deals using (deal_id)
        group by 1
        """
    )
    assert {name: (count, amount) for name, count, amount in rows} == {
        name: (expected["items"], money(expected["sum"]))
        for name, expected in figures[
            f"orders_sample.deal_seller_gmv_after_won_delivered_{figure}"
        ].items()
    }


def test_the_bridge_of_a_company_without_a_crm_closes(olist: Company) -> None:
    totals = dict(
        olist.query(
            "select step, sum(row_count) from olist_mart_finance.reconciliation_bridge"
            " where grain = 'month' and row_kind = 'subtotal' group by step"
        )
    )
    assert (totals["enquiries"], totals["leads"], totals["won_deals"], totals["payments"]) == (
        8000,
        8000,
        842,
        264,
    )
