"""How 1C (БП 3.0, standard OData) shapes a document or a counterparty: one function per entity.

Belongs here: property names and JSON values as the interface writes them: empty references and
dates, Int64 as text, naive Moscow times. Does not belong: goods, prices, rates and other catalogs
(`accounting_catalogs`), what is sold or paid, and the addresses (`odata.metadata`) the server adds.
"""

from __future__ import annotations

import base64

from demo import company
from demo.moscow import local_text, local_year
from demo.store import Record

INVOICES = "Document_СчетНаОплатуПокупателю"
RECEIPTS = "Document_ПоступлениеНаРасчетныйСчет"
WRITE_OFFS = "Document_СписаниеСРасчетногоСчета"
SALES = "Document_РеализацияТоваровУслуг"
RETURNS = "Document_ВозвратТоваровОтПокупателя"
CASH_RECEIPTS = "Document_ПриходныйКассовыйОрдер"
CASH_WRITE_OFFS = "Document_РасходныйКассовыйОрдер"
CARD_OPERATIONS = "Document_ОперацияПоПлатежнойКарте"
COUNTERPARTIES = "Catalog_Контрагенты"
_COUNTERPARTY_TYPE = "StandardODATA.Catalog_Контрагенты"
_ORGANISATION_TYPE = "StandardODATA.Catalog_Организации"
_UNDEFINED = "StandardODATA.Undefined"


def data_version(at: int, nonce: int = 0) -> str:
    """What 1C changes with every write; not orderable, good only to compare."""
    return base64.b64encode(((at << 8) | nonce & 0xFF).to_bytes(8, "big")).decode()


def touch(record: Record, at: int) -> None:
    """Somebody wrote the record at `at`: it gets a version it never had."""
    before = int.from_bytes(base64.b64decode(record["DataVersion"]), "big")
    version = max(before + 1, at << 8)
    record["DataVersion"] = base64.b64encode(version.to_bytes(8, "big")).decode()


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
    record["РасшифровкаПлатежа"] = _breakdown(key, at, parts)
    return record


def cash_order(
    *,
    key: str,
    number: str,
    at: int,
    counterparty_key: str,
    kopecks: int,
    kind: str,
    reason: str,
    parts: list[tuple[str, int]],
) -> Record:
    """Cash in or out; `reason` is what is printed on it, `parts` as in `bank_document`."""
    record = _document(key, number, at, counterparty_key, kopecks)
    record["ВидОперации"] = kind
    record["Контрагент"] = record.pop("Контрагент_Key")
    record["Контрагент_Type"] = _COUNTERPARTY_TYPE
    record["Основание"] = reason
    record["НомерЧекаККМ"] = "0"
    record["СтатьяДвиженияДенежныхСредств_Key"] = company.EMPTY_KEY
    record["РасшифровкаПлатежа"] = _breakdown(key, at, parts)
    return record


def card_operation(
    *,
    key: str,
    number: str,
    at: int,
    counterparty_key: str,
    kopecks: int,
    kind: str,
    parts: list[tuple[str, int]],
) -> Record:
    """A payment by card, through the bank that serves the terminal; `parts` as above."""
    return _document(key, number, at, counterparty_key, kopecks) | {
        "ВидОперации": kind,
        "ЭквайринговыйТерминал_Key": company.EMPTY_KEY,
        "СсылочныйНомер": number[-6:],
        "РасшифровкаПлатежа": _breakdown(key, at, parts),
    }


def goods_return(
    *,
    key: str,
    number: str,
    at: int,
    counterparty_key: str,
    sale_key: str,
    kopecks: int,
    lines: list[Record],
) -> Record:
    """Goods of a sale that came back."""
    return _document(key, number, at, counterparty_key, kopecks) | {
        "ВидОперации": "ПродажаКомиссия",
        "СуммаВключаетНДС": True,
        "КратностьВзаиморасчетов": "1",
        "ДокументОтгрузки": sale_key,
        "ДокументОтгрузки_Type": f"StandardODATA.{SALES}",
        "Товары": _rows(key, lines),
    }


def _breakdown(key: str, at: int, parts: list[tuple[str, int]]) -> list[Record]:
    return _rows(
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


def _rows(key: str, lines: list[Record]) -> list[Record]:
    return [
        {"Ref_Key": key, "LineNumber": str(place), **line}
        for place, line in enumerate(lines, start=1)
    ]
