"""A replicator nobody here wrote reads the stand-in over real HTTP: `onecdc`, which copies 1C into
a warehouse by full reads and by an exchange plan, in Atom.

Its authors measured live bases; where the stand-in had answered otherwise, it was corrected. Only
its readers run here: its writer and its schedule are no part of an OData client.
"""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from demo import accounting_records as books
from demo.accounting_catalogs import PRICES, RATES
from demo.onec_exchange import EXCHANGE_PLAN, THIS_NODE_KEY, WAREHOUSE_KEY
from demo.world import World, build_world

onecdc = pytest.importorskip(
    "onecdc",
    reason="onecdc is not installed; 1.1 wants croniter below 7: pip install 'onecdc<2'",
)

if TYPE_CHECKING:
    from tests.demo.conftest import DemoServer, ServeDemo

AS_OF = datetime(2026, 11, 20, 9, tzinfo=UTC)
USER = ("demo", "demo")
BREAKDOWN = f"{books.RECEIPTS}_РасшифровкаПлатежа"


@pytest.fixture(scope="module")
def untouched() -> World:
    return build_world(seed=3, months=3, scale=0.3, as_of=AS_OF)


@pytest.fixture
def world(untouched: World) -> World:
    return copy.deepcopy(untouched)


@pytest.fixture
def demo(serve_demo: ServeDemo, world: World) -> DemoServer:
    return serve_demo(world)


@pytest.fixture
def address(demo: DemoServer) -> str:
    return f"{demo.base_url}/onec/odata/standard.odata"


@pytest.fixture
def metadata(address: str) -> Any:
    reader = onecdc.MetadataReader(address, USER)
    reader.get_metadata()
    return reader


@pytest.fixture
def reader(address: str, metadata: Any) -> Any:
    return onecdc.DataReader(address, metadata, USER)


@pytest.fixture
def queue(address: str, metadata: Any) -> Any:
    plan = EXCHANGE_PLAN.removeprefix("ExchangePlan_")
    return onecdc.ChangeReader(address, plan, WAREHOUSE_KEY, metadata, USER)


def happen(demo: DemoServer, name: str) -> dict[str, Any]:
    answer = httpx.post(f"{demo.base_url}/demo/happen", json={"name": name})
    answer.raise_for_status()
    done: dict[str, Any] = answer.json()
    return done


def everything(reader: Any, entity: str, key_fields: list[str]) -> dict[str, list[dict[str, Any]]]:
    """All pages of an entity as the client keeps them: object -> rows."""
    kept: dict[str, list[dict[str, Any]]] = {}
    skip, page = 0, 6
    while True:
        read = reader.read_object(entity, top=page, skip=skip, key_fields=key_fields)
        assert not reader.failed_objects
        for name, data in reader.items():
            kept.setdefault(name, []).extend(data.to_records_mapped())
        if read < page:
            return kept
        skip += page


def test_it_knows_keys_parts_and_registers_from_the_metadata(metadata: Any) -> None:
    assert list(metadata[books.RECEIPTS].primary_key) == ["Ref_Key"]
    assert metadata[BREAKDOWN].is_table_part
    assert metadata[BREAKDOWN].object_key == ["Ref_Key"]
    assert metadata.owner_of(BREAKDOWN) == books.RECEIPTS
    assert metadata[RATES].primary_key == {"Period": "DateTime", "Валюта_Key": "Guid"}
    assert metadata[RATES].object_key is None
    assert metadata[PRICES].object_key == ["Recorder", "Recorder_Type"]


def test_a_full_read_in_pages_has_every_document_and_line_once(reader: Any, world: World) -> None:
    held = world.store.onec[books.RECEIPTS]
    kept = everything(reader, books.RECEIPTS, ["Ref_Key"])
    documents = {str(row["Ref_Key"]): row for row in kept[books.RECEIPTS]}
    assert documents.keys() == held.keys()
    assert len(kept[books.RECEIPTS]) == len(held)
    for key, row in documents.items():
        assert row["СуммаДокумента"] == Decimal(str(held[key]["СуммаДокумента"]))
        assert row["Date"] == datetime.fromisoformat(held[key]["Date"])
        assert row["Posted"] is held[key]["Posted"]
        assert row["Контрагент_Type"] == held[key]["Контрагент_Type"].split(".")[1]
        assert row["ДоговорКонтрагента_Key"] is None
    lines = {(str(row["Ref_Key"]), row["LineNumber"]) for row in kept[BREAKDOWN]}
    assert lines == {
        (key, int(line["LineNumber"]))
        for key, document in held.items()
        for line in document["РасшифровкаПлатежа"]
    }


def test_a_catalog_ordered_by_reference_pages_without_loss(reader: Any, world: World) -> None:
    kept = everything(reader, books.COUNTERPARTIES, ["Ref_Key"])[books.COUNTERPARTIES]
    assert len(kept) == len(world.store.onec[books.COUNTERPARTIES])
    assert {str(row["Ref_Key"]) for row in kept} == world.store.onec[books.COUNTERPARTIES].keys()


def test_registers_are_read_by_record_and_by_record_set(reader: Any, world: World) -> None:
    """It orders record sets by fields they do not have; on live bases that is ignored in silence,
    which the stand-in learnt from this client.
    """
    rates = everything(reader, RATES, ["Period", "Валюта_Key"])[RATES]
    assert len(rates) == len(world.store.onec[RATES])
    assert {row["Кратность"] for row in rates} == {1, 100}
    prices = everything(reader, PRICES, ["Recorder", "Recorder_Type"])[PRICES]
    assert len(prices) == len(world.store.onec[PRICES])
    assert len({(row["Recorder"], row["LineNumber"]) for row in prices}) == len(prices)


def test_it_finds_the_first_and_the_last_date(reader: Any, world: World) -> None:
    dates = [row["Date"] for row in world.store.onec[books.RECEIPTS].values()]
    for newest, expected in ((False, min(dates)), (True, max(dates))):
        found = reader.read_date_bound(books.RECEIPTS, "Date", newest=newest)
        assert found == datetime.fromisoformat(expected)


def test_it_offers_every_node_but_the_bases_own(queue: Any) -> None:
    assert [node["Ref_Key"] for node in queue.available_nodes()] == [WAREHOUSE_KEY]
    queue.queue_guid = THIS_NODE_KEY
    with pytest.raises(ValueError, match="ThisNode"):
        queue.read_changes()


def test_changes_come_until_they_are_confirmed(demo: DemoServer, queue: Any, world: World) -> None:
    queue.read_changes()
    assert queue.entries_read == 0
    payment = happen(demo, "back_date")
    customer = happen(demo, "rename_counterparty")
    for _ in range(2):  # unconfirmed, so the same message again
        queue.read_changes()
        assert (queue.entries_read, queue.message_no) == (2, 1)
        document = queue[books.RECEIPTS].to_records_mapped()[0]
        assert str(document["Ref_Key"]) == payment["payment_ref_key"]
        assert document["Date"] == datetime.fromisoformat(payment["date_after"])
        card = queue[books.COUNTERPARTIES].to_records_mapped()[0]
        assert card["Description"] == customer["name"]
    queue.notify_changes_received()
    queue.read_changes()
    assert (queue.entries_read, queue.message_no) == (0, 2)


def test_a_mark_and_a_register_come_as_changes_too(
    demo: DemoServer, queue: Any, world: World
) -> None:
    happen(demo, "mark_for_deletion")
    price = next(iter(world.store.onec[PRICES].values()))
    price["Цена"] = 77.5
    queue.read_changes()
    document = queue[books.RECEIPTS].to_records_mapped()[0]
    assert (document["DeletionMark"], document["Posted"]) == (True, False)
    prices = {row["LineNumber"]: row["Цена"] for row in queue[PRICES].to_records_mapped()}
    assert prices[int(price["LineNumber"])] == Decimal("77.5")
    assert len(prices) == 15


def test_it_does_not_hear_of_what_was_erased(demo: DemoServer, queue: Any) -> None:
    """Version 1.1.0 reads entries only; the guide sends what was erased as an Atom deleted entry,
    which is what the stand-in does.
    """
    erased = happen(demo, "erase_document")
    queue.read_changes()
    assert queue.entries_read == 0
    root = f"{demo.base_url}/onec/odata/standard.odata"
    point = f"'{root}/{EXCHANGE_PLAN}(guid'{WAREHOUSE_KEY}')'"
    options = {"DataExchangePoint": point, "MessageNo": "1"}
    feed = httpx.post(f"{root}/SelectChanges", params=options, auth=USER).text
    assert f"<at:deleted-entry ref=\"{root}/{books.RECEIPTS}(guid'" in feed
    assert erased["payment_ref_key"] in feed


def test_a_cyrillic_user_is_let_in(serve_demo: ServeDemo, world: World) -> None:
    demo = serve_demo(world, onec_user="Администратор", onec_password="пароль")
    root = f"{demo.base_url}/onec/odata/standard.odata"
    reader = onecdc.MetadataReader(root, ("Администратор", "пароль"))
    reader.get_metadata()
    assert books.RECEIPTS in reader
