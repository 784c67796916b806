"""Who and what a story is about: customers, persons, deals, invoices."""

from __future__ import annotations

from dataclasses import dataclass, field

from demo.ledger import DealTruth, EnquiryTruth, IntentTruth
from demo.store import Record


@dataclass
class Customer:
    """Who pays; `inn` is empty for a private person. `company_id` is its CRM card, once written."""

    key: str
    name: str
    inn: str
    phone: str
    has_paid: bool = False
    company_id: int | None = None
    inn_in_crm: bool = False
    counterparty_key: str | None = None


@dataclass
class Person:
    """Somebody who turns to the company; `contact_ids` are the CRM cards written about them."""

    key: str
    first: str
    last: str
    phone: str
    email: str
    customer: Customer
    contact_ids: list[int] = field(default_factory=list)


@dataclass
class Invoice:
    """An invoice of 1C with what is still to be paid, in kopecks."""

    key: str
    number: str
    at: int
    kopecks: int
    unpaid: int
    deal: Deal


@dataclass
class Deal:
    """A deal: its record, its truth and the people around it. `responsible` 0 is nobody."""

    record: Record
    truth: DealTruth
    person: Person
    intent: IntentTruth | None
    enquiry: EnquiryTruth | None
    open_task: Record | None = None
    invoices: list[Invoice] = field(default_factory=list)

    @property
    def id(self) -> int:
        """The id in the CRM."""
        return self.truth.deal_id

    @property
    def responsible(self) -> int:
        """The responsible user now."""
        return int(self.record["responsible_user_id"])
