"""How the demo company's ledger and the marts are laid side by side, whichever CRM it has."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tests.e2e.conftest import Company

MONTHLY_MEASURES = ("leads", "won_deals", "payments_count", "revenue")


@dataclass(frozen=True)
class Told:
    """A company's warehouse, the ledger it has to agree with, and what its only CRM is called."""

    company: Company
    ledger: dict[str, Any]
    crm: str

    def key(self, number: int) -> str:
        """How the warehouse calls a deal or a user of that number."""
        return crm_key(number, self.crm)


def crm_key(number: int, crm: str = "amocrm") -> str:
    return f"{crm}:main:{number}"


def manager_key(manager_id: int | None) -> str:
    return "(unmatched)" if manager_id is None else crm_key(manager_id)


def moscow_month(instant: str) -> str:
    return (datetime.fromisoformat(instant) + timedelta(hours=3)).strftime("%Y-%m")


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


# The ledger's names of records (`unsorted:…`, `deal:…`, `note:…`) beside the leads they became.
# `lead:…` is what Bitrix24 has in place of an item of the inbox.
LEADS_OF_RECORDS = """
    select
        case records.record_type
            when 'deal' then 'deal:' || split_part(records.record_id, ':', 3)
            when 'unsorted' then 'unsorted:' || split_part(records.record_id, 'unsorted-', 2)
            when 'crm_lead' then 'lead:' || split_part(records.record_id, 'lead-', 2)
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


def match_intents_with_leads(told: Told) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    lead_of_record = dict(told.company.query(LEADS_OF_RECORDS))
    leads_of_intents: dict[str, set[str]] = defaultdict(set)
    intents_of_leads: dict[str, set[str]] = defaultdict(set)
    for intent in told.ledger["intents"]:
        for record in intent["enquiry_records"]:
            if lead := lead_of_record.get(record):
                leads_of_intents[intent["intent_id"]].add(lead)
                intents_of_leads[lead].add(intent["intent_id"])
    return leads_of_intents, intents_of_leads


class Outcomes:
    """What the warehouse made of the records of a planted fault, under the ledger's names."""

    def __init__(self, told: Told) -> None:
        self._told = told
        query = told.company.query
        self._leads_of_records: dict[str, str] = dict(query(LEADS_OF_RECORDS))
        self._leads = {
            row[0]: row[1:]
            for row in query(
                "select lead_id, lead_kind, created_at, manager_id, is_worked_by_human"
                " from intermediate.int_leads"
            )
        }
        self._deals = {
            row[0]: row[1:]
            for row in query(
                "select deal_id, status, deal_excluded_reason from intermediate.int_deals"
            )
        }
        self._payments = {
            row[0]: row[1:]
            for row in query(
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
            self._leads[lead]
            for lead in dict.fromkeys(
                self._leads_of_records[record]
                for record in records["enquiries"]
                if record in self._leads_of_records
            )
        ]
        deals = [self._deals[self._told.key(deal)] for deal in records["deals"]]
        paid = [
            self._payments[key]
            for payment in records["payments"]
            if (key := f"onec:main:{payment}") in self._payments
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
