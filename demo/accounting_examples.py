"""One record of every entity of the books, with a row in every tabular part: what an entity that
holds nothing yet would hold, so that a base can describe itself whole.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from demo import accounting_catalogs as catalogs
from demo import accounting_records as books
from demo import bookkeeping, company
from demo.store import Record, empty_store

_KEY = company.EMPTY_KEY
_AT = 1_767_225_600


@cache
def examples() -> dict[str, Record]:
    """Entity name -> an invented record. Not to be changed."""
    store = empty_store()
    catalogs.write_catalogs(store, _AT)
    catalogs.write_registers(store, _AT, _AT)
    held = {entity: next(iter(rows.values())) for entity, rows in store.onec.items() if rows}
    return held | _documents() | _contacts()


def _documents() -> dict[str, Record]:
    goods = [books.goods_line(_KEY, 1, 100, _AT, None)]
    services = [{"Ref_Key": _KEY, "LineNumber": "1", **goods[0], "Содержание": ""}]
    shipped = [books.goods_line(_KEY, 1, 100, _AT, 50)]
    common: dict[str, Any] = {
        "key": _KEY,
        "number": "0000-000000",
        "at": _AT,
        "counterparty_key": _KEY,
    }
    money = common | {"kopecks": 100, "parts": [(_KEY, 100)], "kind": company.CUSTOMER_PAYS}
    bank = books.bank_document(**money, purpose="", entered_at=_AT)
    cash = books.cash_order(**money, reason="")
    sold = common | {"kopecks": 100, "lines": goods}
    sale = common | {"kopecks": 100, "lines": shipped}
    return {
        books.INVOICES: books.invoice(**sold) | {"Услуги": services},
        books.SALES: books.sales_document(**sale, invoice_key=_KEY) | {"Услуги": services},
        books.RETURNS: books.goods_return(**sold, sale_key=_KEY),
        books.RECEIPTS: bank,
        books.WRITE_OFFS: bank,
        books.CASH_RECEIPTS: cash,
        books.CASH_WRITE_OFFS: cash,
        books.CARD_OPERATIONS: books.card_operation(**money),
    }


def _contacts() -> dict[str, Record]:
    card = books.counterparty(key=_KEY, code="", name="", inn="", at=_AT, is_company=True)
    phone = (catalogs.PHONE_KIND, "74950000000")
    card["КонтактнаяИнформация"] = bookkeeping.contact_rows(_KEY, [phone])
    contract = bookkeeping.contract(key=_KEY, owner_key=_KEY, code="00000", at=_AT)
    return {books.COUNTERPARTIES: card, bookkeeping.CONTRACTS: contract}
