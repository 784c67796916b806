"""Small worlds for the lead rule: what one to three persons asked, what became of their deals and
when their customers paid.

Instants are few, many of them 30 days apart and some by a second more, so that ties and the last
second of a window are common. Several contacts may be one person, as after a merge of their cards.
No source tells when an enquiry was declined or which deal another was merged into: such a deal is
deleted.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby

from hypothesis import strategies as st

START = datetime(2026, 1, 1, tzinfo=UTC)
INSTANTS = [
    START + timedelta(days=days, seconds=seconds)
    for days in (0, 10, 30, 40, 60)
    for seconds in (0, 1)
]
# A stage of the warming pipeline and one of sales that nobody mapped; the others are meanings.
WARMING, UNMAPPED = "warming", "unmapped"
STAGES = ("contacted", "qualified", "won", "lost", WARMING, UNMAPPED)
EXCLUSIONS = (None, None, None, None, None, "deleted_in_crm", "test", "spam")
PERSONS = ("ann", "ann", "ann", "bob", "cid")
CUSTOMERS = ("company:a", "company:b", "person:ann", "person:bob")

Stay = tuple[datetime, str]


@dataclass(frozen=True)
class CrmDeal:
    """A deal with its stays as (entered_at, stage), the first since it was made."""

    deal_id: str
    company: str | None
    excluded_reason: str | None
    stays: tuple[Stay, ...]

    @property
    def created_at(self) -> datetime:
        return self.stays[0][0]


@dataclass(frozen=True)
class CrmEnquiry:
    enquiry_id: str
    contact: int
    created_at: datetime
    is_inbound: bool
    deals: tuple[CrmDeal, ...]


@dataclass(frozen=True)
class Movement:
    """Money of a customer; a refund is negative, and with a reason it is no payment."""

    customer_id: str
    paid_at: datetime
    amount: int
    excluded_reason: str | None


@dataclass(frozen=True)
class World:
    """`persons` tells whose each contact is."""

    persons: tuple[str, ...]
    enquiries: tuple[CrmEnquiry, ...]
    movements: tuple[Movement, ...]

    @property
    def deals(self) -> list[CrmDeal]:
        return [deal for enquiry in self.enquiries for deal in enquiry.deals]


def without_moves_to_the_same(stays: list[Stay]) -> tuple[Stay, ...]:
    in_time = sorted(stays, key=lambda stay: stay[0])
    return tuple(next(alike) for _, alike in groupby(in_time, key=lambda stay: stay[1]))


INSTANT = st.sampled_from(INSTANTS)
STAYS = st.lists(st.tuples(INSTANT, st.sampled_from(STAGES)), min_size=1, max_size=5).map(
    without_moves_to_the_same
)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    persons = tuple(draw(st.lists(st.sampled_from(PERSONS), min_size=1, max_size=4)))
    # The order of ids is not the order of rows.
    ids = iter(draw(st.permutations("abcdefghijklmnopqr")))
    deals = st.builds(
        CrmDeal,
        deal_id=st.builds(lambda: next(ids)),
        company=st.sampled_from((None, "a", "b")),
        excluded_reason=st.sampled_from(EXCLUSIONS),
        stays=STAYS,
    )
    enquiries = st.builds(
        CrmEnquiry,
        enquiry_id=st.builds(lambda: next(ids)),
        contact=st.integers(0, len(persons) - 1),
        created_at=INSTANT,
        is_inbound=st.sampled_from((True, True, True, False)),
        deals=st.lists(deals, max_size=2).map(tuple),
    )
    movements = st.builds(
        Movement,
        customer_id=st.sampled_from(CUSTOMERS),
        paid_at=INSTANT,
        amount=st.sampled_from((100, 100, -100)),
        excluded_reason=st.sampled_from((None, None, "not_posted")),
    )
    return World(
        persons,
        tuple(draw(st.lists(enquiries, min_size=2, max_size=6))),
        tuple(draw(st.lists(movements, max_size=3))),
    )
