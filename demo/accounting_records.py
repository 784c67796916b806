"""How 1C (БП 3.0, standard OData) shapes a record: one function per entity.

Belongs here: property names and JSON values as the interface writes them: empty references and
dates, Int64 as text, naive Moscow times. Does not belong: what is sold or paid, and the addresses
(`odata.metadata`) the server adds.
"""

from __future__ import annotations

import base64
from typing import Any

from demo import company
from demo.moscow import local_text, local_year
from demo.store import Record, Store

INVOICES = "Document_СчетНаОплатуПокупателю"
RECEIPTS = "Document_ПоступлениеНаРасчетныйСчет"
WRITE_OFFS = "Document_СписаниеСРасчетногоСчета"
SALES = "Document_РеализацияТоваровУслуг"
COUNTERPARTIES = "Catalog_Контрагенты"
_COUNTERPARTY_TYPE = "StandardODATA.Catalog_Контрагенты"
_ORGANISATION_TYPE = "StandardODATA.Catalog_Организации"
_UNDEFINED = "StandardODATA.Undefined"


def data_version(at: int, nonce: int = 0) -> str:
    """What 1C changes with every write; not orderable, good only to compare."""
    return base64.b64encode(((at << 8) | nonce & 0xFF).to_bytes(8, "big")).decode()


def vat_percent(at: int) -> int:
    """The Russian rate: 20 % up to the end of 2025, 22 % since."""
    return 20 if local_year(at) < 2026 else 22


def vat_of(kopecks: int, at: int) -> int:
    """The tax inside an amount, in kopecks."""
    percent = vat_percent(at)
    return round(kopecks * percent / (100 + percent))


def counterparty(*, key: str, code: str, name: str, inn: str, at: int, is_company: bool) -> Record:
    """A customer of the books; a private person has no tax number here."""
    return {
        "Ref_Key": key,
        "DataVersion": data_version(at),
        "DeletionMark": False,
        "Parent_Key": company.EMPTY_KEY,
        "IsFolder": False,
        "Code": code,
        "Description": name,
        "НаименованиеПолное": name,
        "ИНН": inn,
        "КПП": f"{inn[:4]}01001" if len(inn) == 10 else "",
        "ЮридическоеФизическоеЛицо": "ЮридическоеЛицо" if is_company else "ФизическоеЛицо",
        "КонтактнаяИнформация": [],
        "Predefined": False,
        "PredefinedDataName": "",
    }


def counterparty_folder(*, key: str, code: str, name: str, at: int) -> Record:
    """A folder of the catalog; 1C lists it among the counterparties."""
    record = counterparty(key=key, code=code, name=name, inn="", at=at, is_company=True)
    record["IsFolder"] = True
    return record


def _document(key: str, number: str, at: int, counterparty_key: str, kopecks: int) -> Record:
    return {
        "Ref_Key": key,
        "DataVersion": data_version(at),
        "DeletionMark": False,
        "Number": number,
        "Date": local_text(at),
        "Posted": True,
        "Организация_Key": company.ORGANISATION_KEY,
        "Контрагент_Key": counterparty_key,
        "ДоговорКонтрагента_Key": company.EMPTY_KEY,
        "ВалютаДокумента_Key": company.ROUBLE_KEY,
        "СуммаДокумента": roubles(kopecks),
        "Ответственный_Key": company.EMPTY_KEY,
        "Комментарий": "",
    }


def roubles(kopecks: int) -> int | float:
    """1C writes a whole amount without a point."""
    return kopecks // 100 if kopecks % 100 == 0 else kopecks / 100


def invoice(
    *, key: str, number: str, at: int, counterparty_key: str, kopecks: int, lines: list[Record]
) -> Record:
    """An invoice to a customer."""
    return _document(key, number, at, counterparty_key, kopecks) | {
        "СуммаВключаетНДС": True,
        "ОрганизацияПолучатель_Key": company.EMPTY_KEY,
        "СрокОплаты": company.EMPTY_DATE,
        "КратностьВзаиморасчетов": "1",
        "Товары": _rows(key, lines),
        "Услуги": [],
    }


def sales_document(
    *,
    key: str,
    number: str,
    at: int,
    counterparty_key: str,
    invoice_key: str,
    kopecks: int,
    lines: list[Record],
) -> Record:
    """A shipment of goods for an invoice."""
    return _document(key, number, at, counterparty_key, kopecks) | {
        "ВидОперации": "Товары",
        "СуммаВключаетНДС": True,
        "КратностьВзаиморасчетов": "1",
        "СчетНаОплатуПокупателю_Key": invoice_key,
        "ДоверенностьДата": company.EMPTY_DATE,
        "Товары": _rows(key, lines),
        "Услуги": [],
    }


def goods_line(product_key: str, quantity: int, kopecks: int, at: int, cost: int | None) -> Record:
    """One line of goods; `cost` in kopecks for shipments, nothing for invoices."""
    line: Record = {
        "Номенклатура_Key": product_key,
        "Количество": quantity,
        "Цена": round(kopecks / quantity / 100, 2),
        "Сумма": roubles(kopecks),
        "СтавкаНДС": f"НДС{vat_percent(at)}",
        "СуммаНДС": roubles(vat_of(kopecks, at)),
    }
    if cost is not None:
        line["Себестоимость"] = roubles(cost)
    return line


def bank_document(
    *,
    key: str,
    number: str,
    at: int,
    counterparty_key: str,
    kopecks: int,
    kind: str,
    purpose: str,
    parts: list[tuple[str, int]],
    entered_at: int,
) -> Record:
    """Money in or out; `parts` are the rows of the breakdown: (invoice key or empty, kopecks).

    `entered_at` is when the bookkeeper wrote it, later than the document's own date `at` when
    back-dated.
    """
    record = _document(key, number, at, counterparty_key, kopecks)
    own = counterparty_key == company.ORGANISATION_KEY
    record["DataVersion"] = data_version(entered_at)
    record["ВидОперации"] = kind
    record["НазначениеПлатежа"] = purpose
    record["Контрагент"] = record.pop("Контрагент_Key")
    record["Контрагент_Type"] = _ORGANISATION_TYPE if own else _COUNTERPARTY_TYPE
    record["ДокументОснование"] = ""
    record["ДокументОснование_Type"] = _UNDEFINED
    record["СтатьяДвиженияДенежныхСредств_Key"] = company.EMPTY_KEY
    record["РасшифровкаПлатежа"] = _rows(
        key,
        [
            {
                "СуммаПлатежа": roubles(part),
                "СуммаВзаиморасчетов": roubles(part),
                "СтавкаНДС": f"НДС{vat_percent(at)}",
                "СуммаНДС": roubles(vat_of(part, at)),
                "ДоговорКонтрагента_Key": company.EMPTY_KEY,
                "СпособПогашенияЗадолженности": "Автоматически",
                "СчетНаОплату_Key": invoice_key,
            }
            for invoice_key, part in parts
        ],
    )
    return record


def _rows(key: str, lines: list[Record]) -> list[Record]:
    return [
        {"Ref_Key": key, "LineNumber": str(place), **line}
        for place, line in enumerate(lines, start=1)
    ]


def write_catalogs(store: Store, founded_at: int) -> None:
    """The rouble, the organisation and the folders of counterparties: the same in every world."""
    common: dict[str, Any] = {
        "DataVersion": data_version(founded_at),
        "DeletionMark": False,
        "Predefined": False,
        "PredefinedDataName": "",
    }
    store.onec["Catalog_Валюты"][company.ROUBLE_KEY] = {
        "Ref_Key": company.ROUBLE_KEY,
        **common,
        "Code": "643",
        "Description": "RUB",
        "НаименованиеПолное": "Российский рубль",
    }
    store.onec["Catalog_Организации"][company.ORGANISATION_KEY] = {
        "Ref_Key": company.ORGANISATION_KEY,
        **common,
        "Code": "000000001",
        "Description": company.ACCOUNT_NAME,
        "НаименованиеПолное": company.ACCOUNT_NAME,
        "ИНН": company.ORGANISATION_INN,
        "КПП": "770101001",
    }
    for place, name in enumerate(("Покупатели", "Поставщики"), start=1):
        key = f"0f9e0c1a-5d1b-11ee-9a01-0050568a10{place:02d}"
        store.onec[COUNTERPARTIES][key] = counterparty_folder(
            key=key, code=f"00-0000000{place}", name=name, at=founded_at
        )
