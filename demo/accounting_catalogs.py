"""The catalogs and registers of 1C that are the same in every world: organisation, currencies and
their rates, goods and their prices, folders of counterparties.

Belongs here: what follows from the calendar alone, shaped as 1C (БП 3.0) writes it. Does not
belong: anything a story of the company brings about.
"""

from __future__ import annotations

from typing import Any
from uuid import NAMESPACE_URL, uuid5

from demo import company, words
from demo.accounting_records import COUNTERPARTIES, counterparty_folder, data_version
from demo.moscow import DAY, OFFSET, local_text, month_of, month_start
from demo.prices import list_price
from demo.store import Record, Store

ORGANISATIONS = "Catalog_Организации"
CURRENCIES = "Catalog_Валюты"
PRODUCTS = "Catalog_Номенклатура"
PRICE_KINDS = "Catalog_ТипыЦенНоменклатуры"
CONTACT_KINDS = "Catalog_ВидыКонтактнойИнформации"
RATES = "InformationRegister_КурсыВалют"
PRICES = "InformationRegister_ЦеныНоменклатуры"
PRICE_SETTING = "Document_УстановкаЦенНоменклатуры"

PRODUCT_KEY = "0f9e0c1a-5d1b-11ee-9a01-0050568a20{place:02d}"
WHOLESALE_KEY = "0f9e0c1a-5d1b-11ee-9a01-0050568a3001"
PIECE_KEY = "0f9e0c1a-5d1b-11ee-9a01-0050568a4001"
PHONE_KIND = "0f9e0c1a-5d1b-11ee-9a01-0050568a5001"
EMAIL_KIND = "0f9e0c1a-5d1b-11ee-9a01-0050568a5002"

# Code, name, roubles for `per` units on 1 January 2024, and how many kopecks a month they rise.
_FOREIGN = (
    ("840", "USD", "Доллар США", 89.6883, 1, 0.35),
    ("978", "EUR", "Евро", 99.1919, 1, 0.41),
    ("156", "CNY", "Китайский юань", 12.5762, 1, 0.05),
    ("398", "KZT", "Казахстанский тенге", 19.7413, 100, 0.03),
)
_RATES_SINCE = month_start(2024 * 12)


def product_code(place: int) -> str:
    """The code of the goods at this place of `words.GOODS`; the CRM calls it «Артикул»."""
    return f"00-{place + 1:08d}"


def place_of_goods(line: Record) -> int:
    """Which goods of `words.GOODS` a line of a document is about."""
    return int(line["Номенклатура_Key"][-2:])


def currency_key(code: str) -> str:
    """The reference of a currency by its numeric code."""
    return f"{company.ROUBLE_KEY[:-4]}0{code}"


def write_catalogs(store: Store, founded_at: int) -> None:
    """All catalogs of this module, as they were when the books were opened."""
    common: dict[str, Any] = {
        "DataVersion": data_version(founded_at),
        "DeletionMark": False,
        "Predefined": False,
        "PredefinedDataName": "",
    }
    currencies = [("643", "RUB", "Российский рубль")]
    currencies += [(code, name, full) for code, name, full, *_ in _FOREIGN]
    for code, name, full in currencies:
        key = currency_key(code)
        store.onec[CURRENCIES][key] = {
            "Ref_Key": key,
            **common,
            "Code": code,
            "Description": name,
            "НаименованиеПолное": full,
        }
    store.onec[ORGANISATIONS][company.ORGANISATION_KEY] = {
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
    store.onec[PRICE_KINDS][WHOLESALE_KEY] = {
        "Ref_Key": WHOLESALE_KEY,
        **common,
        "Code": "000000001",
        "Description": "Оптовая",
        "ВалютаЦены_Key": company.ROUBLE_KEY,
        "ЦенаВключаетНДС": True,
    }
    for key, word, name in ((PHONE_KIND, "Телефон", "Телефон"), (EMAIL_KIND, "Email", "E-mail")):
        store.onec[CONTACT_KINDS][key] = {
            "Ref_Key": key,
            **common,
            "Predefined": True,
            "PredefinedDataName": f"{word}Контрагента",
            "Code": f"00000000{key[-1]}",
            "Description": name,
        }
    for place in range(len(words.GOODS)):
        product = _product(place, common)
        store.onec[PRODUCTS][product["Ref_Key"]] = product


def _product(place: int, common: dict[str, Any]) -> Record:
    name = words.GOODS[place]
    return {
        "Ref_Key": PRODUCT_KEY.format(place=place),
        **common,
        "Parent_Key": company.EMPTY_KEY,
        "IsFolder": False,
        "Code": product_code(place),
        "Description": name[:1].upper() + name[1:],
        "НаименованиеПолное": name[:1].upper() + name[1:],
        "Артикул": f"OPT-{place + 1:03d}",
        "ЕдиницаИзмерения_Key": PIECE_KEY,
        "Услуга": False,
        "ВидСтавкиНДС": "Общая",
    }


def write_registers(store: Store, founded_at: int, until: int) -> None:
    """A rate of every currency for every day, the price list for every quarter, up to `until`.

    A day's rate and a quarter's rise depend on the calendar alone, wherever the books begin.
    """
    for day in range((founded_at + OFFSET) // DAY, (until + OFFSET) // DAY + 1):
        for foreign in _FOREIGN:
            rate = _rate(day * DAY - OFFSET, *foreign)
            store.onec[RATES][f"{rate['Period']}/{rate['Валюта_Key']}"] = rate
    first, last = month_of(founded_at), month_of(until)
    for month in range(first, last + 1):
        if month == first or month % 3 == 0:
            _set_prices(store, month)


def _rate(
    at: int, code: str, name: str, full: str, roubles: float, per: int, rise: float
) -> Record:
    day = (at - _RATES_SINCE) // DAY
    swing = (day * 37 % 101 - 50) / 100  # up to half a kopeck a rouble, back and forth
    return {
        "Period": local_text(at),
        "Валюта_Key": currency_key(code),
        "Курс": round(roubles + rise * day / 30 + swing * roubles / 100, 4),
        "Кратность": str(per),
    }


def _set_prices(store: Store, month: int) -> None:
    at = month_start(month)
    recorder = str(uuid5(NAMESPACE_URL, f"prices/{month}"))
    for place in range(len(words.GOODS)):
        roubles = list_price(place, month)
        if roubles is not None:
            store.onec[PRICES][f"{recorder}/{place + 1}"] = price(
                recorder=recorder,
                line=place + 1,
                at=at,
                product_key=PRODUCT_KEY.format(place=place),
                roubles=roubles,
            )


def price(*, recorder: str, line: int, at: int, product_key: str, roubles: float) -> Record:
    """One record of the price register, written by the document `recorder`."""
    return {
        "Recorder": recorder,
        "Recorder_Type": f"StandardODATA.{PRICE_SETTING}",
        "Period": local_text(at),
        "LineNumber": str(line),
        "Active": True,
        "ТипЦен_Key": WHOLESALE_KEY,
        "Номенклатура_Key": product_key,
        "Цена": roubles,
        "Валюта_Key": company.ROUBLE_KEY,
        "ЕдиницаИзмерения_Key": PIECE_KEY,
    }
