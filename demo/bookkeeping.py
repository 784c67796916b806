"""What the accountant keeps beside the documents a story leaves: contact data and contracts of the
customers, goods that came back, small cash.

None of it is money of customers that the ledger does not know: what comes back is replaced, and the
cash of the suppliers' couriers is no sales money (kinds `ОплатаПоставщику` and
`ВозвратОтПоставщика`). Everything follows from what the stories told, with no
draw of its own, so the stories stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from uuid import NAMESPACE_URL, uuid5

from demo import accounting_records as books
from demo import company, words
from demo.accounting_catalogs import EMAIL_KIND, PHONE_KIND, place_of_goods
from demo.cast import Customer, Deal, Invoice, Person
from demo.ledger import Ledger, ShipmentTruth
from demo.moscow import DAY, HOUR, local_date_text, local_instant, local_text, month_of
from demo.prices import listed_kopecks, packs
from demo.store import Record, Store

CONTRACTS = "Catalog_ДоговорыКонтрагентов"
_COURIER_SHARE = 20
"""One part in so many of what a supplier gets by bank is paid to its courier in cash."""


def keep_books(store: Store, ledger: Ledger, deals: Iterable[Deal]) -> None:
    """Write all of it, from the stories told up to the ledger's present."""
    invoices = sorted(
        (invoice for deal in deals for invoice in deal.invoices),
        key=lambda invoice: (invoice.at, invoice.number),
    )
    for invoice in invoices:
        _know(store, invoice)
    _take_goods_back(store, ledger)
    _pay_couriers(store, ledger)


def _know(store: Store, invoice: Invoice) -> None:
    """The first invoice of a customer brings their contact data and, for a company, a contract."""
    person = invoice.deal.person
    customer = person.customer
    card = store.onec[books.COUNTERPARTIES][customer.counterparty_key or ""]
    if not card["КонтактнаяИнформация"]:
        card["КонтактнаяИнформация"] = contact_rows(card["Ref_Key"], _contacts(person, customer))
    key = str(uuid5(NAMESPACE_URL, f"contract/{card['Ref_Key']}"))
    if customer.inn and key not in store.onec[CONTRACTS]:
        store.onec[CONTRACTS][key] = contract(
            key=key, owner_key=card["Ref_Key"], code=card["Code"], at=invoice.at
        )


def _contacts(person: Person, customer: Customer) -> Iterator[tuple[str, str]]:
    """(kind, value) of each contact; phones as digits, spelt later as people spell them."""
    for phone in (customer.phone, person.phone):
        if phone:
            yield PHONE_KIND, phone
    if person.email:
        yield EMAIL_KIND, person.email


def contact_rows(owner_key: str, contacts: Iterable[tuple[str, str]]) -> list[Record]:
    """The tabular part «КонтактнаяИнформация» of a counterparty."""
    rows = []
    for place, (kind, value) in enumerate(contacts, start=1):
        is_phone = kind == PHONE_KIND
        shown = words.phone_spelling(value, place % 4) if is_phone else value
        rows.append(
            {
                "Ref_Key": owner_key,
                "LineNumber": str(place),
                "Тип": "Телефон" if is_phone else "АдресЭлектроннойПочты",
                "Вид_Key": kind,
                "Представление": shown,
                "ЗначенияПолей": "",
                "Страна": "",
                "Регион": "",
                "Город": "",
                "АдресЭП": "" if is_phone else value,
                "ДоменноеИмяСервера": "" if is_phone else value.partition("@")[2],
                "НомерТелефона": value if is_phone else "",
                "НомерТелефонаБезКодов": value[4:] if is_phone else "",
            }
        )
    return rows


def contract(*, key: str, owner_key: str, code: str, at: int) -> Record:
    """A contract with a customer."""
    number = f"{code[-5:]}/{local_text(at)[2:4]}"
    return {
        "Ref_Key": key,
        "DataVersion": books.data_version(at),
        "DeletionMark": False,
        "Predefined": False,
        "PredefinedDataName": "",
        "Owner_Key": owner_key,
        "Parent_Key": company.EMPTY_KEY,
        "IsFolder": False,
        "Code": code,
        "Description": f"Договор № {number} от {local_date_text(at)}",
        "Номер": number,
        "Дата": f"{local_text(at)[:10]}T00:00:00",
        "СрокДействия": company.EMPTY_DATE,
        "Организация_Key": company.ORGANISATION_KEY,
        "ВалютаВзаиморасчетов_Key": company.ROUBLE_KEY,
        "ВидДоговора": "СПокупателем",
        "Комментарий": "",
    }


def _take_goods_back(store: Store, ledger: Ledger) -> None:
    """One sale in forty: a faulty pack comes back ten days later and is replaced, so no money
    moves.
    """
    for sale in list(store.onec[books.SALES].values()):
        sold_at = local_instant(sale["Date"])
        at = sold_at + 10 * DAY
        if int(sale["Ref_Key"][:8], 16) % 40 or at > ledger.as_of:
            continue
        sold = sale["Товары"][0]
        parts = packs(round(sold["Сумма"] * 100))
        kopecks = round(round(sold["Сумма"] / parts, 2) * 100)
        key = str(uuid5(NAMESPACE_URL, f"return/{sale['Ref_Key']}"))
        shipped = ledger.shipments[sale["Ref_Key"]]
        count = sold["Количество"] // parts
        listed = listed_kopecks(place_of_goods(sold), count, month_of(sold_at), at)
        ledger.shipments[key] = ShipmentTruth(
            key,
            shipped.deal_id,
            shipped.manager_id,
            at,
            -(kopecks - books.vat_of(kopecks, at)),
            -((2 * shipped.cost_kopecks + parts) // (2 * parts)),
            None if listed is None else -listed,
        )
        store.onec[books.RETURNS][key] = books.goods_return(
            key=key,
            number=sale["Number"],
            at=at,
            counterparty_key=sale["Контрагент_Key"],
            sale_key=sale["Ref_Key"],
            kopecks=kopecks,
            lines=[books.goods_line(sold["Номенклатура_Key"], count, kopecks, at, None)],
        )


def _pay_couriers(store: Store, ledger: Ledger) -> None:
    """With every bank payment to a supplier its courier gets cash, and brings change later."""
    for payment in ledger.payments.values():
        bank = store.onec[payment.entity][payment.ref_key]
        if bank["ВидОперации"] != company.SUPPLIER_PAYMENT:
            continue
        paid = -payment.kopecks // _COURIER_SHARE // 100 * 100
        for entity, kind, at, kopecks, reason in (
            (books.CASH_WRITE_OFFS, company.SUPPLIER_PAYMENT, HOUR, paid, "Доставка"),
            (books.CASH_RECEIPTS, "ВозвратОтПоставщика", DAY, paid // 10, "Возврат аванса"),
        ):
            if payment.paid_at + at > ledger.as_of:
                continue
            key = str(uuid5(NAMESPACE_URL, f"cash/{entity}/{payment.ref_key}"))
            store.onec[entity][key] = books.cash_order(
                key=key,
                number=bank["Number"],
                at=payment.paid_at + at,
                counterparty_key=bank["Контрагент"],
                kopecks=kopecks,
                kind=kind,
                reason=reason,
                parts=[(company.EMPTY_KEY, kopecks)],
            )
