"""The entities against the demo company's ledger, which was written before any record existed."""

from collections import Counter, defaultdict
from typing import Any

import pytest

from demo.scenarios import SCENARIOS
from demo.yandex_direct_ads import LOGIN
from tests.e2e.conftest import Company
from tests.e2e.ledger import deal_key, monthly_from_ledger, monthly_from_marts

pytestmark = pytest.mark.e2e


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
