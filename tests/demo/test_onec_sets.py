"""What a 1C base publishes: tabular parts and registers as sets of their own, and `$metadata` that
describes exactly what is served.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from xml.etree import ElementTree

import httpx
import pytest

from demo.onec_exchange import EXCHANGE_PLAN
from demo.onec_shapes import edm_type
from demo.world import World, build_world

if TYPE_CHECKING:
    from tests.demo.conftest import DemoServer, ServeDemo

AS_OF = datetime(2026, 11, 20, 9, tzinfo=UTC)
NOMETA = {"$format": "application/json;odata=nometadata"}
RECEIPTS = "Document_ПоступлениеНаРасчетныйСчет"
BREAKDOWN = f"{RECEIPTS}_РасшифровкаПлатежа"
RATES = "InformationRegister_КурсыВалют"
PRICES = "InformationRegister_ЦеныНоменклатуры"
DOLLAR = "0f9e0c1a-5d1b-11ee-9a01-0050568a0840"
EDM = "{http://schemas.microsoft.com/ado/2009/11/edm}"
ATOM = {
    "a": "http://www.w3.org/2005/Atom",
    "d": "http://schemas.microsoft.com/ado/2007/08/dataservices",
    "m": "http://schemas.microsoft.com/ado/2007/08/dataservices/metadata",
}


@pytest.fixture(scope="module")
def world() -> World:
    return build_world(seed=3, months=3, scale=0.2, as_of=AS_OF)


@pytest.fixture
def base(serve_demo: ServeDemo, world: World) -> DemoServer:
    return serve_demo(world)


def rows(base: DemoServer, path: str, **options: Any) -> list[dict[str, Any]]:
    params = NOMETA | {f"${name}": value for name, value in options.items()}
    response = base.onec(quote(path, safe="(),='/"), params=params)
    assert response.status_code == 200, response.text
    listed: list[dict[str, Any]] = response.json()["value"]
    return listed


def one(base: DemoServer, path: str) -> httpx.Response:
    return base.onec(quote(path, safe="(),='/"), params=NOMETA)


def described(base: DemoServer) -> tuple[dict[str, dict[str, str]], dict[str, list[str]]]:
    """The types of `$metadata`: name -> property -> type, and name -> key."""
    answer = base.onec("$metadata")
    assert answer.headers["content-type"].startswith("application/xml")
    schema = ElementTree.fromstring(answer.text)
    types, keys = {}, {}
    for kind in ("EntityType", "ComplexType"):
        for entity in schema.iter(f"{EDM}{kind}"):
            properties = entity.iter(f"{EDM}Property")
            types[entity.attrib["Name"]] = {p.attrib["Name"]: p.attrib["Type"] for p in properties}
            keys[entity.attrib["Name"]] = [
                reference.attrib["Name"] for reference in entity.iter(f"{EDM}PropertyRef")
            ]
    return types, keys


def test_metadata_describes_every_set_that_is_listed(base: DemoServer) -> None:
    listed = [entity["name"] for entity in base.onec("", params=NOMETA).json()["value"]]
    schema = ElementTree.fromstring(base.onec("$metadata").text)
    sets = [entity.attrib["Name"] for entity in schema.iter(f"{EDM}EntitySet")]
    assert sorted(sets) == sorted(listed)
    assert {BREAKDOWN, RATES, PRICES, f"{PRICES}_RecordType", EXCHANGE_PLAN} <= set(listed)


def test_every_row_is_as_metadata_declares_it(base: DemoServer) -> None:
    types, keys = described(base)
    for entity in base.onec("", params=NOMETA).json()["value"]:
        declared = types[entity["name"]]
        for row in rows(base, entity["name"]):
            assert row.keys() == declared.keys(), entity["name"]
            assert all(name in row for name in keys[entity["name"]])
            for name, value in row.items():
                if isinstance(value, list):
                    line = types[declared[name][len("Collection(StandardODATA.") : -1]]
                    assert all(part.keys() <= line.keys() for part in value)
                elif value != "":
                    assert declared[name] == edm_type(name, value), name


def test_an_empty_entity_is_described_like_the_others(base: DemoServer) -> None:
    types, _ = described(base)
    assert types["Document_ОперацияПоПлатежнойКарте"]["СуммаДокумента"] == "Edm.Double"
    assert "СуммаПлатежа" in types["Document_ОперацияПоПлатежнойКарте_РасшифровкаПлатежа"]
    filtered = rows(base, "Document_ОперацияПоПлатежнойКарте", filter="Posted eq true")
    assert filtered == []


def test_rows_of_a_tabular_part_are_a_set_of_their_own(base: DemoServer, world: World) -> None:
    lines = rows(base, BREAKDOWN, orderby="Ref_Key,LineNumber")
    held = [row for receipt in world.store.onec[RECEIPTS].values()
            for row in receipt["РасшифровкаПлатежа"]]  # fmt: skip
    assert sorted(row["Ref_Key"] for row in lines) == sorted(row["Ref_Key"] for row in held)
    line = lines[0]
    address = f"{BREAKDOWN}(Ref_Key=guid'{line['Ref_Key']}',LineNumber=1)"
    assert one(base, address).json() == line


def test_a_column_of_a_tabular_part_can_be_selected(base: DemoServer) -> None:
    row = rows(base, RECEIPTS, select="Number,РасшифровкаПлатежа/СуммаПлатежа", top=1)[0]
    assert row.keys() == {"Number", "РасшифровкаПлатежа"}
    assert [line.keys() for line in row["РасшифровкаПлатежа"]] == [{"СуммаПлатежа"}]


def test_a_rate_is_read_by_its_whole_key(base: DemoServer) -> None:
    key = f"Period=datetime'2026-11-02T00:00:00',Валюта_Key=guid'{DOLLAR}'"
    assert one(base, f"{RATES}({key})").json()["Кратность"] == "1"
    reordered = f"Валюта_Key=guid'{DOLLAR}',Period=datetime'2026-11-02T00:00:00'"
    assert one(base, f"{RATES}({reordered})").status_code == 200


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        (f"{RATES}(Валюта_Key=guid'{DOLLAR}')", 400, "7"),
        (f"{RATES}(guid'{DOLLAR}')", 400, "7"),
        (f"{RATES}(Period=datetime'1999-01-01T00:00:00',Валюта_Key=guid'{DOLLAR}')", 404, "9"),
        (f"{RATES}(Period=datetime'вчера',Валюта_Key=guid'{DOLLAR}')", 400, "6"),
        (f"{RATES}/Balance()", 404, "11"),
        (f"{RECEIPTS}/SliceLast()", 404, "11"),
        (f"{RECEIPTS}_Товары", 404, "8"),
        (f"{RATES}_RecordType", 404, "8"),
    ],
)
def test_addresses_that_lead_nowhere(base: DemoServer, path: str, status: int, code: str) -> None:
    refused = one(base, path)
    assert (refused.status_code, refused.json()["odata.error"]["code"]) == (status, code)


def test_the_last_slice_holds_the_latest_rate_of_every_currency(base: DemoServer) -> None:
    last = rows(base, f"{RATES}/SliceLast()")
    assert len(last) == 4
    assert {row["Period"] for row in last} == {"2026-11-20T00:00:00"}
    first = rows(base, f"{RATES}/SliceFirst()")
    assert {row["Period"] for row in first} == {"2026-09-01T00:00:00"}


@pytest.mark.parametrize(
    "call",
    [
        f"SliceLast(Period=datetime'2026-10-05T12:00:00',Condition='Валюта_Key eq guid'{DOLLAR}'')",
        f"SliceLast?Period=datetime'2026-10-05T12:00:00'&Condition=Валюта_Key eq guid'{DOLLAR}'",
    ],
)
def test_a_slice_takes_a_moment_and_a_condition(base: DemoServer, call: str) -> None:
    path = f"{RATES}/{call}"
    query = "&" if "?" in path else "?"
    response = base.onec(quote(f"{path}{query}$format=json", safe="(),='/?&$:"))
    assert [row["Period"] for row in response.json()["value"]] == ["2026-10-05T00:00:00"]


def test_a_register_of_a_document_comes_as_record_sets_and_as_records(base: DemoServer) -> None:
    sets = rows(base, PRICES)
    records = rows(base, f"{PRICES}_RecordType")
    assert len(sets) < len(records)
    listed = [row for one_set in sets for row in one_set["RecordSet"]]
    assert sorted(listed, key=repr) == sorted(records, key=repr)
    prices = rows(base, f"{PRICES}_RecordType/SliceLast()")
    assert len(prices) == 14
    assert {row["Period"] for row in prices} == {max(row["Period"] for row in records)}


@pytest.mark.parametrize("ordering", ["Recorder", "Recorder desc", "Period", "Misspelt"])
def test_an_order_of_record_sets_is_ignored_in_silence(base: DemoServer, ordering: str) -> None:
    assert rows(base, PRICES, orderby=ordering) == rows(base, PRICES)


def test_an_order_by_a_reference_is_stable_and_not_that_of_its_text(base: DemoServer) -> None:
    ordered = rows(base, "Catalog_Контрагенты", orderby="Ref_Key")
    assert ordered == rows(base, "Catalog_Контрагенты", orderby="Ref_Key")
    names = [row["Description"] for row in ordered]
    assert names == sorted(names)
    keys = [row["Ref_Key"] for row in ordered]
    middle = keys[len(keys) // 2]
    rest = rows(base, "Catalog_Контрагенты", filter=f"Ref_Key gt guid'{middle}'", orderby="Ref_Key")
    assert [row["Ref_Key"] for row in rest] != keys[len(keys) // 2 + 1 :]


def test_atom_is_what_comes_unasked(base: DemoServer, world: World) -> None:
    answer = base.onec(f"{RECEIPTS}?$top=2&$orderby=Date&$inlinecount=allpages")
    feed = ElementTree.fromstring(answer.text)
    assert feed.findtext("m:count", namespaces=ATOM) == str(len(world.store.onec[RECEIPTS]))
    first = feed.findall("a:entry", ATOM)[0]
    assert first.find("a:category", ATOM).attrib["term"] == f"StandardODATA.{RECEIPTS}"
    properties = first.find("a:content/m:properties", ATOM)
    held = world.store.onec[RECEIPTS][properties.findtext("d:Ref_Key", "", ATOM)]
    assert properties.findtext("d:СуммаДокумента", namespaces=ATOM) == str(held["СуммаДокумента"])
    assert properties.findtext("d:Posted", namespaces=ATOM) == str(held["Posted"]).lower()
    lines = properties.findall("d:РасшифровкаПлатежа/d:element", ATOM)
    assert len(lines) == len(held["РасшифровкаПлатежа"])
    assert lines[0].find("d:Ref_Key", ATOM) is None


def test_one_object_comes_as_an_entry(base: DemoServer, world: World) -> None:
    key = next(iter(world.store.onec[RECEIPTS]))
    entry = ElementTree.fromstring(base.onec(f"{RECEIPTS}(guid'{key}')").text)
    assert entry.tag == "{http://www.w3.org/2005/Atom}entry"
    assert entry.findtext("a:content/m:properties/d:Ref_Key", namespaces=ATOM) == key
