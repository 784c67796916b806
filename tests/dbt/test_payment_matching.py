"""The SQL that matches payments to deals against its reference, which was written from the agreed
meaning alone. Which deals documents name, and whom a payer's contacts tell, is given to both.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, LiteralString
from zoneinfo import ZoneInfo

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg import sql

from tests.dbt.conftest import Dbt
from tests.dbt.stand_ins import build_views, fill, named
from tests.reference.payment_matching import Deal, Naming, Payment, matching_of

pytestmark = pytest.mark.integration

MODELS = (
    "int_payments_allocated_by_documents",
    "int_payments_inferred",
    "int_payment_allocations",
    "int_unmatched_payments",
)
TABLES = {
    "intermediate.int_payments": """
        payment_id text, customer_id text, paid_at timestamptz, paid_date date,
        document_amount numeric, paid_amount numeric(18, 2), is_refund boolean,
        payment_excluded_reason text""",
    "intermediate.int_payments_named_by_documents": """
        payment_id text, deal_id text, named_amount numeric, match_rule integer""",
    "intermediate.int_deals_awaiting_money": """
        deal_id text, customer_id text, person_id text, created_at timestamptz,
        due_amount numeric""",
    "staging.stg_onec__money_movements": "movement_id text, counterparty_id text",
    "intermediate.int_payers_recognised_by_contacts": "counterparty_id text, person_id text",
    "intermediate.int_deal_spans_by_responsible": """
        deal_id text, manager_id text, valid_from timestamptz, valid_to timestamptz""",
    "intermediate.int_deals_with_customers": "customer_id text",
}
BUSINESS_ZONE = ZoneInfo("Europe/Moscow")
FIRST_DAY = datetime(2026, 1, 1, 9, tzinfo=UTC)
CUSTOMERS = ("tax:RU:1", "tax:RU:2", "person:ann")
PERSONS = ("ann", "boris")

Verdicts = dict[str, bool]
Allocations = set[tuple[str, str, Decimal, int]]


@dataclass(frozen=True)
class World:
    deals: tuple[Deal, ...]
    payments: tuple[Payment, ...]


# Few customers, persons, amounts and moments: so that deals compete and amounts meet by chance.
# Hours until midnight in Moscow and after it tell business dates from those of UTC.
days = st.sampled_from((0, 1, 2, 30, 88, 89, 90, 91, 92, 120))
instants = st.builds(
    lambda day, hour: FIRST_DAY + timedelta(days=day, hours=hour),
    days,
    st.sampled_from((0, 0, 3, 11, 12, 13)),
)
amounts = st.sampled_from((10, 20, 20, 30, 50, 70)).map(Decimal)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    deals = tuple(
        Deal(
            f"d{place}",
            draw(st.sampled_from(CUSTOMERS)),
            draw(st.sampled_from((*PERSONS, None))),
            created_at,
            created_at.astimezone(BUSINESS_ZONE).date(),
            draw(amounts),
        )
        for place, created_at in enumerate(draw(st.lists(instants, max_size=5)))
    )
    payments = tuple(
        draw(payment(f"p{place}", paid_at, [deal.deal_id for deal in deals]))
        for place, paid_at in enumerate(draw(st.lists(instants, max_size=7)))
    )
    return World(deals, payments)


@st.composite
def payment(draw: st.DrawFn, payment_id: str, paid_at: datetime, deal_ids: list[str]) -> Payment:
    amount = draw(amounts) * draw(st.sampled_from((1, 1, 1, -1)))
    rule = draw(st.sampled_from((0, 1, 2)))
    named_ids = draw(
        st.one_of(
            st.just([]),
            st.lists(st.sampled_from((*deal_ids, "lost")), unique=True, max_size=3),
        )
    )
    namings = tuple(
        Naming(deal_id, draw(amounts) * (1 if amount > 0 else -1) if rule == 0 else amount, rule)
        for deal_id in named_ids
    )
    return Payment(
        payment_id,
        draw(st.sampled_from(CUSTOMERS)),
        paid_at,
        paid_at.astimezone(BUSINESS_ZONE).date(),
        amount,
        namings,
        frozenset(draw(st.lists(st.sampled_from(PERSONS), max_size=2))),
    )


@dataclass(frozen=True)
class Warehouse:
    """The views, and a connection to read them by. A failure prints this: hence no Dbt in it."""

    prefix: str
    connection: psycopg.Connection

    def matching(self, world: World) -> tuple[Allocations, Verdicts]:
        with self.connection.transaction(force_rollback=True):
            fill(self.connection, self.prefix, records(world))
            allocations = self.read(
                "select payment_id, deal_id, allocated_amount, match_rule from {}",
                "intermediate.int_payment_allocations",
            )
            unmatched = self.read(
                "select payment_id, unmatched_reason = 'fits_several_deals' from {}",
                "intermediate.int_unmatched_payments",
            )
        return set(allocations), dict(unmatched)

    def read(self, query: LiteralString, table: str) -> list[Any]:
        statement = sql.SQL(query).format(named(self.prefix, table))
        return self.connection.execute(statement).fetchall()


def records(world: World) -> dict[str, list[tuple[object, ...]]]:
    """Each payment has a payer of its own, who has the contacts of the persons it may be."""
    return {
        "intermediate.int_payments": [
            (
                payment.payment_id,
                payment.customer_id,
                payment.paid_at,
                payment.paid_date,
                payment.amount,
                payment.amount,
                payment.amount < 0,
                None,
            )
            for payment in world.payments
        ],
        "intermediate.int_payments_named_by_documents": [
            (payment.payment_id, naming.deal_id, naming.named_amount, naming.rule)
            for payment in world.payments
            for naming in payment.namings
        ],
        "intermediate.int_deals_awaiting_money": [
            (deal.deal_id, deal.customer_id, deal.person_id, deal.created_at, deal.due_amount)
            for deal in world.deals
        ],
        "staging.stg_onec__money_movements": [
            (payment.payment_id, f"payer-{payment.payment_id}") for payment in world.payments
        ],
        "intermediate.int_payers_recognised_by_contacts": [
            (f"payer-{payment.payment_id}", person)
            for payment in world.payments
            for person in payment.person_ids
        ],
    }


@pytest.fixture(scope="module")
def warehouse(dbt_of: Callable[..., Dbt]) -> Iterator[Warehouse]:
    dbt = dbt_of("payment_matching_")
    build_views(dbt, TABLES, MODELS)
    with psycopg.connect(dbt.url) as connection:
        yield Warehouse(dbt.prefix, connection)


@settings(max_examples=600, deadline=None, derandomize=True)
@given(world=worlds())
def test_the_sql_matches_payments_as_the_reference_does(warehouse: Warehouse, world: World) -> None:
    expected = matching_of(world.payments, world.deals)
    allocations, unmatched = warehouse.matching(world)
    assert allocations == {
        (found.payment_id, found.deal_id, found.amount, found.rule)
        for found in expected.allocations
    }
    several = {payment for payment, fits_several in unmatched.items() if fits_several}
    assert several == {
        payment.payment_id
        for payment in world.payments
        if expected.verdicts[payment.payment_id] == "several"
        # The accountant is told of the stronger reason: a refund, or a deal that does not count.
        and payment.amount > 0
        and "lost" not in {naming.deal_id for naming in payment.namings}
    }
