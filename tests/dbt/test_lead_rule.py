"""The lead rule's SQL against its reference, which was written from the agreed meaning alone.

The SQL is that of every model from a deal's stages to the lead. What they read is stand-ins, which
hold one small world at a time. Which records are one enquiry is given, as it is to the reference.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from operator import attrgetter

import psycopg
import pytest
from hypothesis import given, settings
from psycopg import sql

from tests.dbt.conftest import Dbt
from tests.dbt.lead_worlds import WARMING, CrmDeal, CrmEnquiry, World, worlds
from tests.dbt.stand_ins import build_views, fill, named
from tests.reference.lead_rule import RANKS, Deal, Enquiry, Lead, Payment, leads_of

pytestmark = pytest.mark.integration

MODELS = (
    "int_deals_with_stage_meaning",
    "int_deals_with_customers",
    "int_deals_with_exclusions",
    "int_enquiries",
    "int_leads",
)
TABLES = {
    "intermediate.int_deals_unioned": """
        deal_id text, pipeline_id text, stage_id text, person_record_id text, company_id text,
        created_at timestamptz, updated_at timestamptz, closed_at timestamptz, is_deleted boolean,
        is_test boolean, tags text[], stated_status text, export_tax_number text,
        export_customer_id text, loss_reason text, source_word text, utm_source text,
        utm_medium text, utm_campaign text, city text, client_type text, crm_lead_id text""",
    "intermediate.int_stage_changes_unioned": """
        event_id text, deal_id text, from_stage_id text, to_stage_id text,
        changed_at timestamptz""",
    "intermediate.int_stages_with_meaning": """
        stage_id text, pipeline_id text, pipeline_kind text, stage_rank text,
        rank_number integer""",
    "intermediate.int_person_records_joined": "record_id text, person_id text",
    "intermediate.int_persons": "person_id text, is_own_employee boolean",
    "intermediate.int_persons_employed_by_us": "person_id text",
    "intermediate.int_companies_unioned": "company_id text, tax_number text",
    "settings.exclusion_rules": "field text, pattern text, excluded_reason text",
    "intermediate.int_enquiry_records_grouped": """
        enquiry_id text, person_id text, created_at timestamptz, is_inbound boolean,
        record_type text, record_id text, deal_id text, enquiry_kind text""",
    "intermediate.int_inbox_items_with_exclusions": """
        inbox_item_id text, is_card boolean, excluded_reason text, source_word text,
        utm_source text, utm_medium text, utm_campaign text""",
    "staging.stg_exports__leads": """
        export_lead_id text, source_word text, utm_source text, utm_medium text,
        utm_campaign text, city text, client_type text""",
    "intermediate.int_channel_rules": """
        priority integer, utm_source_pattern text, utm_medium_pattern text,
        called_number text, source_word_pattern text, channel text, valid_from_date date,
        valid_before_date date""",
    "intermediate.int_call_records_joined": "call_id text, called_number text",
    "intermediate.int_payments": """
        customer_id text, paid_at timestamptz, is_refund boolean,
        payment_excluded_reason text""",
    "intermediate.int_deal_spans_by_responsible": """
        deal_id text, manager_id text, valid_from timestamptz, valid_to timestamptz""",
    "intermediate.int_activities": """
        deal_id text, person_id text, acted_at timestamptz, is_by_human boolean""",
}
EDITED_AT = datetime(2030, 1, 1, tzinfo=UTC)  # somebody corrects a record; it must mean nothing

Rows = dict[str, list[tuple[object, ...]]]


@dataclass(frozen=True)
class Warehouse:
    """The views, and a connection to read them by. A failure prints this: hence no Dbt in it."""

    prefix: str
    connection: psycopg.Connection

    def leads(self, world: World) -> list[Lead]:
        query = sql.SQL(
            "select lead_id, enquiry_ids, primary_deal_id, lead_kind, is_qualified, won_at from {}"
        ).format(named(self.prefix, "intermediate.int_leads"))
        with self.connection.transaction(force_rollback=True):
            fill(self.connection, self.prefix, records(world))
            rows = self.connection.execute(query).fetchall()
        return [Lead(lead_id, tuple(enquiry_ids), *rest) for lead_id, enquiry_ids, *rest in rows]


@pytest.fixture(scope="module")
def warehouse(dbt_of: Callable[..., Dbt]) -> Iterator[Warehouse]:
    dbt = dbt_of("lead_rule_")
    build_views(dbt, TABLES, MODELS)
    with psycopg.connect(dbt.url) as connection:
        rules: Rows = {
            "intermediate.int_stages_with_meaning": stage_meanings(),
            "settings.exclusion_rules": [("tag", "spam", "spam")],
        }
        fill(connection, dbt.prefix, rules)
        connection.commit()
        yield Warehouse(dbt.prefix, connection)


def stage_meanings() -> list[tuple[object, ...]]:
    return [
        *((stage_id(rank), "sales", "sales", rank, place) for place, rank in enumerate(RANKS, 1)),
        (stage_id("lost"), "sales", "sales", "lost", None),
        (stage_id(WARMING), "warming", "warming", None, None),
    ]


def records(world: World) -> Rows:
    """What the CRM and the accounting say of a world."""
    rows: Rows = defaultdict(list)
    rows["intermediate.int_companies_unioned"] += [("a", None), ("b", None)]
    rows["intermediate.int_persons"] += [(person, False) for person in set(world.persons)]
    rows["intermediate.int_person_records_joined"] += [
        (f"contact-{contact}", person) for contact, person in enumerate(world.persons)
    ]
    for enquiry in world.enquiries:
        person = world.persons[enquiry.contact]
        common = (enquiry.enquiry_id, person, enquiry.created_at, enquiry.is_inbound)
        grouped = rows["intermediate.int_enquiry_records_grouped"]
        grouped.append((*common, "call", enquiry.enquiry_id, None, "call"))
        for deal in enquiry.deals:
            grouped.append((*common, "deal", deal.deal_id, deal.deal_id, "manual"))
            rows["intermediate.int_deals_unioned"].append(card(deal, enquiry.contact))
            rows["intermediate.int_stage_changes_unioned"] += [
                (
                    f"{deal.deal_id}-{place}",
                    deal.deal_id,
                    stage_id(before),
                    stage_id(after),
                    changed_at,
                )
                for place, ((_, before), (changed_at, after)) in enumerate(pairwise(deal.stays))
            ]
    rows["intermediate.int_payments"] += [
        (movement.customer_id, movement.paid_at, movement.amount < 0, movement.excluded_reason)
        for movement in world.movements
    ]
    return rows


def pipeline_of(stage: str) -> str:
    return "warming" if stage == WARMING else "sales"


def stage_id(stage: str) -> str:
    return f"{pipeline_of(stage)}:{stage}"


def card(deal: CrmDeal, contact: int) -> tuple[object, ...]:
    """The deal's row, from which only its present stage is read."""
    entered_at, stage = deal.stays[-1]
    return (
        deal.deal_id,
        pipeline_of(stage),
        stage_id(stage),
        f"contact-{contact}",
        deal.company,
        deal.created_at,
        EDITED_AT,
        entered_at if stage in ("won", "lost") else None,
        deal.excluded_reason == "deleted_in_crm",
        deal.excluded_reason == "test",
        ["spam"] if deal.excluded_reason == "spam" else [],
        *[None] * 11,
    )


def expected_leads(world: World) -> list[Lead]:
    """What the reference makes of the same world."""
    in_sales = [deal for deal in world.deals if any(stage != WARMING for _, stage in deal.stays)]
    sales_ids = {deal.deal_id for deal in in_sales}
    enquiries = []
    for enquiry in world.enquiries:
        reasons = [deal.excluded_reason for deal in enquiry.deals]
        enquiries.append(
            Enquiry(
                enquiry.enquiry_id,
                world.persons[enquiry.contact],
                customer_of(world, enquiry),
                enquiry.created_at,
                enquiry.is_inbound,
                excluded_reason=reasons[0] if reasons and all(reasons) else None,
                deal_ids=tuple(d.deal_id for d in enquiry.deals if d.deal_id in sales_ids),
            )
        )
    deals = [
        Deal(
            deal.deal_id,
            deal.created_at,
            tuple(stay for stay in deal.stays if stay[1] in (*RANKS, "lost")),
            deal.excluded_reason,
        )
        for deal in in_sales
    ]
    payments = [
        Payment(movement.customer_id, movement.paid_at, Decimal(movement.amount))
        for movement in world.movements
        if movement.excluded_reason is None
    ]
    return leads_of(enquiries, deals, payments)


def customer_of(world: World, enquiry: CrmEnquiry) -> str:
    """Who pays for the enquiry's first deal, else for its person's latest deal, else the person."""
    person = world.persons[enquiry.contact]
    of_person = [
        deal
        for other in world.enquiries
        if world.persons[other.contact] == person
        for deal in other.deals
    ]
    first_own = sorted(enquiry.deals, key=lambda deal: (deal.created_at, deal.deal_id))
    latest = sorted(of_person, key=lambda deal: (-deal.created_at.timestamp(), deal.deal_id))
    for deal in (*first_own, *latest):
        return f"company:{deal.company}" if deal.company else f"person:{person}"
    return f"person:{person}"


@settings(max_examples=600, deadline=None, derandomize=True)
@given(world=worlds())
def test_the_sql_makes_the_leads_of_the_reference(warehouse: Warehouse, world: World) -> None:
    by_id = attrgetter("lead_id")
    assert sorted(warehouse.leads(world), key=by_id) == sorted(expected_leads(world), key=by_id)
