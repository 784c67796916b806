"""The marts against the demo company's ledger, which was written before any record existed.

The tests run in the order of the file: the last ones make things happen and refresh again.
"""

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
import yaml
from psycopg import sql

from demo.scenarios import SCENARIOS
from demo.yandex_direct_ads import LOGIN
from tests.e2e.conftest import ROOT, SECRETS, Company, DemoServer
from tests.e2e.leaks import found_in_logs

pytestmark = pytest.mark.e2e

MONTHLY_MEASURES = ("leads", "won_deals", "payments_count", "revenue")


@pytest.fixture(scope="module")
def ledger(demo_company: Company, demo_server: DemoServer) -> dict[str, Any]:
    return demo_server.ledger()


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


def test_leads_wins_payments_and_revenue_equal_the_ledger_in_every_month_and_channel(
    demo_company: Company, ledger: dict[str, Any]
) -> None:
    expected = monthly_from_ledger(ledger)
    assert len(expected) > 200
    assert monthly_from_marts(demo_company) == expected


def test_deals_by_status_equal_the_ledger_in_every_month_and_channel(
    demo_company: Company, ledger: dict[str, Any]
) -> None:
    rows = demo_company.query(
        """
        select to_char(created_date, 'YYYY-MM'), channel, status, count(*)
        from intermediate.int_deals
        where deal_excluded_reason is null
        group by 1, 2, 3
        """
    )
    counted = {(month, channel, status): count for month, channel, status, count in rows}
    expected = {
        (row["month"], row["channel"], status): row[f"deals_{status}"]
        for row in ledger["totals"]
        for status in ("open", "won", "lost")
        if row[f"deals_{status}"]
    }
    assert counted == expected


def test_every_deal_has_the_status_and_exclusion_its_author_meant(
    demo_company: Company, ledger: dict[str, Any]
) -> None:
    rows = demo_company.query(
        "select deal_id, status, deal_excluded_reason from intermediate.int_deals"
    )
    expected = {
        deal_key(deal["deal_id"]): (deal["status"], deal["excluded_reason"])
        for deal in ledger["deals"]
        if deal["pipeline_kind"] == "sales"
    }
    assert {deal: (status, reason) for deal, status, reason in rows} == expected


def test_one_intent_is_one_lead_with_its_kind_and_channel(
    demo_company: Company, ledger: dict[str, Any]
) -> None:
    leads_of_intents, intents_of_leads = match_intents_with_leads(demo_company, ledger)
    assert all(len(leads) == 1 for leads in leads_of_intents.values())
    assert all(len(intents) == 1 for intents in intents_of_leads.values())
    described = {
        lead: (kind, channel)
        for lead, kind, channel in demo_company.query(
            "select lead_id, lead_kind, channel from intermediate.int_leads"
        )
    }
    assert len(described) == len(ledger["intents"])
    assert {
        intent["intent_id"]: described[next(iter(leads_of_intents[intent["intent_id"]]))]
        for intent in ledger["intents"]
    } == {
        intent["intent_id"]: (intent["lead_kind_expected"], intent["channel"])
        for intent in ledger["intents"]
    }


def match_intents_with_leads(
    company: Company, ledger: dict[str, Any]
) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    lead_of_record = dict(company.query(LEADS_OF_RECORDS))
    leads_of_intents: dict[str, set[str]] = defaultdict(set)
    intents_of_leads: dict[str, set[str]] = defaultdict(set)
    for intent in ledger["intents"]:
        for record in intent["enquiry_records"]:
            if lead := lead_of_record.get(record):
                leads_of_intents[intent["intent_id"]].add(lead)
                intents_of_leads[lead].add(intent["intent_id"])
    return leads_of_intents, intents_of_leads


# The ledger's names of records (`unsorted:…`, `deal:…`, `note:…`) beside the leads they became.
LEADS_OF_RECORDS = """
    select
        case records.record_type
            when 'deal' then 'deal:' || split_part(records.record_id, ':', 3)
            when 'unsorted' then 'unsorted:' || split_part(records.record_id, 'unsorted-', 2)
            when 'call' then 'note:' || regexp_replace(notes.note_id, '^.*-', '')
        end,
        leads.lead_id
    from intermediate.int_enquiry_records_grouped as records
    left join (
        select call_id, unnest(note_ids) as note_id from intermediate.int_calls
    ) as notes
        on records.record_id = notes.call_id
    inner join (
        select lead_id, unnest(enquiry_ids) as enquiry_id from intermediate.int_leads
    ) as leads
        on records.enquiry_id = leads.enquiry_id
"""


def test_enquiries_are_counted_and_excluded_as_their_author_meant(
    demo_company: Company, ledger: dict[str, Any]
) -> None:
    rows = demo_company.query(
        "select is_inbound, enquiry_kind, excluded_reason, count(*)"
        " from intermediate.int_enquiries group by 1, 2, 3"
    )
    expected = Counter(
        (enquiry["is_inbound"], enquiry["kind"], enquiry["excluded_reason"])
        for enquiry in ledger["enquiries"]
    )
    assert {row[:3]: row[3] for row in rows} == dict(expected)


def test_calls_equal_the_book_of_the_exchanges_in_every_month_and_of_every_manager(
    demo_company: Company, ledger: dict[str, Any]
) -> None:
    """Of finished months: calls of the last minutes end while the sources are read."""
    rows = demo_company.query(
        """
        select
            to_char(started_date, 'YYYY-MM'),
            manager_id,
            call_direction,
            count(*),
            count(*) filter (where call_direction = 'in' and not is_answered),
            sum(call_seconds)
        from intermediate.int_calls
        group by 1, 2, 3
        """
    )
    running = ledger["as_of"][:7]
    expected = {
        (
            row["month"],
            deal_key(row["manager_id"]) if row["manager_id"] else "unassigned",
            row["direction"],
        ): (row["calls"], row["missed"], row["talk_seconds"])
        for row in ledger["calls"]
        if row["month"] != running
    }
    assert len(expected) > 1000
    assert {row[:3]: row[3:] for row in rows if row[0] != running} == expected


def test_every_payment_goes_to_the_deal_its_trace_leads_to_and_no_other(
    demo_company: Company, ledger: dict[str, Any]
) -> None:
    allocated: dict[str, set[str]] = defaultdict(set)
    for payment, deal in demo_company.query(
        "select payment_id, deal_id from intermediate.int_payment_allocations"
    ):
        allocated[payment].add(deal)
    expected = {
        f"onec:main:{payment['ref_key']}": {deal_key(payment["expected_deal_id"])}
        for payment in ledger["payments"]
        if payment["counts"] and payment["expected_deal_id"]
    }
    assert len(expected) > 1000
    assert dict(allocated) == expected


def test_money_without_a_deal_says_why(demo_company: Company, ledger: dict[str, Any]) -> None:
    rows = demo_company.query(
        "select payment_id, unmatched_reason from intermediate.int_unmatched_payments"
    )
    written = {"fits_several_deals": "fits_two_deals", "customer_unknown_to_crm": "nothing_fits"}
    assert {payment: written[reason] for payment, reason in rows} == {
        f"onec:main:{payment['ref_key']}": payment["expected_unmatched_kind"]
        for payment in ledger["payments"]
        if payment["counts"] and payment["expected_deal_id"] is None
    }


def test_every_deals_goods_and_their_cost_equal_the_ledger(
    demo_company: Company, ledger: dict[str, Any]
) -> None:
    rows = demo_company.query(
        "select deal_id, shipped_amount, margin_amount from intermediate.int_deals"
        " where shipped_amount <> 0"
    )
    shipped: Counter[str] = Counter()
    cost: Counter[str] = Counter()
    for shipment in ledger["shipments"]:
        shipped[deal_key(shipment["deal_id"])] += round(shipment["shipped"] * 100)
        cost[deal_key(shipment["deal_id"])] += round(shipment["cost"] * 100)
    assert len(shipped) > 1000
    assert {deal: (amount, amount - cost[deal]) for deal, amount in shipped.items() if amount} == {
        deal: (int(amount * 100), int(margin * 100)) for deal, amount, margin in rows
    }


def test_spend_stands_beside_the_leads_it_brought(
    demo_company: Company, ledger: dict[str, Any]
) -> None:
    """Of settled months: the cabinet still takes false clicks of the last two back."""
    rows = demo_company.query(
        "select to_char(month_start, 'YYYY-MM'), channel, spend_amount"
        " from mart_marketing.channels_monthly where spend_amount > 0"
    )
    spent: Counter[tuple[str, str]] = Counter()
    for row in ledger["ad_spend"]:
        if row["login"] == LOGIN:
            spent[row["date"][:7], "yandex_direct"] += round(row["amount"] * 100)
    for row in ledger["workbook"]["ad_spend"]:
        spent[row["month"], row["channel"]] += round(row["amount"] * 100)
    settled = sorted({month for month, _ in spent})[:-2]
    assert len(settled) > 20
    assert {channel for _, channel in spent} == {
        "yandex_direct", "vk_ads", "exhibition", "(unmatched)", "outdoor"
    }  # fmt: skip
    assert {
        (month, channel): int(amount * 100) for month, channel, amount in rows if month in settled
    } == {cell: kopecks for cell, kopecks in spent.items() if cell[0] in settled}


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


def manager_key(manager_id: int | None) -> str:
    return "(unmatched)" if manager_id is None else f"amocrm:main:{manager_id}"


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
        (deal_key(one["deal_id"]), one["score"]) for one in ledger["workbook"]["surveys"]
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


def moscow_month(instant: str) -> str:
    return (datetime.fromisoformat(instant) + timedelta(hours=3)).strftime("%Y-%m")


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
            deal_key(payment["expected_deal_id"]) if payment["expected_deal_id"] else None,
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
        deal_key(deal["deal_id"])
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


@pytest.mark.parametrize("mart", ["my_month", "my_deals", "my_tasks"])
def test_a_login_sees_its_own_rows_a_head_the_departments_and_a_stranger_none(
    demo_company: Company, mart: str
) -> None:
    """The logins are those of the seed `manager_logins`; BI tools come as `reader`."""
    with psycopg.connect(demo_company.connections.url("admin")) as admin:

        def seen_by(login: str) -> set[tuple[Any, ...]]:
            name = sql.Identifier(login)
            if login != "reader":
                admin.execute(sql.SQL("create role {} login").format(name))
            admin.execute(sql.SQL("set local role {}").format(name))
            statement = sql.SQL("select distinct manager_id, department_name from mart_manager.{}")
            rows = admin.execute(statement.format(sql.Identifier(mart))).fetchall()
            admin.execute("reset role")
            return set(rows)

        everybody = seen_by("reader")
        assert {manager for manager, _ in seen_by("anna_gromova")} == {deal_key(9101)}
        heads = seen_by("head_of_wholesale")
        assert heads == {row for row in everybody if row[1] == "Отдел опта"}
        assert 1 < len(heads) < len(everybody)
        assert seen_by("somebody_else") == set()
        admin.rollback()


def test_every_planted_fault_has_the_outcome_written_for_it(
    demo_company: Company, ledger: dict[str, Any]
) -> None:
    outcomes = Outcomes(demo_company)
    told = {fault["name"] for fault in ledger["faults"]}
    assert told == {scenario.name for scenario in SCENARIOS}
    wrong = [
        f"{fault['name']} of {fault['month']}: {name} is {outcomes.of(fault)[name]}, not {expected}"
        for fault in ledger["faults"]
        for name, expected in fault["values"].items()
        if outcomes.of(fault)[name] != expected
    ]
    assert wrong == []


class Outcomes:
    """What the warehouse made of the records of a planted fault, under the ledger's names."""

    def __init__(self, company: Company) -> None:
        self.leads_of_records: dict[str, str] = dict(company.query(LEADS_OF_RECORDS))
        self.leads = {
            row[0]: row[1:]
            for row in company.query(
                "select lead_id, lead_kind, created_at, manager_id, is_worked_by_human"
                " from intermediate.int_leads"
            )
        }
        self.deals = {
            row[0]: row[1:]
            for row in company.query(
                "select deal_id, status, deal_excluded_reason from intermediate.int_deals"
            )
        }
        self.payments = {
            row[0]: row[1:]
            for row in company.query(
                """
                select
                    payments.payment_id,
                    payments.paid_amount,
                    coalesce(sum(allocations.allocated_amount), 0)
                from intermediate.int_payments as payments
                left join intermediate.int_payment_allocations as allocations using (payment_id)
                where payments.payment_excluded_reason is null
                group by payments.payment_id, payments.paid_amount
                """
            )
        }

    def of(self, fault: dict[str, Any]) -> dict[str, Any]:
        records = fault["records"]
        leads = [
            self.leads[lead]
            for lead in dict.fromkeys(
                self.leads_of_records[record]
                for record in records["enquiries"]
                if record in self.leads_of_records
            )
        ]
        deals = [self.deals[deal_key(deal)] for deal in records["deals"]]
        paid = [
            self.payments[key]
            for payment in records["payments"]
            if (key := f"onec:main:{payment}") in self.payments
        ]
        return {
            "leads": len(leads),
            "kinds": [lead[0] for lead in sorted(leads, key=lambda lead: lead[1])],
            "deals": dict(Counter(status for status, reason in deals if reason is None)),
            "excluded": dict(Counter(reason for _, reason in deals if reason is not None)),
            "payments": len(paid),
            "revenue": float(sum(amount for amount, _ in paid)),
            "unmatched": float(sum(amount - matched for amount, matched in paid)),
            "unassigned": sum(lead[2] == "unassigned" for lead in leads),
            "unworked": sum(not lead[3] for lead in leads),
        }


def test_the_bridge_closes_and_its_ends_are_the_ledgers_enquiries_and_payments(
    demo_company: Company, ledger: dict[str, Any]
) -> None:
    totals = dict(
        demo_company.query(
            "select step, sum(row_count) from mart_finance.reconciliation_bridge"
            " where grain = 'month' and row_kind = 'subtotal' group by step"
        )
    )
    assert totals["enquiries"] == sum(enquiry["is_inbound"] for enquiry in ledger["enquiries"])
    assert totals["leads"] == len(ledger["intents"])
    assert totals["payments"] == sum(payment["counts"] for payment in ledger["payments"])
    demo_company.run("dbt", "test", "-s", "reconciliation_bridge_closes")


FIRST_OF = {
    "a lead": "int_leads where lead_id = (select min(lead_id) from intermediate.int_leads)",
    "a won deal": "int_deals where deal_id = (select min(deal_id) from intermediate.int_deals"
    " where status = 'won' and deal_excluded_reason is null)",
    "an open deal": "int_deals where deal_id = (select min(deal_id) from intermediate.int_deals"
    " where status = 'open')",
    "a joined enquiry": "int_enquiries where enquiry_id = (select enquiry_ids[2]"
    " from intermediate.int_leads where joined_enquiries_count > 0 order by lead_id limit 1)",
    "an excluded enquiry": "int_enquiries where enquiry_id = (select min(enquiry_id)"
    " from intermediate.int_enquiries where excluded_reason = 'spam')",
    "a matched payment": "int_payments where payment_id = (select min(payment_id)"
    " from intermediate.int_payment_allocations)",
    "an unmatched payment": "int_payments where payment_id = (select min(payment_id)"
    " from intermediate.int_unmatched_payments)",
    "a refund": "int_payments where payment_id = (select min(payment_id)"
    " from intermediate.int_payments where is_refund and payment_excluded_reason is null)",
    "a further allocation": "int_payment_allocations where allocation_id ="
    " (select min(allocation_id) from intermediate.int_payment_allocations"
    " where not is_first_of_deal)",
}


@pytest.mark.parametrize("removed", FIRST_OF.values(), ids=FIRST_OF.keys())
def test_the_bridge_fails_when_one_row_is_removed_by_hand(
    demo_company: Company, removed: str
) -> None:
    published = demo_company.query(
        "select count(*), sum(row_count) from mart_finance.reconciliation_bridge"
    )
    table = removed.split()[0]
    demo_company.execute(f"create table intermediate.kept as select * from intermediate.{table}")
    try:
        assert demo_company.execute(f"delete from intermediate.{removed}") == 1
        said = demo_company.run("dbt", "build", "-s", "path:models/marts/finance", expect=1)
        assert "Failure in test reconciliation_bridge_" in said
    finally:
        demo_company.execute(
            f"truncate intermediate.{table};"
            f" insert into intermediate.{table} select * from intermediate.kept;"
            " drop table intermediate.kept"
        )
    assert published == demo_company.query(
        "select count(*), sum(row_count) from mart_finance.reconciliation_bridge"
    )


def test_every_decision_about_the_meaning_holds(demo_company: Company) -> None:
    demo_company.run("dbt", "test", "-s", "test_type:unit")


def test_every_model_is_described_by_the_columns_it_has_in_their_order(
    demo_company: Company,
) -> None:
    described = {
        model["name"]: [column["name"] for column in model["columns"]]
        for file in (ROOT / "dbt_project" / "models").rglob("*.yml")
        for model in yaml.safe_load(file.read_text("utf-8")).get("models", [])
    }
    made = demo_company.query(
        """
        select table_name, array_agg(column_name::text order by ordinal_position)
        from information_schema.columns
        where table_schema in ('staging', 'intermediate') or table_schema like 'mart\\_%'
        group by table_name
        """
    )
    assert described == dict(made)


def test_readers_find_every_mart_and_column_told_in_russian(demo_company: Company) -> None:
    untold = demo_company.query(
        """
        select attrelid::regclass::text, attname
        from pg_class
        inner join pg_attribute on pg_class.oid = attrelid
        where
            relkind = 'r' and relnamespace::regnamespace::text like 'mart\\_%'
            and attnum > 0 and not attisdropped
            and (
                obj_description(pg_class.oid, 'pg_class') ~ '^Строка — |^Одна строка'
                and col_description(pg_class.oid, attnum) ~ '[а-я]'
            ) is not true
        """
    )
    assert untold == []


def test_readers_see_marts_and_nothing_below(demo_company: Company) -> None:
    schemas = [
        schema
        for (schema,) in demo_company.query(
            "select nspname from pg_namespace"
            " where has_schema_privilege('reader', nspname, 'usage')"
            " and nspname !~ '^(pg_|information_schema)'"
        )
    ]
    assert "mart_director" in schemas
    assert all(schema.startswith("mart_") for schema in schemas)


def test_the_directors_page_is_complete(demo_company: Company) -> None:
    page = demo_company.run("python", "-m", "warehouse", "summary")
    for section in ("ПОКАЗАТЕЛИ ДИРЕКТОРА", "ПОЧЕМУ ЦИФРЫ РАСХОДЯТСЯ", "СВЕЖЕСТЬ ДАННЫХ"):
        assert section in page


def test_quality_outcomes_have_an_owner_and_a_share(demo_company: Company) -> None:
    rows = demo_company.query(
        "select check_id, status, checked_count, failing_count, failing_share, owner"
        " from quality.check_results"
    )
    assert len(rows) > 10
    assert {status for _, status, *_ in rows} <= {"passed", "failed", "nothing_to_check"}
    assert any(status == "failed" for _, status, *_ in rows)
    for check_id, status, checked, failing, share, owner in rows:
        assert owner, check_id
        if status != "nothing_to_check":
            assert float(share) == pytest.approx(failing / checked, abs=1e-4), check_id


def test_alerts_go_out_once(demo_company: Company) -> None:
    demo_company.run("python", "-m", "alerts", "send")
    sent = demo_company.query("select count(*) from alerting.deliveries where status = 'sent'")
    demo_company.run("python", "-m", "alerts", "send")
    assert sent[0][0] > 0
    assert sent == demo_company.query(
        "select count(*) from alerting.deliveries where status = 'sent'"
    )


def test_no_log_of_the_refresh_holds_a_secret_a_phone_or_an_e_mail(demo_company: Company) -> None:
    assert found_in_logs(demo_company.connections, demo_company.var_dir, *SECRETS) == []


def raw_fingerprints(company: Company) -> dict[str, Any]:
    tables = company.query(
        "select table_schema || '.' || table_name from information_schema.tables"
        " where table_schema in ('raw_amocrm', 'raw_onec') and table_name !~ '^_'"
    )
    return {
        table: company.query(
            f"select count(*), sum(hashtextextended(rows::text, 0)::numeric) from {table} as rows"
        )
        for (table,) in tables
    }


def test_a_second_refresh_changes_nothing(demo_company: Company) -> None:
    raw_before, marts_before = raw_fingerprints(demo_company), monthly_from_marts(demo_company)
    demo_company.run("python", "-m", "orchestration", "refresh")
    assert raw_fingerprints(demo_company) == raw_before
    assert monthly_from_marts(demo_company) == marts_before


def test_what_happens_after_the_refresh_is_right_after_the_next_one(
    demo_company: Company, demo_server: DemoServer
) -> None:
    crm = ("new_lead", "stage_move", "call", "delete", "merge")
    books = ("payment", "cash_payment", "card_payment", "unpost")
    happened = [demo_server.happen(name) for name in (*crm, *books)]
    ledger = demo_server.ledger()
    demo_company.environment["BUSINESS_NOW"] = max(fact["at"] for fact in happened)
    demo_company.run("python", "-m", "orchestration", "refresh")
    assert monthly_from_marts(demo_company) == monthly_from_ledger(ledger)
