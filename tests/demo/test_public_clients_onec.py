"""A client of 1C's OData nobody here wrote reads the stand-in over real HTTP: `python-1c-odata`.

It is the check that the stand-in and the product do not share one misreading. Where the client
disagrees with the stand-in, the test says who is taken to be right and why.
"""

from __future__ import annotations

import asyncio
import copy
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

import httpx
import pytest

from demo import accounting_records as books
from demo.accounting_catalogs import RATES, currency_key
from demo.world import World, build_world

onec = pytest.importorskip("python_1c_odata", reason="dependency group `clients` is not installed")

if TYPE_CHECKING:
    from tests.demo.conftest import DemoServer, ServeDemo

AS_OF = datetime(2026, 11, 20, 9, tzinfo=UTC)
RECEIPTS = books.RECEIPTS.removeprefix("Document_")
DOLLAR = currency_key("840")
Answer = TypeVar("Answer")


@pytest.fixture(scope="module")
def untouched() -> World:
    return build_world(seed=3, months=3, scale=0.3, as_of=AS_OF)


@pytest.fixture
def world(untouched: World) -> World:
    return copy.deepcopy(untouched)


@pytest.fixture
def demo(serve_demo: ServeDemo, world: World) -> DemoServer:
    return serve_demo(world)


def ask(demo: DemoServer, question: Callable[[Any], Awaitable[Answer]], **options: Any) -> Answer:
    """What the client answers; `options` of its base."""

    async def asked() -> Answer:
        credentials = {"username": "demo", "password": "demo"} | options
        async with onec.Infobase(demo.base_url, "onec", **credentials) as base:
            return await question(base)

    return asyncio.run(asked())


async def gathered(rows: AsyncIterator[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row async for row in rows]


def receipts(base: Any) -> Any:
    return onec.Document(base, RECEIPTS)


def plain(row: dict[str, Any]) -> dict[str, Any]:
    """Without the links that come with metadata."""
    return {name: value for name, value in row.items() if "@" not in name}


def test_it_understands_the_metadata(demo: DemoServer, world: World) -> None:
    sets = ask(demo, lambda base: base.entity_sets())
    listed = demo.onec("?$format=json").json()["value"]
    assert sets == [entity["name"] for entity in listed]

    described = ask(demo, lambda base: base.entity_type_for_set(books.RECEIPTS))
    assert described.keys == ("Ref_Key",)
    held = next(iter(world.store.onec[books.RECEIPTS].values()))
    assert {one.name for one in described.properties} == held.keys()
    rates = ask(demo, lambda base: base.entity_type_for_set(RATES))
    assert rates.keys == ("Period", "Валюта_Key")


def test_pages_in_order_hold_every_row_once(demo: DemoServer, world: World) -> None:
    rows = ask(
        demo, lambda base: gathered(receipts(base).iterate(page_size=7, orderby="Date,Ref_Key"))
    )
    held = world.store.onec[books.RECEIPTS]
    assert {row["Ref_Key"]: plain(row) for row in rows} == held
    assert len(rows) == len(held)
    assert [row["Date"] for row in rows] == sorted(row["Date"] for row in held.values())


def test_pages_without_an_order_lose_rows(demo: DemoServer, world: World) -> None:
    rows = ask(demo, lambda base: gathered(receipts(base).iterate(page_size=7)))
    assert {row["Ref_Key"] for row in rows} < world.store.onec[books.RECEIPTS].keys()


def test_it_counts_through_the_inline_count(demo: DemoServer, world: World) -> None:
    """It asks for no row and the count beside. The vendor writes that an inline count makes `$top`
    ignored; if that is meant of the rows too, the client's count is the same.
    """
    posted = ask(demo, lambda base: receipts(base).count(odata_filter=onec.F("Posted").eq(True)))
    assert posted == sum(row["Posted"] for row in world.store.onec[books.RECEIPTS].values())


FILTERS: dict[str, tuple[Callable[[Any], Any], Callable[[dict[str, Any]], bool]]] = {
    "a date and a flag": (
        lambda field: (field("Date") >= "datetime'2026-10-15T00:00:00'") & field("Posted").eq(True),
        lambda row: row["Date"] >= "2026-10-15" and row["Posted"],
    ),
    "one or the other": (
        lambda field: field("Number").startswith("0000-7") | (field("СуммаДокумента") > 200_000),
        lambda row: row["Number"].startswith("0000-7") or row["СуммаДокумента"] > 200_000,
    ),
    "a part of a text, denied": (
        lambda field: ~field("НазначениеПлатежа").contains("Оплата"),
        lambda row: "Оплата" not in row["НазначениеПлатежа"],
    ),
    "any line": (
        lambda field: field("РасшифровкаПлатежа").any(field("СуммаПлатежа") > 100_000),
        lambda row: any(line["СуммаПлатежа"] > 100_000 for line in row["РасшифровкаПлатежа"]),
    ),
    "the type of a composite property": (
        lambda field: field("Контрагент").isof("Catalog_Организации"),
        lambda row: row["Контрагент_Type"] == "StandardODATA.Catalog_Организации",
    ),
}


@pytest.mark.parametrize("name", FILTERS)
def test_its_filters_choose_what_they_say(demo: DemoServer, world: World, name: str) -> None:
    condition, ours = FILTERS[name]
    rows = ask(demo, lambda base: receipts(base).query(odata_filter=condition(onec.F))).value
    held = world.store.onec[books.RECEIPTS]
    expected = {key for key, row in held.items() if ours(row)}
    assert {row["Ref_Key"] for row in rows} == expected
    assert 0 < len(expected) < len(held)


def test_a_composite_property_is_found_by_cast_and_never_directly(
    demo: DemoServer, world: World
) -> None:
    held = world.store.onec[books.RECEIPTS].values()
    payer = next(row["Контрагент"] for row in held)
    reference, field = f"guid'{payer}'", onec.F("Контрагент")
    found = ask(
        demo,
        lambda base: receipts(base).query(
            odata_filter=field == onec.filter.cast(reference, "Catalog_Контрагенты")
        ),
    ).value
    assert len(found) == sum(row["Контрагент"] == payer for row in held) > 0
    assert ask(demo, lambda base: receipts(base).query(odata_filter=field == reference)).value == []


def test_it_selects_properties(demo: DemoServer) -> None:
    page = ask(
        demo, lambda base: receipts(base).query(select=["Ref_Key", "DataVersion", "Posted"], top=3)
    )
    assert all(plain(row).keys() == {"Ref_Key", "DataVersion", "Posted"} for row in page.value)
    whole = ask(demo, lambda base: receipts(base).query(select="**", top=1)).value[0]
    assert "РасшифровкаПлатежа" not in whole


def test_it_reads_one_object_by_its_key(demo: DemoServer, world: World) -> None:
    key, held = next(iter(world.store.onec[books.RECEIPTS].items()))
    row = ask(demo, lambda base: receipts(base).get(key))
    row.pop("odata.metadata")
    assert plain(row) == held


def test_it_reads_registers_by_key_and_in_slices(demo: DemoServer) -> None:
    def rates(base: Any) -> Any:
        return onec.InformationRegister(base, "КурсыВалют")

    key = {"Period": "datetime'2026-11-02T00:00:00'", "Валюта_Key": DOLLAR}
    rate = ask(demo, lambda base: rates(base).get(key))
    condition = onec.F("Валюта_Key") == f"guid'{DOLLAR}'"
    moment = "2026-11-02T15:00:00"
    sliced = ask(demo, lambda base: rates(base).slice_last(moment, condition))["value"]
    assert [row["Курс"] for row in sliced] == [rate["Курс"]]
    assert len(ask(demo, lambda base: rates(base).slice_first())["value"]) == 4

    def prices(base: Any) -> Any:
        return onec.InformationRegister(base, "ЦеныНоменклатуры", record_type=True)

    assert len(ask(demo, lambda base: prices(base).slice_last())["value"]) == 14


def test_atom_tells_it_the_same_as_json(demo: DemoServer) -> None:
    """All but the tabular parts: version 0.6.0 does not read rows of Atom and gives "" for them.
    1C writes them as `d:element`s of a typed collection, which another client reads from it.
    """

    def page(base: Any) -> Any:
        return receipts(base).query(orderby="Date", select="**", top=5)

    as_json = ask(demo, page).value
    as_atom = ask(demo, page, format="atom").value
    for atom_row, json_row in zip(as_atom, as_json, strict=True):
        written = {
            name: str(value).lower() if isinstance(value, bool) else str(value)
            for name, value in plain(json_row).items()
        }
        assert atom_row == written


def test_what_is_not_there_is_not_found(demo: DemoServer) -> None:
    with pytest.raises(onec.EntityNotFound) as refused:
        ask(demo, lambda base: receipts(base).get("aaaaaaaa-0000-11f0-0000-000000000009"))
    assert refused.value.internal_code == "9"
    with pytest.raises(onec.EntityNotFound) as refused:
        ask(demo, lambda base: onec.Document(base, "Misspelt").query())
    assert refused.value.internal_code == "8"


def test_any_access_problem_is_401(demo: DemoServer) -> None:
    """The client expects 403 for a missing right; the vendor's guide says 401, and so do we."""
    with pytest.raises(onec.ODataError) as refused:
        ask(demo, lambda base: receipts(base).query(), password="wrong")
    assert (refused.value.status, refused.value.internal_code) == (401, "20")


@pytest.mark.parametrize("as_xml", [False, True])
def test_its_errors_carry_the_vendors_code_in_either_form(demo: DemoServer, as_xml: bool) -> None:
    switch = {"errors_as_xml": as_xml}
    httpx.post(f"{demo.base_url}/demo/infobase", json=switch).raise_for_status()
    with pytest.raises(onec.ODataError) as refused:
        ask(demo, lambda base: receipts(base).query(odata_filter="Posted is true"))
    assert (refused.value.status, refused.value.internal_code) == (400, "14")


def test_a_limited_user_reads_what_is_allowed(demo: DemoServer) -> None:
    httpx.post(f"{demo.base_url}/demo/infobase", json={"is_limited": True}).raise_for_status()
    with pytest.raises(onec.ODataError) as refused:
        ask(demo, lambda base: receipts(base).query())
    assert refused.value.status == 401
    assert ask(demo, lambda base: receipts(base).query(allowed_only=True)).value


def test_it_erases_whatever_version_it_thinks_it_erases(demo: DemoServer, world: World) -> None:
    """The client knows 412 for a version that changed, as the guide promises; live bases were seen
    to ignore `If-Match`, and so does the stand-in.
    """
    key = next(iter(world.store.onec[books.RECEIPTS]))
    ask(demo, lambda base: receipts(base).delete(key, if_match="AAAAAAAAAAA="))
    assert key not in world.store.onec[books.RECEIPTS]
