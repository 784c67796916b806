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


SAO_PAULO_WON_DATE = "(won_at at time zone 'America/Sao_Paulo')::date"


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


def test_days_to_won_per_origin_and_within_how_many(
    olist: Company, figures: dict[str, Any]
) -> None:
    days = f"({SAO_PAULO_WON_DATE}) - created_date"
    rows = olist.query(
        f"""
        select
            channel,
            count(*),
            percentile_cont(0.5) within group (order by {days}),
            round(avg({days}), 4)
        from olist_intermediate.int_leads
        where is_won
        group by 1
        """
    )
    assert {
        channel: {"n": count, "median": median, "mean": float(mean)}
        for channel, count, median, mean in rows
    } == figures["days_contact_to_won_per_origin"]
    within = {
        limit: olist.query(
            "select count(*) from olist_intermediate.int_leads"
            f" where is_won and {days} between 0 and {int(limit)}"
        )[0][0]
        for limit in figures["conversion_within_days"]
    }
    assert within == figures["conversion_within_days"]
    won_before_they_came = olist.query(
        f"select split_part(lead_id, ':', 3) from olist_intermediate.int_leads where {days} < 0"
    )
    assert [lead for (lead,) in won_before_they_came] == figures[
        "days_contact_to_won_negative_rows"
    ]


def test_first_and_last_dates_and_no_row_twice(olist: Company, figures: dict[str, Any]) -> None:
    (leads,) = olist.query(
        "select count(distinct lead_id), count(*), min(created_date)::text, max(created_date)::text"
        " from olist_intermediate.int_leads"
    )
    assert leads[0] == figures["leads_distinct_mql_id"]
    assert leads[1] - leads[0] == figures["leads_duplicate_mql_id"]
    assert list(leads[2:]) == figures["leads_first_contact_min_max"]
    (deals,) = olist.query(
        """
        select
            count(distinct deal_id),
            count(distinct customer_id),
            count(*) filter (where manager_id = 'unassigned'),
            count(distinct manager_id),
            min(won_at at time zone 'America/Sao_Paulo')::text,
            max(won_at at time zone 'America/Sao_Paulo')::text
        from olist_intermediate.int_deals
        """
    )
    assert deals[0] == figures["deals_distinct_mql_id"]
    assert deals[1] == figures["deals_distinct_seller_id"]
    assert deals[2] == figures["deals_blank_sdr_sr"][1]
    assert deals[3] == figures["distinct_sdr_sr"][1]
    assert list(deals[4:]) == figures["deals_won_date_min_max"]
    (orphans,) = olist.query(
        "select count(*) from olist_intermediate.int_deals as deals where not exists (select"
        " from olist_intermediate.int_leads as leads"
        " where leads.primary_deal_id = deals.deal_id)"
    )
    assert orphans == (figures["deals_orphan_mql"],)


def test_the_director_sees_the_overall_conversion_and_the_period_ratio_apart(
    olist: Company, figures: dict[str, Any]
) -> None:
    months = olist.query(
        """
        select
            to_char(month_start, 'YYYY-MM'),
            sum(leads_count)::integer,
            sum(won_deals_count)::integer,
            sum(won_leads_count)::integer
        from olist_mart_marketing.channels_monthly
        group by 1
        """
    )
    overall = figures["conversion_overall"]
    assert sum(row[3] for row in months) == overall["numerator"]
    assert sum(row[1] for row in months) == overall["denominator"]
    by_month = {month: (leads, won) for month, leads, won, _ in months}
    naive = figures["conversion_period_view_naive"]
    assert {month: by_month[month] for month in naive} == {
        month: (figure["leads"], figure["won_in_month"]) for month, figure in naive.items()
    }


@pytest.mark.parametrize(
    ("column", "figure"),
    [
        # A deal without a name is called by its id.
        ("nullif(deal_name, deal_id)", "deals_per_business_segment"),
        ("client_type", "deals_per_lead_type"),
    ],
)
def test_deals_by_what_was_asked_at_closing(
    olist: Company, figures: dict[str, Any], column: str, figure: str
) -> None:
    rows = olist.query(
        f"select coalesce({column}, '(blank)'), count(*)"
        " from olist_intermediate.int_deals group by 1"
    )
    assert dict(rows) == figures[figure]


def test_declared_amount_per_origin(olist: Company, figures: dict[str, Any]) -> None:
    rows = olist.query(
        "select channel, sum(budget_amount) from olist_intermediate.int_deals group by 1"
    )
    assert dict(rows) == {
        channel: money(amount)
        for channel, amount in figures["declared_monthly_revenue_per_origin"].items()
    }


def test_what_is_not_delivered_is_kept_and_nothing_was_bought_before_the_win(
    olist: Company, figures: dict[str, Any]
) -> None:
    (row,) = olist.query(
        """
        select
            sum(payments.paid_amount),
            count(distinct payments.customer_id),
            count(*) filter (where payments.paid_at < deals.won_at)
        from olist_intermediate.int_payments as payments
        left join olist_intermediate.int_deals as deals using (customer_id)
        """
    )
    assert row == (
        money(figures["orders_sample.deal_seller_gmv_all"]),
        figures["orders_sample.deal_sellers_with_items"],
        figures["orders_sample.deal_seller_items_before_won"],
    )


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
