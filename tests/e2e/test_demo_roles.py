"""What each role reads of the demo company, and what its workbook says, against the ledger."""

from collections import Counter
from decimal import Decimal
from typing import Any

import pytest

from demo.accounting_catalogs import product_code
from demo.prices import MADE_TO_ORDER
from tests.e2e.conftest import Company
from tests.e2e.ledger import crm_key, manager_key, moscow_month

pytestmark = pytest.mark.e2e


def test_plans_of_every_month_department_and_manager_are_what_the_workbook_says(
    demo_company: Company, ledger: dict[str, Any]
) -> None:
    """Managers are found by names written otherwise than in the CRM; a vacancy is nobody's."""
    rows = demo_company.query(
        "select to_char(month_start, 'YYYY-MM'), target_scope, department_name, manager_id,"
        " measure, plan_amount from intermediate.int_targets"
    )
    expected = [
        (
            plan["month"],
            plan["scope"],
            plan["department_name"],
            manager_key(plan["manager_id"]) if plan["scope"] == "manager" else None,
            plan["measure"],
            plan["amount"],
        )
        for plan in ledger["workbook"]["plans"]
    ]
    assert len(expected) > 2000
    assert [row[3] for row in expected].count("(unmatched)") == 3
    assert Counter(rows) == Counter(expected)


def test_costs_of_every_month_and_department_are_what_the_workbook_says(
    demo_company: Company, ledger: dict[str, Any]
) -> None:
    rows = demo_company.query(
        "select to_char(month_start, 'YYYY-MM'), expense_kind, department_name,"
        " sum(expense_amount) from intermediate.int_costs group by 1, 2, 3"
    )
    spent: Counter[tuple[str, str, str | None]] = Counter()
    for cost in ledger["workbook"]["costs"]:
        spent[cost["month"], cost["kind"], cost["department_name"]] += cost["amount"]
    assert {(month, kind, department): total for month, kind, department, total in rows} == spent


def test_leave_reviews_and_answers_are_of_whom_the_workbook_means(
    demo_company: Company, ledger: dict[str, Any]
) -> None:
    away = demo_company.query(
        "select manager_id, min(leave_date)::text, max(leave_date)::text, count(*)"
        " from intermediate.int_leave_days where leave_date > date '2026-11-01' group by 1"
    )
    planned = [one for one in ledger["workbook"]["leave"] if one["first_date"] > "2026-11-01"]
    assert Counter(away) == Counter(
        (manager_key(one["manager_id"]), one["first_date"], one["last_date"], 7) for one in planned
    )
    reviews = demo_company.query(
        "select stated_call, reviews.manager_id, review_score, stated_call = any(calls.call_keys)"
        " from intermediate.int_call_reviews as reviews"
        " left join intermediate.int_calls as calls on reviews.call_id = calls.call_id"
    )
    assert len(reviews) > 10
    assert Counter(reviews) == Counter(
        (one["call"], manager_key(one["manager_id"]), one["score"], True)
        for one in ledger["workbook"]["call_reviews"]
    )
    answers = demo_company.query("select deal_id, survey_score from intermediate.int_surveys")
    assert len(answers) > 10
    assert Counter(answers) == Counter(
        (crm_key(one["deal_id"]), one["score"]) for one in ledger["workbook"]["surveys"]
    )


def test_settings_of_the_workbook_are_in_force_and_say_where_they_are_written(
    demo_company: Company,
) -> None:
    rows = demo_company.query(
        "select setting_kind, setting_name, setting_value, sheet_name, row_number"
        " from mart_quality.settings_in_force where setting_origin = 'workbook'"
    )
    assert sorted(rows) == [
        ("alert_threshold", "no_new_leads: silent_business_hours", "5", "Пороги", 2),
        ("channel_rule", "145", "source щиты на мкад → outdoor", "Правила каналов", 2),
    ]


def paid_by_deal(ledger: dict[str, Any]) -> Counter[int]:
    """Net kopecks by the deal each counted payment is expected to be found to pay."""
    paid: Counter[int] = Counter()
    for payment in ledger["payments"]:
        if payment["counts"] and payment["expected_deal_id"]:
            paid[payment["expected_deal_id"]] += round(payment["amount"] * 100)
    return paid


def test_the_accountant_sees_every_payment_with_its_deal_and_amount(
    demo_company: Company, ledger: dict[str, Any]
) -> None:
    rows = demo_company.query(
        "select payment_id, deal_id, channel, paid_amount from mart_finance.payments"
    )
    assert {row[0]: (row[1], row[2], round(row[3] * 100)) for row in rows} == {
        f"onec:main:{payment['ref_key']}": (
            crm_key(payment["expected_deal_id"]) if payment["expected_deal_id"] else None,
            payment["channel"],
            round(payment["amount"] * 100),
        )
        for payment in ledger["payments"]
        if payment["counts"]
    }


def test_won_deals_nobody_paid_for_are_those_of_the_ledger(
    demo_company: Company, ledger: dict[str, Any]
) -> None:
    rows = demo_company.query(
        "select deal_id, deal_url from mart_finance.won_unpaid_deals where paid_amount <= 0"
    )
    paid = paid_by_deal(ledger)
    expected = {
        crm_key(deal["deal_id"])
        for deal in ledger["deals"]
        if deal["pipeline_kind"] == "sales"
        and deal["status"] == "won"
        and deal["excluded_reason"] is None
        and paid[deal["deal_id"]] <= 0
    }
    assert len(expected) > 100
    assert {deal for deal, _ in rows} == expected
    assert all(url.endswith(deal.rpartition(":")[2]) for deal, url in rows)


LEADS_BY_MARKETING = {
    "campaigns": "select month_start, channel, sum(leads_count)"
    " from mart_marketing.campaigns_monthly group by 1, 2",
    "cities and client types": "select month_start, channel, sum(leads_count)"
    " from mart_marketing.leads_by_segment_monthly group by 1, 2",
    "the last touch": "select month_start, channel, credited_leads_count"
    " from mart_marketing.channels_attribution_monthly where attribution_model = 'last'",
    "cohorts": "select month_start, channel, leads_count"
    " from mart_marketing.cohort_maturity where age_months = 0",
    "paths": "select date_trunc('month', created_date)::date, channel, count(*)"
    " from mart_marketing.lead_paths group by 1, 2",
}


@pytest.mark.parametrize("statement", LEADS_BY_MARKETING.values(), ids=LEADS_BY_MARKETING.keys())
def test_marketing_divides_the_leads_of_the_ledger_and_no_others(
    demo_company: Company, ledger: dict[str, Any], statement: str
) -> None:
    assert {
        (f"{month:%Y-%m}", channel): leads
        for month, channel, leads in demo_company.query(statement)
        if leads
    } == {(row["month"], row["channel"]): row["leads"] for row in ledger["totals"] if row["leads"]}


def test_cohorts_ripened_to_the_paid_wishes_of_the_ledger(
    demo_company: Company, ledger: dict[str, Any]
) -> None:
    rows = demo_company.query(
        """
        select distinct on (month_start, channel)
            to_char(month_start, 'YYYY-MM'), channel, paid_leads_count, cohort_revenue_amount
        from mart_marketing.cohort_maturity
        order by month_start, channel, age_months desc
        """
    )
    paid, counts, money = paid_by_deal(ledger), Counter[Any](), Counter[Any]()
    for intent in ledger["intents"]:
        cohort = (moscow_month(intent["wanted_at"]), intent["channel"])
        brought = sum(paid[deal] for deal in intent["deal_ids"])
        counts[cohort] += brought > 0
        money[cohort] += brought
    assert {row[:2]: (row[2], round(row[3] * 100)) for row in rows if row[2] or row[3]} == {
        cohort: (counts[cohort], money[cohort]) for cohort in counts if money[cohort]
    }


def test_customers_paid_all_the_money_of_the_ledger(
    demo_company: Company, ledger: dict[str, Any]
) -> None:
    ((revenue,),) = demo_company.query("select sum(revenue_amount) from mart_marketing.customers")
    assert round(revenue * 100) == sum(
        round(payment["amount"] * 100) for payment in ledger["payments"] if payment["counts"]
    )


def differs_by_roundings(one: Any, other: Any, lines: int) -> bool:
    """1C rounds the VAT of a line to the kopeck, the ledger that of its list price."""
    return one is None or other is None or abs(round(one * 100) - other) > lines


def test_every_managers_discount_of_a_month_is_what_was_taken_off_the_list(
    demo_company: Company, ledger: dict[str, Any]
) -> None:
    rows = demo_company.query(
        "select to_char(month_start, 'YYYY-MM'), manager_id, list_amount, discount_amount,"
        " shipped_without_list_price_amount, discount_share"
        " from mart_sales_head.managers_monthly"
        " where list_amount <> 0 or shipped_without_list_price_amount <> 0"
    )
    listed: Counter[tuple[str, str]] = Counter()
    taken_off: Counter[tuple[str, str]] = Counter()
    unlisted: Counter[tuple[str, str]] = Counter()
    lines: Counter[tuple[str, str]] = Counter()
    for goods in ledger["shipments"]:
        cell = moscow_month(goods["shipped_at"]), manager_key(goods["manager_id"])
        shipped = round(goods["shipped"] * 100)
        if goods["listed"] is None:
            unlisted[cell] += shipped
            continue
        lines[cell] += 1
        listed[cell] += round(goods["listed"] * 100)
        taken_off[cell] += round(goods["listed"] * 100) - shipped
    assert len(listed) > 300
    assert len(unlisted) > 20
    assert {row[:2] for row in rows} == listed.keys() | unlisted.keys()
    wrong = [
        row
        for row in rows
        if round(row[4] * 100) != unlisted[row[:2]]
        or (row[3] is None) != (row[:2] not in listed)
        or (
            row[:2] in listed
            and (
                differs_by_roundings(row[2], listed[row[:2]], lines[row[:2]])
                or differs_by_roundings(row[3], taken_off[row[:2]], lines[row[:2]])
                # Empty where all that was sold by the list came back in the same month.
                or (row[5] is None) != (row[2] == 0)
                or (row[2] and abs(row[5] - row[3] / row[2]) > Decimal("0.00005"))
            )
        )
    ]
    assert wrong == []


def test_products_are_sold_below_the_list_by_as_much_as_the_managers_took_off(
    demo_company: Company,
) -> None:
    rows = demo_company.query(
        "select product_code, average_price_amount < average_list_price_amount, list_amount,"
        " discount_amount from mart_marketing.products_monthly"
    )
    made_to_order = product_code(MADE_TO_ORDER)
    assert {code for code, *_, discount in rows if discount is None} == {made_to_order}
    assert all(is_cheaper for code, is_cheaper, *_ in rows if code != made_to_order)
    ((listed, taken_off),) = demo_company.query(
        "select sum(list_amount), sum(discount_amount) from mart_finance.money_monthly"
    )
    assert sum(row[2] for row in rows) == listed
    assert sum(row[3] or 0 for row in rows) == taken_off


@pytest.mark.parametrize("mart", ["my_month", "my_deals", "my_tasks"])
def test_a_login_sees_its_own_rows_a_head_the_departments_and_a_stranger_none(
    demo_company: Company, mart: str
) -> None:
    """The logins are those of the seed `manager_logins`; BI tools come as `reader`."""
    everybody, heads, own, none = (
        demo_company.managers_seen_by(login, f"mart_manager.{mart}")
        for login in ("reader", "head_of_wholesale", "anna_gromova", "somebody_else")
    )
    assert {manager for manager, _ in own} == {crm_key(9101)}
    assert heads == {row for row in everybody if row[1] == "Отдел опта"}
    assert 1 < len(heads) < len(everybody)
    assert none == set()
