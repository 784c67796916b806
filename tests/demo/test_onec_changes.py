"""A 1C base that changes while it is read: every write has a new version, pages drift, objects are
erased, and an exchange plan tells of it all.
"""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from xml.etree import ElementTree

import httpx
import pytest

from demo import accounting_records as books
from demo.accounting_catalogs import PRICES, RATES
from demo.onec_exchange import EXCHANGE_PLAN, THIS_NODE_KEY, WAREHOUSE_KEY
from demo.world import World, build_world

if TYPE_CHECKING:
    from tests.demo.conftest import DemoServer, ServeDemo

AS_OF = datetime(2026, 11, 20, 9, tzinfo=UTC)
RECEIPTS = books.RECEIPTS
ATOM = "{http://www.w3.org/2005/Atom}"
DELETED = "{http://purl.org/atompub/tombstones/1.0}deleted-entry"


@pytest.fixture(scope="module")
def untouched() -> World:
    return build_world(seed=3, months=3, scale=0.2, as_of=AS_OF)


@pytest.fixture
def world(untouched: World) -> World:
    return copy.deepcopy(untouched)


@pytest.fixture
def base(serve_demo: ServeDemo, world: World) -> DemoServer:
    return serve_demo(world)


def happen(base: DemoServer, name: str) -> dict[str, Any]:
    answer = httpx.post(f"{base.base_url}/demo/happen", json={"name": name})
    answer.raise_for_status()
    done: dict[str, Any] = answer.json()
    return done


def versions(base: DemoServer) -> dict[str, str]:
    params = {"$format": "application/json;odata=nometadata", "$select": "Ref_Key,DataVersion"}
    rows = base.onec(RECEIPTS, params=params).json()["value"]
    return {row["Ref_Key"]: row["DataVersion"] for row in rows}


# -- Versions and drift ------------------------------------------------------------------------


def test_every_act_gives_a_version_the_document_never_had(base: DemoServer) -> None:
    seen: set[str] = set()
    key = ""
    for act in ("unpost", "repost", "mark_for_deletion", "repost", "back_date"):
        done = happen(base, act)
        key = key or done["payment_ref_key"]
        assert done["payment_ref_key"] == key
        version = versions(base)[key]
        assert version not in seen
        seen.add(version)


def test_an_act_may_fall_between_two_pages(base: DemoServer) -> None:
    page = {"$format": "json", "$orderby": "Date,Ref_Key", "$top": "5"}
    planted = {
        "path": f"/onec/odata/standard.odata/{RECEIPTS}",
        "kind": "happen",
        "happening": "back_date",
        "skip": 1,
    }
    httpx.post(f"{base.base_url}/demo/faults", json=planted).raise_for_status()
    first = base.onec(RECEIPTS, params=page).json()["value"]
    second = base.onec(RECEIPTS, params=page | {"$skip": "5"}).json()["value"]
    # What was dated before the first page pushed one row of it onto the second.
    assert [row["Ref_Key"] for row in second].count(first[-1]["Ref_Key"]) == 1


# -- Erasing -----------------------------------------------------------------------------------


def delete(base: DemoServer, path: str, **headers: str) -> httpx.Response:
    address = f"{base.base_url}/onec/odata/standard.odata/{path}"
    return httpx.delete(address, auth=("demo", "demo"), headers=headers)


def test_erasing_removes_for_good_whatever_if_match_says(base: DemoServer) -> None:
    key = min(versions(base))
    address = f"{RECEIPTS}(guid'{key}')"
    assert delete(base, address, **{"If-Match": "AAAAAAAAAAA="}).status_code == 204
    assert key not in versions(base)
    gone = base.onec(f"{address}?$format=json")
    assert (gone.status_code, gone.json()["odata.error"]["code"]) == (404, "9")
    assert delete(base, address).status_code == 404


@pytest.mark.parametrize(
    "path", [RECEIPTS, f"{RECEIPTS}/$count", f"{EXCHANGE_PLAN}(guid'{THIS_NODE_KEY}')"]
)
def test_only_an_object_can_be_erased(base: DemoServer, path: str) -> None:
    assert delete(base, path).status_code == 405


def test_other_ways_of_writing_are_refused(base: DemoServer) -> None:
    address = f"{base.base_url}/onec/odata/standard.odata/{RECEIPTS}?$format=json"
    refused = httpx.post(address, auth=("demo", "demo"), json={})
    assert (refused.status_code, refused.json()["odata.error"]["code"]) == (405, "19")


# -- The exchange plan -------------------------------------------------------------------------


def call(base: DemoServer, function: str, message_no: int | str, node: str = WAREHOUSE_KEY) -> Any:
    root = f"{base.base_url}/onec/odata/standard.odata"
    point = quote(f"'{root}/{EXCHANGE_PLAN}(guid'{node}')'", safe="'/:()")
    query = f"DataExchangePoint={point}&MessageNo={message_no}"
    return httpx.post(f"{root}/{function}?{query}", auth=("demo", "demo"))


def changes(base: DemoServer, message_no: int) -> tuple[set[str], set[str]]:
    """Addresses of changed and of deleted objects in a message, without the server's root."""
    answer = call(base, "SelectChanges", message_no)
    assert answer.status_code == 200, answer.text
    feed = ElementTree.fromstring(answer.text)
    return (
        {entry.findtext(f"{ATOM}id", "").rpartition("/")[2] for entry in feed.iter(f"{ATOM}entry")},
        {entry.attrib["ref"].rpartition("/")[2] for entry in feed.iter(DELETED)},
    )


def node(base: DemoServer) -> dict[str, Any]:
    row: dict[str, Any] = base.onec(f"{EXCHANGE_PLAN}(guid'{WAREHOUSE_KEY}')?$format=json").json()
    return row


def test_nothing_is_registered_before_anything_changed(base: DemoServer) -> None:
    assert changes(base, 1) == (set(), set())


def test_changed_and_erased_objects_come_until_they_are_confirmed(base: DemoServer) -> None:
    key = happen(base, "unpost")["payment_ref_key"]
    customer = happen(base, "rename_counterparty")["counterparty_key"]
    expected = {f"{RECEIPTS}(guid'{key}')", f"{books.COUNTERPARTIES}(guid'{customer}')"}
    assert changes(base, 1) == (expected, set())
    assert changes(base, 1) == (expected, set())
    erased = happen(base, "erase_document")["payment_ref_key"]
    assert changes(base, 2) == (expected, {f"{RECEIPTS}(guid'{erased}')"})
    assert call(base, "NotifyChangesReceived", 2).status_code == 200
    assert changes(base, 3) == (set(), set())
    assert (node(base)["SentNo"], node(base)["ReceivedNo"]) == ("3", "2")


def test_an_object_written_again_before_the_confirmation_comes_again(base: DemoServer) -> None:
    key = happen(base, "unpost")["payment_ref_key"]
    changes(base, 1)
    assert happen(base, "repost")["payment_ref_key"] == key
    call(base, "NotifyChangesReceived", 1)
    assert changes(base, 2) == ({f"{RECEIPTS}(guid'{key}')"}, set())


def test_a_confirmation_of_an_older_message_leaves_what_was_sent_later(base: DemoServer) -> None:
    happen(base, "unpost")
    changes(base, 1)
    happen(base, "rename_counterparty")
    later = changes(base, 2)
    call(base, "NotifyChangesReceived", 1)
    assert changes(base, 3) == later


def test_registers_are_exchanged_by_record_and_by_record_set(
    base: DemoServer, world: World
) -> None:
    rate = next(iter(world.store.onec[RATES].values()))
    price = next(iter(world.store.onec[PRICES].values()))
    rate["Курс"], price["Цена"] = 1.5, 2.5
    period = rate["Period"]
    recorder = f"Recorder=guid'{price['Recorder']}',Recorder_Type='{price['Recorder_Type']}'"
    assert changes(base, 1) == (
        {
            f"{RATES}(Period=datetime'{period}',Валюта_Key=guid'{rate['Валюта_Key']}')",
            f"{PRICES}({recorder})",
        },
        set(),
    )


@pytest.mark.parametrize(
    ("message_no", "key", "status"),
    [("7", WAREHOUSE_KEY, 400), ("1", THIS_NODE_KEY, 400), ("x", WAREHOUSE_KEY, 400),
     ("1", "aaaaaaaa-0000-11f0-0000-000000000009", 404)],
)  # fmt: skip
def test_a_confirmation_that_fits_no_message_is_refused(
    base: DemoServer, message_no: str, key: str, status: int
) -> None:
    changes(base, 1)
    assert call(base, "NotifyChangesReceived", message_no, key).status_code == status


@pytest.mark.parametrize("query", ["MessageNo=1", "DataExchangePoint='x'"])
def test_a_call_without_its_arguments_is_refused(base: DemoServer, query: str) -> None:
    address = f"{base.base_url}/onec/odata/standard.odata/SelectChanges?{query}"
    refused = httpx.post(address, auth=("demo", "demo"))
    assert refused.status_code == 400
    assert "<m:code>12</m:code>" in refused.text
