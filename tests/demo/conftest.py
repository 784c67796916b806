"""A store small enough to read, and the stand-ins serving it over real HTTP on loopback."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp

from demo.happen import happen
from demo.picks import NothingFitsError
from demo.server import Hosted, create_app
from demo.settings import ServerSettings
from demo.store import Store, empty_store
from demo.world import World, build_world

T0 = 1_767_225_600  # 2026-01-01T00:00:00Z
AS_OF = datetime(2026, 1, 2, tzinfo=UTC)
NO_KEY = "00000000-0000-0000-0000-000000000000"
CUSTOMER = "aaaaaaaa-0000-11f0-0000-0000000000c1"


@dataclass
class DemoServer:
    """A running stand-in and a way to reach it. `clock.now` is the seconds its clock shows."""

    store: Store
    base_url: str
    clock: "HandClock"
    happened: list[tuple[str, datetime]]

    def crm(self, path: str, **options: Any) -> httpx.Response:
        headers = {"Authorization": "Bearer demo-token"} | options.pop("headers", {})
        return httpx.get(f"{self.base_url}/amocrm/api/v4/{path}", headers=headers, **options)

    def bitrix24(self, method: str, /, **params: Any) -> httpx.Response:
        """Calls a method through the webhook, parameters as JSON."""
        address = f"{self.base_url}/bitrix24/rest/9100/demo-webhook/{method}"
        return httpx.post(address, json=params)

    def desk(self, path: str, body: Any = None, method: str = "POST") -> Any:
        """What the control desk answers to `/demo/<path>`; it must not refuse."""
        response = httpx.request(method, f"{self.base_url}/demo/{path}", json=body)
        assert response.status_code == 200, response.text
        return response.json()

    def onec(self, path: str, **options: Any) -> httpx.Response:
        options.setdefault("auth", ("demo", "demo"))
        address = f"{self.base_url}/onec/odata/standard.odata/{path}"
        return httpx.get(address, **options)


class HandClock:
    """A clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


ServeDemo = Callable[..., DemoServer]
ServeApp = Callable[[ASGIApp], AbstractContextManager[str]]
"""The fixture `loopback`: serves an application and gives its address."""


@pytest.fixture(scope="session")
def company_world() -> World:
    """Three months of a fifth of the company: several pages of everything."""
    return build_world(seed=3, months=3, scale=0.2, as_of=datetime(2026, 11, 20, 9, tzinfo=UTC))


@pytest.fixture(scope="session")
def demo(loopback: ServeApp) -> Iterator[DemoServer]:
    """One server of the small store for all tests that only read."""
    with _serving(loopback, small_store()) as served:
        yield served


@pytest.fixture
def serve_demo(loopback: ServeApp) -> Iterator[ServeDemo]:
    """Serves a test's own company: a fresh small store unless given a world, with any settings."""
    with ExitStack() as stack:
        yield lambda world=None, **settings: stack.enter_context(
            _serving(loopback, small_store() if world is None else world.store, world, **settings)
        )


@contextmanager
def _serving(
    loopback: ServeApp, store: Store, world: World | None = None, **settings: Any
) -> Iterator[DemoServer]:
    demo = DemoServer(store=store, base_url="", clock=HandClock(), happened=[])
    hosted = Hosted(
        store=store,
        ledger=lambda: {"leads": ["лид"]},
        happen=partial(_happen, demo) if world is None else partial(happen, world),
        as_of=AS_OF if world is None else world.as_of,
    )
    generous = ServerSettings(**{"requests_per_second": 100_000, **settings})
    with loopback(create_app(hosted, generous, clock=demo.clock)) as demo.base_url:
        yield demo


def _happen(demo: DemoServer, name: str, now: datetime) -> dict[str, Any]:
    if name == "payment":
        raise NothingFitsError("Nothing waits for money.")
    if name != "new_lead":
        raise ValueError(f"Nothing called {name!r} can happen.")
    lead_id = max(demo.store.amocrm["leads"]) + 1
    demo.store.amocrm["leads"][lead_id] = lead(lead_id, int(now.timestamp()))
    demo.happened.append((name, now))
    return {"name": name, "lead_id": lead_id}


def small_store() -> Store:
    """Five leads one minute apart, their surroundings, and five 1C documents."""
    store = empty_store()
    crm = store.amocrm
    crm["groups"] = {0: {"id": 0, "name": "Отдел продаж"}, 11: {"id": 11, "name": "Отдел опта"}}
    crm["users"] = {9101: user(9101, 11), 9102: user(9102, None)}
    crm["loss_reasons"] = {501: {"id": 501, "name": "Дорого", "sort": 10}}
    crm["pipelines"] = {3100: pipeline(3100, 1), 3300: pipeline(3300, 2)}
    crm["leads"] = {id_: lead(id_, T0 + 60 * number) for number, id_ in enumerate(range(1, 6))}
    crm["leads"][2] |= {"status_id": 143, "loss_reason_id": 501, "closed_at": T0 + 60}
    crm["contacts"] = {21: named(21, companies=[{"id": 31}])}
    crm["companies"] = {31: named(31)}
    crm["custom_fields/leads"] = {
        7001: {"id": 7001, "name": "Источник", "sort": 1, "type": "select"}
    }
    crm["tasks"] = {
        41: task(41, is_completed=True, result={"text": "Готово"}),
        42: task(42, is_completed=False, result=[]),
    }
    crm["notes/leads"] = {51: note(51, "call_in"), 52: note(52, "common")}
    crm["unsorted"] = {"u1": unsorted("u1", "forms"), "u2": unsorted("u2", "sip")}
    crm["events"] = {f"e{number:03}": event(number) for number in range(250)}
    store.deleted_leads = {9: lead(9, T0) | {"is_deleted": True, "updated_at": T0 + 500}}
    for number in range(1, 6):
        document = invoice(number)
        store.onec["Document_СчетНаОплатуПокупателю"][document["Ref_Key"]] = document
    return store


def lead(id_: int, updated_at: int) -> dict[str, Any]:
    return {
        "id": id_,
        "name": f"Сделка {id_}",
        "price": 1000 * id_,
        "responsible_user_id": 9101,
        "status_id": 31002,
        "pipeline_id": 3100,
        "loss_reason_id": None,
        "source_id": None,
        "created_by": 0,
        "updated_by": 9101,
        "created_at": T0,
        "updated_at": updated_at,
        "closed_at": None,
        "is_deleted": False,
        "custom_fields_values": None,
        "_embedded": {
            "tags": [{"id": 61, "name": "тест"}],
            "companies": [{"id": 31}],
            "contacts": [{"id": 21, "is_main": True}],
        },
    }


def user(id_: int, group_id: int | None) -> dict[str, Any]:
    return {"id": id_, "name": "Имя", "rights": {"group_id": group_id, "is_active": True}}


def pipeline(id_: int, sort: int) -> dict[str, Any]:
    statuses = [{"id": status, "pipeline_id": id_, "sort": status} for status in (142, 143)]
    return {"id": id_, "name": "Воронка", "sort": sort, "_embedded": {"statuses": statuses}}


def named(id_: int, **embedded: Any) -> dict[str, Any]:
    return {
        "id": id_,
        "name": "Имя",
        "created_at": T0,
        "updated_at": T0,
        "_embedded": {"tags": [], **embedded},
    }


def task(id_: int, **more: Any) -> dict[str, Any]:
    return {"id": id_, "entity_id": 1, "entity_type": "leads", "updated_at": T0, **more}


def note(id_: int, note_type: str) -> dict[str, Any]:
    return {"id": id_, "entity_id": 1, "note_type": note_type, "updated_at": T0, "params": {}}


def unsorted(uid: str, category: str) -> dict[str, Any]:
    embedded = {"leads": [{"id": 1}], "contacts": [{"id": 21}], "companies": []}
    return {"uid": uid, "category": category, "created_at": T0, "_embedded": embedded}


def event(number: int) -> dict[str, Any]:
    moved = [{"lead_status": {"id": 142, "pipeline_id": 3100}}] if number % 2 else []
    return {
        "id": f"e{number:03}",
        "type": "lead_status_changed" if number % 2 else "lead_added",
        "entity_id": 1,
        "entity_type": "lead",
        "created_by": 0,
        "created_at": T0 + number,
        "value_before": [],
        "value_after": moved,
    }


def invoice(number: int) -> dict[str, Any]:
    key = f"aaaaaaaa-0000-11f0-0000-00000000000{number}"
    return {
        "Ref_Key": key,
        "DataVersion": "AAAAAQAAAAA=",
        "DeletionMark": False,
        "Number": f"0000-00000{number}",
        "Date": f"2026-02-0{number}T12:30:00",
        "Posted": number != 3,
        "Контрагент_Key": CUSTOMER,
        "ДоговорКонтрагента_Key": NO_KEY,
        "СуммаДокумента": 1000.5 * number,
        "КратностьВзаиморасчетов": str(number),
        "Комментарий": "по д'Артаньяну" if number == 4 else "",
        "Товары": [{"Ref_Key": key, "LineNumber": "1", "Сумма": 1000.5 * number}],
    }
