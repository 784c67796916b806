"""The customers of the CRM («покупатели»): who has bought more than once, and what was written down
about it.

They are served only where the account's tariff has customers; the note on the company always.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from demo import company, crm_records
from demo.cast import Deal
from demo.store import Store


def write_cards(store: Store, deals: Iterable[Deal]) -> None:
    """A card, numbered as its company's, for every company with two won deals or more."""
    won: dict[int, list[Deal]] = defaultdict(list)
    for deal in deals:
        firm = deal.person.customer.company_id
        if firm is not None and deal.truth.won_at is not None and not deal.truth.excluded_reason:
            won[firm].append(deal)
    for firm, purchases in won.items():
        if len(purchases) > 1:
            purchases.sort(key=lambda deal: (deal.truth.won_at, deal.id))
            _write_card(store, firm, purchases)


def _write_card(store: Store, firm: int, purchases: list[Deal]) -> None:
    first, last = purchases[1], purchases[-1]
    at, updated_at = first.truth.won_at, last.truth.won_at
    assert at is not None
    assert updated_at is not None
    store.amocrm["customers"][firm] = crm_records.customer(
        id=firm,
        name=last.person.customer.name,
        responsible=last.responsible,
        at=at,
        updated_at=updated_at,
        purchases=[deal.truth.budget for deal in purchases],
        contact_id=last.person.contact_ids[-1] if last.person.contact_ids else None,
        company_id=firm,
    )
    for kind in ("customers", "companies"):
        store.amocrm[f"notes/{kind}"][firm] = crm_records.note(
            id=firm,
            entity_id=firm,
            type="common",
            author=company.DIRECTOR_ID,
            responsible=company.DIRECTOR_ID,
            at=at,
            params={"text": "Покупает не в первый раз"},
        )
