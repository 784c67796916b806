"""How a 1C base refuses: the vendor's codes in JSON and XML, rights, failures of its own code."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import httpx
import pytest

from demo import accounting_records as books
from demo.world import World, build_world

if TYPE_CHECKING:
    from tests.demo.conftest import DemoServer, ServeDemo

AS_OF = datetime(2026, 11, 20, 9, tzinfo=UTC)
INVOICES = books.INVOICES
M = "{http://schemas.microsoft.com/ado/2007/08/dataservices/metadata}"
KEY = "aaaaaaaa-0000-11f0-0000-000000000001"


def switch(demo: DemoServer, **asked: Any) -> httpx.Response:
    return httpx.post(f"{demo.base_url}/demo/infobase", json=asked)


def code(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["odata.error"]["code"]


@pytest.mark.parametrize(
    ("path", "status", "vendor_code"),
    [
        (f"{INVOICES}(9)?$format=json", 400, "6"),
        ("Document_Misspelt?$format=json", 404, "8"),
        (f"{INVOICES}(guid'{KEY[:-1]}9')?$format=json", 404, "9"),
        (f"{INVOICES}?$format=json&$select=Misspelt", 400, "10"),
        (f"{INVOICES}?$format=json&$filter=Posted is true", 400, "14"),
    ],
)
def test_an_error_may_come_as_xml_to_a_json_client(
    serve_demo: ServeDemo, path: str, status: int, vendor_code: str
) -> None:
    demo = serve_demo()
    assert code(demo.onec(path)) == (status, vendor_code)
    switch(demo, errors_as_xml=True)
    refused = demo.onec(path)
    told = ElementTree.fromstring(refused.text)
    assert (refused.status_code, told.findtext(f"{M}code")) == (status, vendor_code)
    assert told.findtext(f"{M}message")


def test_an_atom_client_gets_its_errors_as_xml(demo: DemoServer) -> None:
    refused = demo.onec("Document_Misspelt")
    assert ElementTree.fromstring(refused.text).findtext(f"{M}code") == "8"


def test_a_wrong_password_is_401_in_either_form(serve_demo: ServeDemo) -> None:
    demo = serve_demo()
    wrong = ("demo", "wrong")
    assert code(demo.onec(INVOICES, auth=wrong)) == (401, "20")
    switch(demo, errors_as_xml=True)
    refused = demo.onec(INVOICES, auth=wrong)
    assert refused.status_code == 401
    assert ElementTree.fromstring(refused.text).findtext(f"{M}code") == "20"


@pytest.mark.parametrize(
    ("refusal", "status", "vendor_code"),
    [("forbidden", 401, "20"), ("failing", 500, "-1"), ("unpublished", 404, "8")],
)
def test_one_entity_is_refused_and_the_others_answer(
    serve_demo: ServeDemo, refusal: str, status: int, vendor_code: str
) -> None:
    demo = serve_demo()
    switch(demo, refusals={INVOICES: refusal})
    assert code(demo.onec(f"{INVOICES}?$format=json")) == (status, vendor_code)
    assert demo.onec(f"{books.SALES}?$format=json").status_code == 200
    switch(demo, refusals={})
    assert demo.onec(f"{INVOICES}?$format=json").status_code == 200


def test_what_is_not_published_is_not_listed(serve_demo: ServeDemo) -> None:
    demo = serve_demo()
    switch(demo, refusals={INVOICES: "unpublished"})
    names = [entity["name"] for entity in demo.onec("?$format=json").json()["value"]]
    assert not [name for name in names if name.startswith(INVOICES)]
    assert INVOICES not in demo.onec("$metadata").text


@pytest.mark.parametrize(
    "asked",
    [{}, {"colour": 1}, {"is_limited": 1}, {"refusals": {INVOICES: "lost"}}, {"refusals": []}],
)
def test_a_switch_that_makes_no_sense_is_refused(serve_demo: ServeDemo, asked: Any) -> None:
    refused = switch(serve_demo(), **asked)
    assert refused.status_code == 400
    assert refused.json()["error"]


# -- A user with limited rights ----------------------------------------------------------------


@pytest.fixture(scope="module")
def world() -> World:
    return build_world(seed=3, months=3, scale=0.4, as_of=AS_OF)


@pytest.fixture
def limited(serve_demo: ServeDemo, world: World) -> DemoServer:
    base = serve_demo(world)
    switch(base, is_limited=True)
    return base


def private(world: World) -> set[str]:
    return {
        key
        for key, card in world.store.onec[books.COUNTERPARTIES].items()
        if card["ЮридическоеФизическоеЛицо"] == "ФизическоеЛицо"
    }


def test_rows_without_a_right_make_an_error_unless_only_the_allowed_are_asked_for(
    limited: DemoServer, world: World
) -> None:
    path = f"{INVOICES}?$format=json&$orderby=Date"
    assert code(limited.onec(path)) == (401, "20")
    rows = limited.onec(f"{path}&allowedOnly=true").json()["value"]
    held = world.store.onec[INVOICES].values()
    visible = [row for row in held if row["Контрагент_Key"] not in private(world)]
    assert len(rows) == len(visible) < len(held)
    assert limited.onec(f"{path}&$allowedOnly=true").json()["value"] == rows


def test_a_filter_that_leaves_only_allowed_rows_needs_no_allowed_only(
    limited: DemoServer, world: World
) -> None:
    customer = next(
        row["Контрагент_Key"]
        for row in world.store.onec[INVOICES].values()
        if row["Контрагент_Key"] not in private(world)
    )
    condition = f"Контрагент_Key eq guid'{customer}'"
    answer = limited.onec(f"{INVOICES}?$format=json&$filter={condition}")
    assert answer.status_code == 200
    assert answer.json()["value"]


def test_parts_catalogs_and_single_objects_are_limited_alike(
    limited: DemoServer, world: World
) -> None:
    hidden = next(iter(private(world)))
    assert code(limited.onec(f"{books.COUNTERPARTIES}(guid'{hidden}')?$format=json")) == (401, "20")
    assert code(limited.onec(f"{INVOICES}_Товары?$format=json")) == (401, "20")
    parts = limited.onec(f"{INVOICES}_Товары?$format=json&allowedOnly=true").json()["value"]
    whole = limited.onec(f"{INVOICES}?$format=json&allowedOnly=true").json()["value"]
    assert {row["Ref_Key"] for row in parts} == {row["Ref_Key"] for row in whole}


def test_a_lost_right_makes_rows_vanish_from_one_page_to_the_next(
    serve_demo: ServeDemo, world: World
) -> None:
    base = serve_demo(world)
    path = f"{INVOICES}/$count?$format=json&allowedOnly=true"
    before = int(base.onec(path).text.lstrip("\ufeff"))
    switch(base, is_limited=True)
    assert int(base.onec(path).text.lstrip("\ufeff")) < before
