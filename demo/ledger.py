"""The truth about the demo company, written down before any record of it exists.

Belongs here: intents, enquiries, deals and payments as their author means them, their sums by
month and channel, the planted faults and the stories. Does not belong: anything derived from the
records a CRM or 1C shows, and no rule for deciding what a lead is or which payment pays which
deal: the tests of the product compare their rules with this book.

`Ledger.as_json()` (what `GET /demo/ledger` answers, with `ad_spend` of `yandex_direct_ads.spend`,
`calls` of `pbx.monthly` and `workbook` of `workbook.Workbook.truth` beside), all instants ISO text
in UTC, all amounts in roubles:

    as_of, seed, months
    managers   [{manager_id, name, department_id, department_name}]
    intents    [{intent_id, person_key, customer_key, channel, wanted_at, lead_kind_expected (new |
                 repeat), first_enquiry_record, primary_deal_id (or null: no deal came of it),
                 deal_ids, enquiry_records}]
               one intent is one lead. `repeat`: the customer had paid before the wish.
    enquiries  [{record, records, kind, is_inbound, at, intent_id, excluded_reason}]
               `record` names the main record (`unsorted:<uid>`, `deal:<id>` or `note:<id>`),
               `records` all it left. A plain conversation by phone about an open deal is no
               enquiry and is not listed.
    deals      [{deal_id, intent_id, status (open | won | lost), excluded_reason, created_at,
                 taken_at, won_at, lost_at, manager_id (null: nobody), channel, budget,
                 pipeline_kind (sales | service), is_worked}]
               `is_worked`: a human did something about it. `pipeline_kind` is where the deal was
               born. `taken_at`: when it came to the stages of a pipeline: typed in by hand, or
               taken out of the inbox. Null: it waits there still, or was lost or deleted there.
    payments   [{ref_key, entity, paid_at, amount (refunds negative), is_posted, is_deleted,
                 is_sales_money, evidence, intended_deal_id, expected_deal_id,
                 expected_unmatched_kind, counts, channel}]
               `evidence` is the trace the payer left: `breakdown` (a line names the invoice),
               `purpose` (only the text does), `tax_and_amount` (only payer and sum do),
               `tax_number` (only the payer does), `contacts` (only the payer's phone and e-mail
               do), `none`, `ambiguous` (fits two deals). `expected_deal_id` is null where the
               trace is insufficient; then `expected_unmatched_kind` says why: `nothing_fits` or
               `fits_two_deals`. `counts`: posted, not deleted, sales money.
    shipments  [{ref_key, deal_id, manager_id, shipped_at, shipped, cost, listed}]
               goods that left, and those that came back with a minus; roubles without VAT.
               `listed`: what they cost by the list of the day they left, null where it has no
               price.
    totals     [{month (YYYY-MM, Moscow), channel, leads, deals_open, deals_won, deals_lost (sales
                 deals by creation), won_deals (by winning), won_budget, payments_count, revenue}]
               Deals with an excluded reason are left out. Money of no deal stands in the channel
               `(no deal)`.
    faults     [{name, month, expected (words), values (numbers written by hand), records}]
    stories    [{name, sentence, ...}] what a reader can find: manager_id, channel, month and
               numbers where they apply
    happened   [{happened, at, ...ids}] what somebody made happen since the world was built
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, dataclass, field
from typing import Any

from demo import company
from demo.moscow import month_name, month_of, utc_text

NO_DEAL_CHANNEL = "(no deal)"


@dataclass(slots=True)
class DealTruth:
    """A deal as its author means it; `manager_id` None is nobody."""

    deal_id: int
    intent_id: str | None
    channel: str
    created_at: int
    manager_id: int | None
    budget: int
    pipeline_kind: str = "sales"
    status: str = "open"
    taken_at: int | None = None
    won_at: int | None = None
    lost_at: int | None = None
    excluded_reason: str | None = None
    is_worked: bool = False


@dataclass(slots=True)
class EnquiryTruth:
    """One event of somebody turning to the company (or the company to somebody), and all records
    it left.
    """

    record: str
    records: list[str]
    kind: str
    is_inbound: bool
    at: int
    intent_id: str | None = None
    excluded_reason: str | None = None


@dataclass(slots=True)
class IntentTruth:
    """Somebody wanted something: one lead, whatever number of enquiries and deals came of it."""

    intent_id: str
    person_key: str
    customer_key: str
    channel: str
    wanted_at: int
    lead_kind_expected: str
    primary_deal_id: int | None = None
    deal_ids: list[int] = field(default_factory=list)
    enquiry_records: list[str] = field(default_factory=list)


@dataclass(slots=True)
class PaymentTruth:
    """One movement of money, in kopecks, refunds negative."""

    ref_key: str
    entity: str
    paid_at: int
    kopecks: int
    evidence: str
    intended_deal_id: int | None
    expected_deal_id: int | None
    expected_unmatched_kind: str | None = None
    is_sales_money: bool = True
    is_posted: bool = True
    is_deleted: bool = False

    @property
    def counts(self) -> bool:
        """Whether finance counts it: posted, not marked for deletion, money of customers."""
        return self.is_posted and not self.is_deleted and self.is_sales_money


@dataclass(frozen=True, slots=True)
class ShipmentTruth:
    """Goods of a deal that left or, with a minus, came back: kopecks without VAT. `manager_id` took
    off what `listed_kopecks` is more.
    """

    ref_key: str
    deal_id: int
    manager_id: int | None
    shipped_at: int
    shipped_kopecks: int
    cost_kopecks: int
    listed_kopecks: int | None


@dataclass(frozen=True)
class Fault:
    """A planted difficulty that has played out: its records and its outcome in words and
    numbers.
    """

    name: str
    month: str
    expected: str
    values: dict[str, Any]
    records: dict[str, list[Any]]


@dataclass
class Ledger:
    """The whole truth up to `as_of`; insertion order is the order of telling."""

    seed: int
    months: int
    as_of: int
    intents: dict[str, IntentTruth] = field(default_factory=dict)
    enquiries: dict[str, EnquiryTruth] = field(default_factory=dict)
    deals: dict[int, DealTruth] = field(default_factory=dict)
    payments: dict[str, PaymentTruth] = field(default_factory=dict)
    shipments: dict[str, ShipmentTruth] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    stories: list[dict[str, Any]] = field(default_factory=list)
    happened: list[dict[str, Any]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """The book as plain JSON; the module's docstring gives the shape."""
        return {
            "as_of": utc_text(self.as_of),
            "seed": self.seed,
            "months": self.months,
            "managers": [
                {
                    "manager_id": person.id,
                    "name": person.name,
                    "department_id": person.department_id,
                    "department_name": company.DEPARTMENTS[person.department_id],
                }
                for person in company.MANAGERS
            ],
            "intents": [self._intent(intent) for intent in self.intents.values()],
            "enquiries": [_dated(enquiry, "at") for enquiry in self.enquiries.values()],
            "deals": [
                _dated(deal, "created_at", "taken_at", "won_at", "lost_at")
                for deal in self.deals.values()
            ],
            "payments": [self._payment(payment) for payment in self.payments.values()],
            "shipments": [_shipment(shipment) for shipment in self.shipments.values()],
            "totals": self.totals(),
            "faults": [asdict(fault) for fault in self.faults],
            "stories": list(self.stories),
            "happened": list(self.happened),
        }

    def totals(self) -> list[dict[str, Any]]:
        """Counts and sums per Moscow month and channel; a row only where something happened."""
        cells: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for intent in self.intents.values():
            cells[_cell(intent.wanted_at, intent.channel)]["leads"] += 1
        for deal in self.deals.values():
            if deal.excluded_reason or deal.pipeline_kind != "sales":
                continue
            cells[_cell(deal.created_at, deal.channel)][f"deals_{deal.status}"] += 1
            if deal.won_at is not None:
                won = cells[_cell(deal.won_at, deal.channel)]
                won["won_deals"] += 1
                won["won_budget"] += deal.budget
        for payment in self.payments.values():
            if payment.counts:
                paid = cells[_cell(payment.paid_at, self.channel_of(payment))]
                paid["payments_count"] += 1
                paid["kopecks"] += payment.kopecks
        counted = ("leads", "deals_open", "deals_won", "deals_lost", "won_deals", "won_budget",
                   "payments_count")  # fmt: skip
        return [
            {"month": month, "channel": channel}
            | {name: cell[name] for name in counted}
            | {"revenue": cell["kopecks"] / 100}
            for (month, channel), cell in sorted(cells.items())
        ]

    def channel_of(self, payment: PaymentTruth) -> str:
        """The channel of the deal the payment is expected to be found to pay."""
        if payment.expected_deal_id is None:
            return NO_DEAL_CHANNEL
        return self.deals[payment.expected_deal_id].channel

    def _intent(self, intent: IntentTruth) -> dict[str, Any]:
        return _dated(intent, "wanted_at") | {"first_enquiry_record": intent.enquiry_records[0]}

    def _payment(self, payment: PaymentTruth) -> dict[str, Any]:
        row = _dated(payment, "paid_at")
        row["amount"] = row.pop("kopecks") / 100
        return row | {"counts": payment.counts, "channel": self.channel_of(payment)}


def _shipment(shipment: ShipmentTruth) -> dict[str, Any]:
    row = _dated(shipment, "shipped_at")
    for name in ("shipped", "cost", "listed"):
        kopecks = row.pop(f"{name}_kopecks")
        row[name] = None if kopecks is None else kopecks / 100
    return row


def _cell(at: int, channel: str) -> tuple[str, str]:
    return month_name(month_of(at)), channel


def _dated(truth: Any, *instants: str) -> dict[str, Any]:
    row: dict[str, Any] = {name: getattr(truth, name) for name in truth.__slots__}
    for name in instants:
        row[name] = utc_text(row[name])
    return row
