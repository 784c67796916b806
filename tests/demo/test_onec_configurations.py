"""The same books under the names of УТ 11 and УНФ: nothing is lost, nothing is invented."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from demo import accounting_records as books
from demo.onec_configurations import CONFIGURATIONS
from demo.settings import ONEC_CONFIGURATIONS
from demo.world import World, build_world

if TYPE_CHECKING:
    from tests.demo.conftest import DemoServer, ServeDemo

AS_OF = datetime(2026, 11, 20, 9, tzinfo=UTC)
NOMETA = {"$format": "application/json;odata=nometadata"}
ORDERS = {
    "accounting_3": books.INVOICES,
    "trade_11": "Document_ЗаказКлиента",
    "unf": "Document_ЗаказПокупателя",
}
RECEIPTS = {
    "accounting_3": books.RECEIPTS,
    "trade_11": "Document_ПоступлениеБезналичныхДенежныхСредств",
    "unf": "Document_ПоступлениеНаСчет",
}
WRITE_OFFS = {
    "accounting_3": books.WRITE_OFFS,
    "trade_11": "Document_СписаниеБезналичныхДенежныхСредств",
    "unf": "Document_РасходСоСчета",
}
SALES = {
    "accounting_3": books.SALES,
    "trade_11": books.SALES,
    "unf": "Document_РасходнаяНакладная",
}
COUNTERPARTIES = dict.fromkeys(ONEC_CONFIGURATIONS, books.COUNTERPARTIES)
NAMES = {
    books.INVOICES: ORDERS,
    books.RECEIPTS: RECEIPTS,
    books.WRITE_OFFS: WRITE_OFFS,
    books.SALES: SALES,
    books.COUNTERPARTIES: COUNTERPARTIES,
}


@pytest.fixture(scope="module")
def world() -> World:
    return build_world(seed=3, months=3, scale=0.2, as_of=AS_OF)


def read(base: DemoServer, entity: str, **options: str) -> dict[str, dict[str, Any]]:
    """Rows by their reference."""
    params = NOMETA | {f"${name}": value for name, value in options.items()}
    answer = base.onec(entity, params=params)
    assert answer.status_code == 200, answer.text
    return {row["Ref_Key"]: row for row in answer.json()["value"]}


def names(base: DemoServer) -> set[str]:
    return {entity["name"] for entity in base.onec("", params=NOMETA).json()["value"]}


def test_settings_and_views_know_the_same_configurations() -> None:
    assert tuple(CONFIGURATIONS) == ONEC_CONFIGURATIONS


@pytest.mark.parametrize("configuration", ONEC_CONFIGURATIONS)
def test_every_document_is_there_under_its_name(
    serve_demo: ServeDemo, world: World, configuration: str
) -> None:
    base = serve_demo(world, onec_configuration=configuration)
    for entity, spelt in NAMES.items():
        rows = read(base, spelt[configuration])
        held = world.store.onec[entity]
        assert rows.keys() == held.keys(), spelt[configuration]
        for key, row in rows.items():
            for name in ("DataVersion", "DeletionMark", "Number", "Date", "Posted", "Code", "ИНН"):
                assert row.get(name) == held[key].get(name)


@pytest.mark.parametrize("configuration", ["trade_11", "unf"])
def test_names_of_another_configuration_are_not_there(
    serve_demo: ServeDemo, world: World, configuration: str
) -> None:
    published = names(serve_demo(world, onec_configuration=configuration))
    others = {
        spelt[other]
        for spelt in NAMES.values()
        for other in ONEC_CONFIGURATIONS
        if spelt[other] != spelt[configuration]
    }
    assert not published & others


@pytest.mark.parametrize("configuration", ONEC_CONFIGURATIONS)
def test_every_row_has_the_properties_of_its_metadata(
    serve_demo: ServeDemo, world: World, configuration: str
) -> None:
    base = serve_demo(world, onec_configuration=configuration)
    metadata = base.onec("$metadata").text
    for entity in names(base):
        answer = base.onec(entity, params=NOMETA | {"$top": "50"})
        for row in answer.json()["value"]:
            assert [name for name in row if f'Name="{name}"' not in metadata] == [], entity


def test_trade_names_its_money_and_the_order_it_settles(
    serve_demo: ServeDemo, world: World
) -> None:
    base = serve_demo(world, onec_configuration="trade_11")
    held = world.store.onec[books.RECEIPTS]
    for key, row in read(base, RECEIPTS["trade_11"]).items():
        line, was = row["РасшифровкаПлатежа"][0], held[key]["РасшифровкаПлатежа"][0]
        assert line["Сумма"] == was["СуммаПлатежа"]
        assert line["ОбъектРасчетов_Key"] == was["СчетНаОплату_Key"]
        assert row["ПроведеноБанком"] == row["Posted"]
        assert "ВидОперации" not in row
    kinds = {row["ХозяйственнаяОперация"] for row in read(base, RECEIPTS["trade_11"]).values()}
    assert "ПоступлениеОплатыОтКлиента" in kinds
    settled = read(base, "Catalog_ОбъектыРасчетов")
    orders = read(base, ORDERS["trade_11"])
    assert settled.keys() == orders.keys()
    assert {row["Объект"] for row in settled.values()} == orders.keys()


def test_trade_has_a_partner_for_every_counterparty(serve_demo: ServeDemo, world: World) -> None:
    base = serve_demo(world, onec_configuration="trade_11")
    partners = read(base, "Catalog_Партнеры")
    cards = read(base, books.COUNTERPARTIES)
    assert {card["Партнер_Key"] for card in cards.values()} == partners.keys()
    customers = {order["Партнер_Key"] for order in read(base, ORDERS["trade_11"]).values()}
    assert customers <= partners.keys()


def test_trade_can_be_filtered_by_its_own_names(serve_demo: ServeDemo, world: World) -> None:
    base = serve_demo(world, onec_configuration="trade_11")
    wanted = "ХозяйственнаяОперация eq 'ПоступлениеОплатыОтКлиента'"
    paid = read(base, RECEIPTS["trade_11"], filter=wanted)
    held = world.store.onec[books.RECEIPTS].values()
    assert len(paid) == sum(row["ВидОперации"] == "ОплатаПокупателя" for row in held)
    assert read(base, RECEIPTS["trade_11"], filter="ВидОперации eq 'ОплатаПокупателя'") == {}


def test_unf_writes_the_sum_of_an_order_as_text_and_its_goods_as_stock(
    serve_demo: ServeDemo, world: World
) -> None:
    base = serve_demo(world, onec_configuration="unf")
    for key, order in read(base, ORDERS["unf"]).items():
        held = world.store.onec[books.INVOICES][key]
        assert float(order["СуммаДокумента"]) == held["СуммаДокумента"]
        assert isinstance(order["СуммаДокумента"], str)
        assert len(order["Запасы"]) == len(held["Товары"])
        assert order["СостояниеЗаказа_Type"].startswith("StandardODATA.Catalog_")


def test_unf_points_at_orders_through_a_composite_property(
    serve_demo: ServeDemo, world: World
) -> None:
    base = serve_demo(world, onec_configuration="unf")
    orders = read(base, ORDERS["unf"])
    for receipt in read(base, RECEIPTS["unf"]).values():
        for line in receipt["РасшифровкаПлатежа"]:
            if line["Заказ_Type"] == "StandardODATA.Undefined":
                assert line["Заказ"] == ""
            else:
                assert line["Заказ_Type"] == f"StandardODATA.{ORDERS['unf']}"
                assert line["Заказ"] in orders
    for sale in read(base, SALES["unf"]).values():
        assert sale["Заказ"] in orders
