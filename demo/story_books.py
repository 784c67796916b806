"""The accountant's part of a story: invoices, money and goods, the truth before its records.

An act never decides what counts as what; `evidence` says which trace a payment leaves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from demo import accounting_records as books
from demo import company, identity, prices, staff, words
from demo.accounting_catalogs import PRODUCT_KEY
from demo.cast import Customer, Deal, Invoice
from demo.ledger import PaymentTruth, ShipmentTruth
from demo.moscow import local_date_text, month_of
from demo.store import Record

if TYPE_CHECKING:
    from demo.story import Story

_UNMATCHED = {"none": "nothing_fits", "ambiguous": "fits_two_deals"}


class Books:
    """1C as the story's accountant keeps it, at the story's clock."""

    def __init__(self, story: Story) -> None:
        self._story = story

    def key_of(self, customer: Customer) -> str:
        """The customer's key in 1C; the accountant adds them when first needed."""
        if customer.counterparty_key is None:
            customer.counterparty_key = key = identity.guid(self._story.rng)
            self._story.world.store.onec[books.COUNTERPARTIES][key] = books.counterparty(
                key=key,
                code=f"00-{self._story.serial % 10**6:06d}{self._story.next_number('code')}",
                name=customer.name,
                inn=customer.inn,
                at=self._story.t,
                is_company=bool(customer.inn),
            )
        return customer.counterparty_key

    def bill(self, deal: Deal, kopecks: int, *, spelling: str = "short") -> Invoice:
        """An invoice in 1C, its number written into the deal the way people do."""
        customer = deal.person.customer
        if customer.inn:
            self._story.write_inn(customer, deal.responsible)
        key, number = identity.guid(self._story.rng), identity.invoice_number(
            self._story.month, self._story.index, self._story.next_number("invoice")
        )  # fmt: skip
        invoice = Invoice(key, number, self._story.t, kopecks, kopecks, deal)
        deal.invoices.append(invoice)
        self._story.world.store.onec[books.INVOICES][key] = books.invoice(
            key=key,
            number=number,
            at=self._story.t,
            counterparty_key=self.key_of(customer),
            kopecks=kopecks,
            lines=[self._goods(deal, self._product(), kopecks, None)],
        )
        written = number if spelling == "full" else number.split("-")[1].lstrip("0")
        self._story.fill(deal, company.INVOICE_FIELD, written)
        return invoice

    def pay(
        self,
        invoice: Invoice,
        kopecks: int,
        evidence: str = "breakdown",
        *,
        style: int = 0,
        dated: int | None = None,
        payer: Customer | None = None,
    ) -> PaymentTruth:
        """Money for an invoice, leaving the trace `evidence`; `dated` is an earlier date the
        document gets.
        """
        deal = invoice.deal
        at = self._story.t if dated is None else dated
        invoice.unpaid -= kopecks
        traced = evidence not in _UNMATCHED
        vat = f"В т.ч. НДС {books.vat_percent(at)}% {books.vat_of(kopecks, at) / 100:.2f}"
        if evidence in ("breakdown", "purpose"):
            date = local_date_text(invoice.at)
            purpose = words.payment_purpose(invoice.number, date, vat, style)
        else:
            purpose = f"Оплата за электротовары. {vat}"
        payment = self.bank(
            payer or deal.person.customer,
            kopecks,
            PaymentTruth(
                identity.guid(self._story.rng), books.RECEIPTS, at, kopecks, evidence, deal.id,
                deal.id if traced else None,
                None if traced else _UNMATCHED[evidence],
            ),
            company.CUSTOMER_PAYS,
            purpose,
            invoice.key if evidence == "breakdown" else company.EMPTY_KEY,
        )  # fmt: skip
        if payer is None:
            deal.person.customer.has_paid = True
        return payment

    def refund(self, invoice: Invoice, kopecks: int) -> PaymentTruth:
        """Money back to the customer for an invoice the breakdown names."""
        deal = invoice.deal
        return self.bank(
            deal.person.customer,
            kopecks,
            PaymentTruth(
                identity.guid(self._story.rng), books.WRITE_OFFS, self._story.t, -kopecks,
                "breakdown", deal.id, deal.id,
            ),
            company.REFUND_TO_CUSTOMER,
            f"Возврат по счету № {invoice.number} от {local_date_text(invoice.at)}",
            invoice.key,
        )  # fmt: skip

    def bank(
        self,
        party: Customer | None,
        kopecks: int,
        truth: PaymentTruth,
        kind: str,
        purpose: str,
        invoice_key: str = company.EMPTY_KEY,
    ) -> PaymentTruth:
        """A bank document with one line; no `party` is the company itself (a transfer)."""
        self._story.world.ledger.payments[truth.ref_key] = truth
        own = company.ORGANISATION_KEY
        self._story.world.store.onec[truth.entity][truth.ref_key] = books.bank_document(
            key=truth.ref_key,
            number=self._number("bank"),
            at=truth.paid_at,
            counterparty_key=own if party is None else self.key_of(party),
            kopecks=kopecks,
            kind=kind,
            purpose=purpose,
            parts=[(invoice_key, kopecks)],
            entered_at=self._story.t,
        )
        return truth

    def unpost(self, payment: PaymentTruth) -> None:
        """The accountant takes a posted document back: it stays in the books and counts no more."""
        payment.is_posted = False
        record = self._story.world.store.onec[payment.entity][payment.ref_key]
        record["Posted"] = False
        record["DataVersion"] = books.data_version(self._story.t, 1)

    def ship(self, invoice: Invoice, cost_share: float) -> str:
        """The goods of an invoice leave the warehouse; returns the document's key."""
        key, at, deal = identity.guid(self._story.rng), self._story.t, invoice.deal
        net = invoice.kopecks - books.vat_of(invoice.kopecks, at)
        cost = round(net * cost_share)
        place = self._product()
        goods = self._goods(deal, place, invoice.kopecks, cost)
        self._story.world.ledger.shipments[key] = ShipmentTruth(
            key, deal.id, deal.responsible or None, at, net, cost,
            prices.listed_kopecks(place, goods["Количество"], month_of(at), at),
        )  # fmt: skip
        self._story.world.store.onec[books.SALES][key] = books.sales_document(
            key=key,
            number=self._number("sale"),
            at=at,
            counterparty_key=self.key_of(deal.person.customer),
            invoice_key=invoice.key,
            kopecks=invoice.kopecks,
            lines=[goods],
        )
        return key

    def _number(self, kind: str) -> str:
        number = self._story.serial * 16 + self._story.next_number(kind)
        return f"0000-{number % 10**6:06d}"

    def _product(self) -> int:
        return self._story.rng.randrange(len(words.GOODS))

    def _goods(self, deal: Deal, place: int, kopecks: int, cost: int | None) -> Record:
        """So many of the goods at this place that the seller's discount comes of the amount."""
        at, off = self._story.t, staff.percent_off(deal.responsible)
        count = prices.pieces(place, kopecks, at, off)
        return books.goods_line(PRODUCT_KEY.format(place=place), count, kopecks, at, cost)
