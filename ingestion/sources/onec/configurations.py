"""The configurations of 1C as data: which entity each raw table is read from, and under which
properties its columns lie there.

A property is written as 1C spells it in its own metadata: a reference without `_Key`. `A|B` are
spellings of different versions, of which the first that the base declares is read; a `?` at the end
allows for none. The names are those that published readers of live bases use, not yet compared
with a customer's base; a wrong one stops its table and is named. What does not belong here:
choosing (`infobase`), reading.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

Properties = Mapping[str, str]
"""Column, or field of a line, -> property."""


@dataclass(frozen=True)
class Part:
    """A tabular part whose rows become objects in a json column; `constants` stand in each."""

    name: str
    fields: Properties
    constants: Properties = field(default_factory=dict)


@dataclass(frozen=True)
class Layout:
    """Where a raw table lies: the first of `entities` that is published is read."""

    entities: tuple[str, ...]
    columns: Properties
    into: str = "lines"
    parts: tuple[Part, ...] = ()


Configuration = Mapping[str, Layout]

NEEDED = frozenset(
    {"counterparties", "currencies", "invoices", "bank_receipts", "bank_write_offs",
     "sales_documents"}
)  # fmt: skip
"""Payments cannot be told without these; what of the others is not published stays empty."""

_OBJECT = {"ref_key": "Ref_Key", "data_version": "DataVersion", "deletion_mark": "DeletionMark"}
_NAMED = {**_OBJECT, "code": "Code", "description": "Description"}
_DOCUMENT = {
    **_OBJECT,
    "posted": "Posted",
    "number": "Number",
    "document_at": "Date",
    "organisation_key": "Организация",
    "counterparty_key": "Контрагент",
    "currency_key": "ВалютаДокумента",
    "amount": "СуммаДокумента",
    "comment": "Комментарий?",
}
_CONTRACT = {"contract_key": "ДоговорКонтрагента|Договор?"}
_MONEY = {
    **_DOCUMENT,
    "counterparty_type": "Контрагент_Type?",
    "purpose": "НазначениеПлатежа",
    "operation_kind": "ВидОперации",
    "base_document_key": "ДокументОснование?",
}
_CASH = {**_MONEY, "purpose": "Основание?"}
_CARD = {**_MONEY, "purpose": "НазначениеПлатежа|Комментарий?"}
_RECORD = {"period_at": "Period"}
_GOODS = {
    "line_number": "LineNumber",
    "product_key": "Номенклатура?",
    "quantity": "Количество?",
    "price": "Цена?",
    "amount": "Сумма",
    "vat_amount": "СуммаНДС?",
    "cost_amount": "Себестоимость?",
}
_PAID = {"line_number": "LineNumber", "amount": "СуммаПлатежа"}


def _lines(goods: str, services: str, **more: str) -> tuple[Part, ...]:
    """Goods and services number their lines apart, so a line is known by part and number."""
    named = (("goods", goods), ("services", services))
    return tuple(Part(name, {**_GOODS, **more}, {"part": part}) for part, name in named)


def _breakdown(invoice: str, amount: str = "СуммаПлатежа") -> tuple[Part, ...]:
    return (Part("РасшифровкаПлатежа", {**_PAID, "amount": amount, "invoice_key": invoice}),)


_BILLED = _breakdown("СчетНаОплату?")
ACCOUNTING_3: Configuration = {
    "organisations": Layout(
        ("Catalog_Организации",),
        {**_NAMED, "full_name": "НаименованиеПолное?", "inn": "ИНН", "kpp": "КПП?"},
    ),
    "currencies": Layout(("Catalog_Валюты",), _NAMED),
    "counterparties": Layout(
        ("Catalog_Контрагенты",),
        {
            **_NAMED,
            "is_folder": "IsFolder?",
            "full_name": "НаименованиеПолное",
            "inn": "ИНН",
            "kpp": "КПП?",
            "legal_kind": "ЮридическоеФизическоеЛицо|ЮрФизЛицо|ВидКонтрагента?",
            "partner_key": "Партнер?",
        },
        "contact_info",
        (
            Part(
                "КонтактнаяИнформация?",
                {
                    "line_number": "LineNumber",
                    "type": "Тип",
                    "kind_key": "Вид",
                    "presentation": "Представление",
                    "phone": "НомерТелефона?",
                    "email": "АдресЭП?",
                },
            ),
        ),
    ),
    "contracts": Layout(
        ("Catalog_ДоговорыКонтрагентов",),
        {
            **_NAMED,
            "counterparty_key": "Контрагент|Owner",
            "organisation_key": "Организация?",
            "currency_key": "ВалютаВзаиморасчетов?",
            "number": "Номер|НомерДоговора?",
            "signed_at": "Дата|ДатаДоговора?",
            "valid_until": "ДатаОкончанияДействия|СрокДействия?",
            "contract_kind": "ТипДоговора|ВидДоговора?",
        },
    ),
    "products": Layout(
        ("Catalog_Номенклатура",),
        {
            **_NAMED,
            "is_folder": "IsFolder?",
            "parent_key": "Parent?",
            "full_name": "НаименованиеПолное?",
            "sku": "Артикул?",
            "unit_key": "ЕдиницаИзмерения?",
            "is_service": "Услуга?",
            "product_kind": "ТипНоменклатуры?",
        },
    ),
    "price_kinds": Layout(
        ("Catalog_ТипыЦенНоменклатуры",),
        {**_NAMED, "currency_key": "ВалютаЦены?", "includes_vat": "ЦенаВключаетНДС?"},
    ),
    "invoices": Layout(
        ("Document_СчетНаОплатуПокупателю",),
        {**_DOCUMENT, **_CONTRACT},
        parts=_lines("Товары", "Услуги"),
    ),
    "bank_receipts": Layout(("Document_ПоступлениеНаРасчетныйСчет",), _MONEY, parts=_BILLED),
    "bank_write_offs": Layout(("Document_СписаниеСРасчетногоСчета",), _MONEY, parts=_BILLED),
    "cash_receipts": Layout(("Document_ПриходныйКассовыйОрдер",), _CASH, parts=_BILLED),
    "cash_write_offs": Layout(("Document_РасходныйКассовыйОрдер",), _CASH, parts=_BILLED),
    "card_operations": Layout(
        ("Document_ОплатаПлатежнойКартой", "Document_ОперацияПоПлатежнойКарте"),
        _CARD,
        parts=_BILLED,
    ),
    "sales_documents": Layout(
        ("Document_РеализацияТоваровУслуг",),
        {
            **_DOCUMENT,
            **_CONTRACT,
            "operation_kind": "ВидОперации",
            "invoice_key": "СчетНаОплатуПокупателю",
        },
        parts=_lines("Товары", "Услуги?"),
    ),
    "returns": Layout(
        ("Document_ВозвратТоваровОтПокупателя",),
        {
            **_DOCUMENT,
            **_CONTRACT,
            "operation_kind": "ВидОперации?",
            "sales_document_key": "ДокументОтгрузки|Сделка?",
        },
        parts=_lines("Товары", "Услуги?"),
    ),
    "currency_rates": Layout(
        ("InformationRegister_КурсыВалют",),
        {**_RECORD, "currency_key": "Валюта", "rate": "Курс", "per_units": "Кратность"},
    ),
    "prices": Layout(
        ("InformationRegister_ЦеныНоменклатуры_RecordType", "InformationRegister_ЦеныНоменклатуры"),
        {
            **_RECORD,
            "price_kind_key": "ТипЦен",
            "product_key": "Номенклатура",
            "price": "Цена",
            "currency_key": "Валюта?",
            "is_active": "Active?",
        },
    ),
}


def _other(
    table: str,
    *entities: str,
    columns: Properties | None = None,
    parts: tuple[Part, ...] = (),
) -> Layout:
    """The table's layout in БП with other entities, some other properties and other parts."""
    layout = ACCOUNTING_3[table]
    return replace(
        layout,
        entities=entities or layout.entities,
        columns={**layout.columns, **(columns or {})},
        parts=parts or layout.parts,
    )


def _of_trade(table: str, *entities: str, breakdown: bool = True, **columns: str) -> Layout:
    named = {"currency_key": "Валюта", "operation_kind": "ХозяйственнаяОперация", **columns}
    parts = _breakdown("ОбъектРасчетов|Заказ?", "Сумма") if breakdown else ()
    return _other(table, *entities, columns=named, parts=parts)


TRADE_11: Configuration = {
    **ACCOUNTING_3,
    "price_kinds": _other("price_kinds", "Catalog_ВидыЦен"),
    "invoices": _other(
        "invoices",
        "Document_ЗаказКлиента",
        columns={"currency_key": "Валюта", "settlement_key": "ОбъектРасчетов?"},
        parts=_lines("Товары", "Услуги?"),
    ),
    "bank_receipts": _of_trade("bank_receipts", "Document_ПоступлениеБезналичныхДенежныхСредств"),
    "bank_write_offs": _of_trade("bank_write_offs", "Document_СписаниеБезналичныхДенежныхСредств"),
    "cash_receipts": _of_trade("cash_receipts"),
    "cash_write_offs": _of_trade("cash_write_offs"),
    "card_operations": _of_trade("card_operations", "Document_ОперацияПоПлатежнойКарте"),
    "sales_documents": _of_trade(
        "sales_documents", breakdown=False, invoice_key="ЗаказКлиента|ОбъектРасчетов?"
    ),
    "returns": _of_trade("returns", "Document_ВозвратТоваровОтКлиента", breakdown=False),
    "prices": _other(
        "prices",
        "InformationRegister_ЦеныНоменклатуры25_RecordType",
        "InformationRegister_ЦеныНоменклатуры25",
        *ACCOUNTING_3["prices"].entities,
        columns={"price_kind_key": "ВидЦены"},
    ),
}


def _money_of_unf(table: str, entity: str) -> Layout:
    currency = {"currency_key": "ВалютаДокумента|ВалютаДенежныхСредств"}
    return _other(table, entity, columns=currency, parts=_breakdown("Заказ?"))


_STOCK = _lines("Запасы", "Работы?")
UNF: Configuration = {
    **ACCOUNTING_3,
    "price_kinds": _other("price_kinds", "Catalog_ВидыЦен"),
    "invoices": _other("invoices", "Document_ЗаказПокупателя", parts=_STOCK),
    "bank_receipts": _money_of_unf("bank_receipts", "Document_ПоступлениеНаСчет"),
    "bank_write_offs": _money_of_unf("bank_write_offs", "Document_РасходСоСчета"),
    "cash_receipts": _money_of_unf("cash_receipts", "Document_ПоступлениеВКассу"),
    "cash_write_offs": _money_of_unf("cash_write_offs", "Document_РасходИзКассы"),
    "card_operations": _money_of_unf("card_operations", "Document_ОперацияПоПлатежнымКартам"),
    "sales_documents": _other(
        "sales_documents",
        "Document_РасходнаяНакладная",
        columns={"invoice_key": "Заказ?"},
        parts=_STOCK,
    ),
    # УНФ takes goods back with the document it buys with: whoever wants that names it.
    "returns": replace(ACCOUNTING_3["returns"], entities=(), parts=_STOCK),
    "prices": _other("prices", columns={"price_kind_key": "ВидЦены|ВидЦен"}),
}

CONTACT_KINDS = "Catalog_ВидыКонтактнойИнформации"
CONFIGURATIONS: Mapping[str, Configuration] = {
    "accounting_3": ACCOUNTING_3,
    "trade_11": TRADE_11,
    "unf": UNF,
}
