"""The configurations of 1C a base may be of: the same books under the names of another one.

`accounting_3` (БП 3.0) shows the records as they are; `trade_11` (УТ 11, КА, ERP) and `unf` (УНФ)
are views with other names of documents, properties and kinds of operation. The names of УНФ's bank
and cash documents, and what is not in the two lists below, nobody has confirmed on a live base.
Belongs here: names and the few properties only one configuration has. Does not belong: data.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import NAMESPACE_URL, uuid5

from demo import accounting_catalogs as catalogs
from demo import accounting_records as books
from demo import bookkeeping, company
from demo.selections import Record

Show = Callable[[Record], Record]


@dataclass(frozen=True)
class Published:
    """An entity set: which entity of the books it shows, and how (None: as it is).

    `dimensions` are those of a register, beside its period.
    """

    source: str
    show: Show | None = None
    dimensions: tuple[str, ...] = ()


def _renamed(
    properties: Mapping[str, str] | None = None,
    parts: Mapping[str, tuple[str, Mapping[str, str]]] | None = None,
    kinds: Mapping[str, str] | None = None,
    more: Show | None = None,
) -> Show:
    """A view: `properties` old -> new name, `parts` old -> (new name, its columns), `kinds` of
    operation old -> new; `more` adds what only the new one has. A name mapped to "" is left out.
    """

    def show(record: Record) -> Record:
        shown: Record = {}
        for name, value in record.items():
            if isinstance(value, list):
                part, columns = (parts or {}).get(name, (name, {}))
                if part:
                    shown[part] = [_spelt(row, columns) for row in value]
            elif kinds and name == "ВидОперации":
                shown[(properties or {}).get(name, name)] = kinds.get(value, value)
            elif new := (properties or {}).get(name, name):
                shown[new] = value
        return shown | more(record) if more else shown

    return show


def _spelt(row: Record, columns: Mapping[str, str]) -> Record:
    return {new: value for name, value in row.items() if (new := columns.get(name, name))}


def _as_is(*entities: str) -> dict[str, Published]:
    return {entity: Published(entity) for entity in entities}


_COMMON = _as_is(
    catalogs.ORGANISATIONS, catalogs.CURRENCIES, bookkeeping.CONTRACTS, catalogs.CONTACT_KINDS
) | {catalogs.RATES: Published(catalogs.RATES, dimensions=("Валюта_Key",))}

ACCOUNTING_3 = (
    _COMMON
    | _as_is(
        books.COUNTERPARTIES, catalogs.PRODUCTS, catalogs.PRICE_KINDS, books.INVOICES,
        books.RECEIPTS, books.WRITE_OFFS, books.CASH_RECEIPTS, books.CASH_WRITE_OFFS,
        books.CARD_OPERATIONS, books.SALES, books.RETURNS,
    )
    | {catalogs.PRICES: Published(catalogs.PRICES, dimensions=("ТипЦен_Key", "Номенклатура_Key"))}
)  # fmt: skip


def partner_key(counterparty_key: str) -> str:
    """The partner of УТ a counterparty belongs to."""
    return str(uuid5(NAMESPACE_URL, f"partner/{counterparty_key}"))


def _partner(record: Record) -> Record:
    kept = ("DataVersion", "DeletionMark", "Parent_Key", "IsFolder", "Code", "Description")
    shown = {"Ref_Key": partner_key(record["Ref_Key"])} | {name: record[name] for name in kept}
    return shown | {"НаименованиеПолное": record["НаименованиеПолное"], "Клиент": True}


def _settled_order(record: Record) -> Record:
    """УТ settles through an object of its own; here it has the key of its order."""
    return {
        "Ref_Key": record["Ref_Key"],
        "DataVersion": record["DataVersion"],
        "DeletionMark": record["DeletionMark"],
        "Description": f"Заказ клиента {record['Number']}",
        "Объект": record["Ref_Key"],
        "Объект_Type": "StandardODATA.Document_ЗаказКлиента",
    }


def _bank_of_trade(record: Record) -> Record:
    return {
        "ПроведеноБанком": record["Posted"],
        "ДатаПроведенияБанком": record["Date"] if record["Posted"] else company.EMPTY_DATE,
        "ТипПлатежногоДокумента": "ПлатежноеПоручение",
    }


_TRADE_KINDS = {
    company.CUSTOMER_PAYS: "ПоступлениеОплатыОтКлиента",
    company.REFUND_TO_CUSTOMER: "ВозвратОплатыКлиенту",
    company.OWN_TRANSFER: "ПоступлениеДенежныхСредствСДругогоСчета",
    company.OTHER_RECEIPT: "ПрочееПоступление",
    company.SUPPLIER_PAYMENT: "ОплатаПоставщику",
    company.LOAN_RECEIVED: "ПоступлениеПоКредитамИЗаймамПолученным",
    "ВозвратОтПоставщика": "ВозвратДенежныхСредствОтПоставщика",
}
_TRADE_MONEY = _renamed(
    {
        "ВидОперации": "ХозяйственнаяОперация",
        "ВалютаДокумента_Key": "Валюта_Key",
        "ДоговорКонтрагента_Key": "",
    },
    {
        "РасшифровкаПлатежа": (
            "РасшифровкаПлатежа",
            {
                "СуммаПлатежа": "Сумма",
                "СчетНаОплату_Key": "ОбъектРасчетов_Key",
                "СпособПогашенияЗадолженности": "",
                "ДоговорКонтрагента_Key": "",
            },
        )
    },
    _TRADE_KINDS,
)
_TRADE_GOODS = {"Товары": ("Товары", {"Себестоимость": ""}), "Услуги": ("", {})}


def _trade_bank(record: Record) -> Record:
    return _TRADE_MONEY(record) | _bank_of_trade(record)


def _of_partner(record: Record) -> Record:
    return {"Партнер_Key": partner_key(record["Контрагент_Key"])}


def _trade_document(properties: Mapping[str, str], kind: str, **constants: str) -> Show:
    """A document about goods; its kind of operation is one and the same."""
    common = {
        "ВалютаДокумента_Key": "Валюта_Key",
        "ДоговорКонтрагента_Key": "Договор_Key",
        "СуммаВключаетНДС": "ЦенаВключаетНДС",
        "КратностьВзаиморасчетов": "",
        "ВидОперации": "",
    }
    return _renamed(
        common | dict(properties),
        _TRADE_GOODS,
        more=lambda record: _of_partner(record) | {"ХозяйственнаяОперация": kind} | constants,
    )


TRADE_11 = (
    _COMMON
    | _as_is(catalogs.PRODUCTS)
    | {
        books.COUNTERPARTIES: Published(
            books.COUNTERPARTIES,
            _renamed(
                {"ЮридическоеФизическоеЛицо": "ЮрФизЛицо"},
                more=lambda record: {"Партнер_Key": partner_key(record["Ref_Key"])},
            ),
        ),
        "Catalog_Партнеры": Published(books.COUNTERPARTIES, _partner),
        "Catalog_ОбъектыРасчетов": Published(books.INVOICES, _settled_order),
        "Catalog_ВидыЦен": Published(catalogs.PRICE_KINDS),
        "Document_ЗаказКлиента": Published(
            books.INVOICES,
            _trade_document(
                {"ОрганизацияПолучатель_Key": "", "СрокОплаты": "ДатаОтгрузки"},
                "РеализацияКлиенту",
                Статус="КВыполнению",
            ),
        ),
        "Document_ПоступлениеБезналичныхДенежныхСредств": Published(books.RECEIPTS, _trade_bank),
        "Document_СписаниеБезналичныхДенежныхСредств": Published(books.WRITE_OFFS, _trade_bank),
        books.CASH_RECEIPTS: Published(books.CASH_RECEIPTS, _TRADE_MONEY),
        books.CASH_WRITE_OFFS: Published(books.CASH_WRITE_OFFS, _TRADE_MONEY),
        books.CARD_OPERATIONS: Published(books.CARD_OPERATIONS, _TRADE_MONEY),
        books.SALES: Published(
            books.SALES,
            _trade_document(
                {"СчетНаОплатуПокупателю_Key": "ЗаказКлиента_Key"}, "РеализацияКлиенту"
            ),
        ),
        "Document_ВозвратТоваровОтКлиента": Published(
            books.RETURNS, _trade_document({}, "ВозвратТоваровОтКлиента")
        ),
        catalogs.PRICES: Published(
            catalogs.PRICES,
            _renamed({"ТипЦен_Key": "ВидЦены_Key", "ЕдиницаИзмерения_Key": "Упаковка_Key"}),
            ("ВидЦены_Key", "Номенклатура_Key"),
        ),
    }
)

_UNF_KINDS = {
    company.CUSTOMER_PAYS: "ОтПокупателя",
    company.REFUND_TO_CUSTOMER: "Покупателю",
    company.OWN_TRANSFER: "ПереводМеждуСчетами",
    company.OTHER_RECEIPT: "Прочее",
    company.SUPPLIER_PAYMENT: "Поставщику",
    company.LOAN_RECEIVED: "РасчетыПоКредитам",
    "ВозвратОтПоставщика": "ОтПоставщика",
}
_UNF_GOODS = ("Запасы", {"Себестоимость": ""})


def _unf_money(record: Record) -> Record:
    """УНФ names the order of a line as a document of any type."""
    shown = _renamed({"ДоговорКонтрагента_Key": ""}, kinds=_UNF_KINDS)(record)
    if "Контрагент_Type" in shown:
        shown["Контрагент_Key"] = shown.pop("Контрагент")
        del shown["Контрагент_Type"]
    shown["РасшифровкаПлатежа"] = [
        {
            "Ref_Key": row["Ref_Key"],
            "LineNumber": row["LineNumber"],
            "Договор_Key": row["ДоговорКонтрагента_Key"],
            **_any_type("Заказ", row["СчетНаОплату_Key"], "Document_ЗаказПокупателя"),
            "ПризнакАванса": False,
            "СуммаПлатежа": row["СуммаПлатежа"],
            "СуммаРасчетов": row["СуммаВзаиморасчетов"],
            "СтавкаНДС_Key": company.EMPTY_KEY,
            "СуммаНДС": row["СуммаНДС"],
        }
        for row in record["РасшифровкаПлатежа"]
    ]
    return shown


def _any_type(name: str, key: str, entity: str) -> Record:
    if key == company.EMPTY_KEY:
        return {name: "", f"{name}_Type": "StandardODATA.Undefined"}
    return {name: key, f"{name}_Type": f"StandardODATA.{entity}"}


def _unf_order(record: Record) -> Record:
    """УНФ writes the sum of an order as text, has its state, and when it was changed."""
    return {
        "СуммаДокумента": f"{record['СуммаДокумента']:.2f}",
        "ВидОперации": "ЗаказНаПродажу",
        "СостояниеЗаказа": ORDER_STATE_KEY,
        "СостояниеЗаказа_Type": "StandardODATA.Catalog_СостоянияЗаказовПокупателей",
        "ДатаИзменения": record["Date"],
    }


ORDER_STATE_KEY = "0f9e0c1a-5d1b-11ee-9a01-0050568a6001"
_UNF_DOCUMENT = {"ДоговорКонтрагента_Key": "Договор_Key", "КратностьВзаиморасчетов": "Кратность"}

UNF = _COMMON | {
    books.COUNTERPARTIES: Published(
        books.COUNTERPARTIES, _renamed({"ЮридическоеФизическоеЛицо": "ВидКонтрагента"})
    ),
    catalogs.PRODUCTS: Published(catalogs.PRODUCTS, _renamed({"ВидСтавкиНДС": ""})),
    "Catalog_ВидыЦен": Published(catalogs.PRICE_KINDS),
    "Document_ЗаказПокупателя": Published(
        books.INVOICES,
        _renamed(
            _UNF_DOCUMENT | {"ОрганизацияПолучатель_Key": "", "СрокОплаты": "ДатаОтгрузки"},
            {"Товары": _UNF_GOODS, "Услуги": ("Работы", {})},
            more=_unf_order,
        ),
    ),
    "Document_ПоступлениеНаСчет": Published(books.RECEIPTS, _unf_money),
    "Document_РасходСоСчета": Published(books.WRITE_OFFS, _unf_money),
    "Document_ПоступлениеВКассу": Published(books.CASH_RECEIPTS, _unf_money),
    "Document_РасходИзКассы": Published(books.CASH_WRITE_OFFS, _unf_money),
    "Document_ОперацияПоПлатежнымКартам": Published(books.CARD_OPERATIONS, _unf_money),
    "Document_РасходнаяНакладная": Published(
        books.SALES,
        _renamed(
            _UNF_DOCUMENT | {"СчетНаОплатуПокупателю_Key": ""},
            {"Товары": _UNF_GOODS, "Услуги": ("", {})},
            {"Товары": "ПродажаПокупателю"},
            lambda record: _any_type(
                "Заказ", record["СчетНаОплатуПокупателю_Key"], "Document_ЗаказПокупателя"
            ),
        ),
    ),
    catalogs.PRICES: Published(
        catalogs.PRICES,
        _renamed({"ТипЦен_Key": "ВидЦен_Key"}),
        ("ВидЦен_Key", "Номенклатура_Key"),
    ),
}

CONFIGURATIONS = {"accounting_3": ACCOUNTING_3, "trade_11": TRADE_11, "unf": UNF}
