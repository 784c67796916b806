"""What the accountant keeps beside the documents of the stories, and that no money comes of it."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from demo import accounting_catalogs as catalogs
from demo import accounting_records as books
from demo import assortment, company, prices, staff
from demo.bookkeeping import CONTRACTS
from demo.world import World, build_world

AS_OF = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
NOT_SALES = {company.SUPPLIER_PAYMENT, "ВозвратОтПоставщика"}


@pytest.fixture(scope="module")
def world() -> World:
    return build_world(seed=7, months=12, scale=0.5, as_of=AS_OF)


def test_every_currency_has_one_rate_a_day_up_to_the_present(world: World) -> None:
    rates = list(world.store.onec[catalogs.RATES].values())
    first = datetime(2025, 12, 1, tzinfo=UTC)
    days = [(first + timedelta(days=day)).strftime("%Y-%m-%dT00:00:00") for day in range(355)]
    for currency in {rate["Валюта_Key"] for rate in rates}:
        assert currency in world.store.onec[catalogs.CURRENCIES]
        assert [rate["Period"] for rate in rates if rate["Валюта_Key"] == currency] == days
    assert {rate["Кратность"] for rate in rates} == {"1", "100"}


def test_a_days_rate_does_not_depend_on_where_the_books_begin(world: World) -> None:
    shorter = build_world(seed=8, months=2, scale=0.1, as_of=AS_OF).store.onec[catalogs.RATES]
    assert shorter.items() <= world.store.onec[catalogs.RATES].items()


def test_goods_are_called_in_1c_as_in_the_crm(world: World) -> None:
    crm = world.store.amocrm["elements"].values()
    in_crm = {
        (product["name"].lower(), *(field["values"][0]["value"]
                                    for field in product["custom_fields_values"]))
        for product in crm if product["catalog_id"] == assortment.PRODUCTS
    }  # fmt: skip
    first_prices = {
        price["Номенклатура_Key"]: price["Цена"]
        for price in reversed(world.store.onec[catalogs.PRICES].values())
    }
    in_books = {
        (product["Description"].lower(), product["Code"],
         *([str(first_prices[key])] if key in first_prices else []))
        for key, product in world.store.onec[catalogs.PRODUCTS].items()
    }  # fmt: skip
    assert in_crm == in_books


def test_every_line_sells_goods_the_catalog_has(world: World) -> None:
    products = world.store.onec[catalogs.PRODUCTS].keys()
    for entity in (books.INVOICES, books.SALES, books.RETURNS):
        for document in world.store.onec[entity].values():
            assert {line["Номенклатура_Key"] for line in document["Товары"]} <= products


def test_a_customer_who_was_billed_has_contact_data_of_theirs(world: World) -> None:
    for deal in world.deals.values():
        if not deal.invoices:
            continue
        person = deal.person
        card = world.store.onec[books.COUNTERPARTIES][person.customer.counterparty_key]
        rows = card["КонтактнаяИнформация"]
        assert all(row["Ref_Key"] == card["Ref_Key"] for row in rows)
        assert all(bool(row["НомерТелефона"]) != bool(row["АдресЭП"]) for row in rows)
        if person.customer.inn:
            assert person.customer.phone in {row["НомерТелефона"] for row in rows}


def test_a_company_has_a_contract_since_its_first_invoice(world: World) -> None:
    contracts = {row["Owner_Key"]: row for row in world.store.onec[CONTRACTS].values()}
    for invoice in world.store.onec[books.INVOICES].values():
        customer = world.store.onec[books.COUNTERPARTIES][invoice["Контрагент_Key"]]
        if customer["ИНН"]:
            assert contracts[customer["Ref_Key"]]["Дата"][:10] <= invoice["Date"][:10]
        else:
            assert customer["Ref_Key"] not in contracts


def test_what_comes_back_was_sold_before(world: World) -> None:
    returns = world.store.onec[books.RETURNS].values()
    assert returns
    for document in returns:
        sale = world.store.onec[books.SALES][document["ДокументОтгрузки"]]
        assert document["Date"] > sale["Date"]
        assert document["СуммаДокумента"] <= sale["СуммаДокумента"]
        assert document["Контрагент_Key"] == sale["Контрагент_Key"]


def test_no_cash_is_money_of_customers(world: World) -> None:
    for entity in (books.CASH_RECEIPTS, books.CASH_WRITE_OFFS):
        orders = world.store.onec[entity]
        assert orders
        assert {order["ВидОперации"] for order in orders.values()} <= NOT_SALES
        assert not orders.keys() & world.ledger.payments.keys()
    assert not world.store.onec[books.CARD_OPERATIONS]


def test_a_generous_manager_takes_more_off_the_list_than_the_others(world: World) -> None:
    listed: Counter[int | None] = Counter()
    taken_off: Counter[int | None] = Counter()
    for goods in world.ledger.shipments.values():
        if goods.listed_kopecks is not None:
            listed[goods.manager_id] += goods.listed_kopecks
            taken_off[goods.manager_id] += goods.listed_kopecks - goods.shipped_kopecks
    shares = {manager: taken_off[manager] / total for manager, total in listed.items()}
    generous = {shares.pop(manager) for manager in staff.GENEROUS}
    assert len(shares) > 15
    assert min(generous) > 0.15 > sum(shares.values()) / len(shares)


def test_goods_made_to_order_are_sold_without_a_list_price(world: World) -> None:
    made_to_order = catalogs.PRODUCT_KEY.format(place=prices.MADE_TO_ORDER)
    listed = {price["Номенклатура_Key"] for price in world.store.onec[catalogs.PRICES].values()}
    assert world.store.onec[catalogs.PRODUCTS].keys() - listed == {made_to_order}
    unlisted = {key for key, one in world.ledger.shipments.items() if one.listed_kopecks is None}
    assert len(unlisted) > 20
    assert unlisted == {
        key
        for entity in (books.SALES, books.RETURNS)
        for key, document in world.store.onec[entity].items()
        if document["Товары"][0]["Номенклатура_Key"] == made_to_order
    }
