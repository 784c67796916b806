"""Where each column of raw_onec lies in an answer of 1C, one object at a time.

Property names are those of «Бухгалтерия предприятия 3.0». A property that is not there at all stops
the table: another configuration spells it differently, and nulls in its place would look like data.
What does not belong here: types (`tables`), paging (`client`) and any meaning (dbt).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from ingestion.errors import SourceError

Item = Mapping[str, Any]
ToRow = Callable[[Item, ZoneInfo], dict[str, Any]]

EMPTY_GUID = "00000000-0000-0000-0000-000000000000"
EMPTY_DATE = "0001-01-01T00:00:00"


def row(table_name: str, item: Item, account_name: str, zone: ZoneInfo) -> dict[str, Any]:
    """One raw row. Raises SourceError naming the property this configuration lacks."""
    try:
        return {"account_name": account_name, **_MAPPING[table_name](item, zone)}
    except KeyError as missing:
        raise SourceError(
            "onec",
            table_name,
            f"the answer has no property {missing.args[0]}",
            "The 1C configuration is not «Бухгалтерия 3.0»: correct sources/onec/mapping.py",
        ) from None


def moment(value: str, zone: ZoneInfo) -> datetime | str | None:
    """1C writes the local time of its server without an offset; the year 1 means "empty".

    Any other text comes back as it is, for `batches` to refuse by the column's name.
    """
    if value == EMPTY_DATE:
        return None
    try:
        return datetime.fromisoformat(value).replace(tzinfo=zone)
    except ValueError:
        return value


def key(value: Any) -> Any:
    """A reference; the empty one (zeros, or an empty text of a composite property) is null."""
    return None if value in (EMPTY_GUID, "") else value


def _counterparty(item: Item, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "ref_key": item["Ref_Key"],
        "data_version": item["DataVersion"],
        "deletion_mark": item["DeletionMark"],
        "is_folder": item["IsFolder"],
        "code": item["Code"],
        "description": item["Description"],
        "full_name": item["НаименованиеПолное"],
        "inn": item["ИНН"],
        "kpp": item["КПП"],
        "legal_kind": item.get("ЮридическоеФизическоеЛицо", item.get("ЮрФизЛицо")),
        "contact_info": [
            {name: value for name, value in line.items() if name != "Ref_Key"}
            for line in item.get("КонтактнаяИнформация") or []
        ],
    }


def _currency(item: Item, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "ref_key": item["Ref_Key"],
        "code": item["Code"],
        "description": item["Description"],
    }


def _document(item: Item, zone: ZoneInfo) -> dict[str, Any]:
    """What invoices, bank documents and shipments share. Un-posted ones carry sums as well."""
    return {
        "ref_key": item["Ref_Key"],
        "data_version": item["DataVersion"],
        "deletion_mark": item["DeletionMark"],
        "posted": item["Posted"],
        "number": item["Number"],
        "document_at": moment(item["Date"], zone),
        "organisation_key": key(item["Организация_Key"]),
        "counterparty_key": _reference(item, "Контрагент"),
        "currency_key": key(item["ВалютаДокумента_Key"]),
        "amount": item["СуммаДокумента"],
        "comment": item.get("Комментарий"),
    }


def _bank_document(item: Item, zone: ZoneInfo) -> dict[str, Any]:
    return {
        **_document(item, zone),
        "counterparty_type": item.get("Контрагент_Type"),
        "purpose": item["НазначениеПлатежа"],
        "operation_kind": item["ВидОперации"],
        "base_document_key": _reference(item, "ДокументОснование", optional=True),
        "lines": [
            {
                "line_number": int(line["LineNumber"]),
                "amount": line["СуммаПлатежа"],
                "invoice_key": key(line.get("СчетНаОплату_Key")),
            }
            for line in item["РасшифровкаПлатежа"]
        ],
    }


def _sales_document(item: Item, zone: ZoneInfo) -> dict[str, Any]:
    return {
        **_document(item, zone),
        "invoice_key": key(item["СчетНаОплатуПокупателю_Key"]),
        "lines": [
            _sales_line(part, line)
            for part, property_name in (("goods", "Товары"), ("services", "Услуги"))
            for line in item[property_name]
        ],
    }


def _sales_line(part: str, line: Item) -> dict[str, Any]:
    """Goods and services number their lines apart, so a line is known by part and number."""
    return {
        "part": part,
        "line_number": int(line["LineNumber"]),
        "product_key": key(line.get("Номенклатура_Key")),
        "quantity": line.get("Количество"),
        "amount": line["Сумма"],
        "vat_amount": line.get("СуммаНДС"),
        "cost_amount": line.get("Себестоимость"),
    }


def _reference(item: Item, name: str, *, optional: bool = False) -> Any:
    """A plain reference is `X_Key`; a property of several possible types is `X` beside `X_Type`."""
    plain = f"{name}_Key"
    if plain in item:
        return key(item[plain])
    return key(item.get(name, "")) if optional else key(item[name])


_MAPPING: dict[str, ToRow] = {
    "counterparties": _counterparty,
    "currencies": _currency,
    "invoices": _document,
    "bank_receipts": _bank_document,
    "bank_write_offs": _bank_document,
    "sales_documents": _sales_document,
}
