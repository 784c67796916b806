"""The lists of the CRM: the products, their fields, and which product a billed deal is about.

Belongs here: amoCRM's side of what is sold. Does not belong: 1C's goods (`accounting_catalogs`),
whose codes stand in the field «Артикул».
"""

from __future__ import annotations

from collections.abc import Iterable

from demo import company, crm_records, words
from demo.accounting_catalogs import place_of_goods, product_code
from demo.accounting_records import INVOICES
from demo.cast import Deal
from demo.moscow import month_of
from demo.prices import list_price
from demo.store import Record, Store

PRODUCTS = 8001
SUPPLIERS = 8002
"""A list people made and never filled."""
_FIRST_ELEMENT = 800_100
_SKU = company.Field(8101, "catalogs", "Артикул", "SKU", "text", {})
_PRICE = company.Field(8102, "catalogs", "Цена", "PRICE", "numeric", {})


def write_lists(store: Store, founded_at: int) -> None:
    """Both lists, the products and the fields of a product: the same in every world."""
    lists = store.amocrm
    lists["catalogs"][PRODUCTS] = _catalog(PRODUCTS, "Товары", "products", founded_at, 10)
    lists["catalogs"][SUPPLIERS] = _catalog(SUPPLIERS, "Поставщики", "regular", founded_at, 20)
    for place, field in enumerate((_SKU, _PRICE), start=1):
        definition = crm_records.custom_field(field, place)
        lists["custom_fields/catalogs"][field.id] = definition | {"catalog_id": PRODUCTS}
    for place, name in enumerate(words.GOODS):
        lists["elements"][_FIRST_ELEMENT + place] = _product(place, name, founded_at)


def link_products(store: Store, deals: Iterable[Deal]) -> None:
    """A deal something was billed for is about the goods of its invoices."""
    for deal in deals:
        lines = [
            line
            for invoice in deal.invoices
            for line in store.onec[INVOICES][invoice.key]["Товары"]
        ]
        if lines:
            store.products_of_leads[deal.id] = [_link(line) for line in lines]


def _link(line: Record) -> Record:
    metadata = {"quantity": line["Количество"], "catalog_id": PRODUCTS}
    return {"id": _FIRST_ELEMENT + place_of_goods(line), "metadata": metadata}


def _catalog(id: int, name: str, type: str, at: int, sort: int) -> Record:
    return {
        "id": id,
        "name": name,
        "created_by": company.DIRECTOR_ID,
        "updated_by": company.DIRECTOR_ID,
        "created_at": at,
        "updated_at": at,
        "sort": sort,
        "type": type,
        "can_add_elements": True,
        "can_show_in_cards": False,
        "can_link_multiple": True,
        "can_be_deleted": type == "regular",
        "sdk_widget_code": None,
        "account_id": company.ACCOUNT_ID,
    }


def _product(place: int, name: str, at: int) -> Record:
    values = [crm_records.value_of(_SKU, product_code(place))]
    roubles = list_price(place, month_of(at))
    if roubles is not None:
        values.append(crm_records.value_of(_PRICE, str(roubles)))
    return {
        "id": _FIRST_ELEMENT + place,
        "name": name,
        "created_by": company.DIRECTOR_ID,
        "updated_by": company.DIRECTOR_ID,
        "created_at": at,
        "updated_at": at,
        "is_deleted": None,
        "custom_fields_values": values,
        "catalog_id": PRODUCTS,
        "account_id": company.ACCOUNT_ID,
    }
