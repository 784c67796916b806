"""The stand-in of Zadarma: signature, limits, periods, legs."""

import hmac
from base64 import b64encode
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import md5
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from demo import pbx
from demo.world import World, build_world

AS_OF = datetime(2026, 11, 20, 9, tzinfo=UTC)
MONTH = {"start": "2026-10-20 12:00:00", "end": "2026-11-20 12:00:00", "version": "2"}
BY_THE_VENDORS_CLIENT = "demo-key:ZDgyOWExMzFiNDA2NTdhNDEzYjQyNWM3OTEyZGVjZWUxYjYwYWYyMw=="
"""What the vendor's user-api-py-v1 1.1.0 signs for the request of the test that uses it."""


@pytest.fixture(scope="module")
def world() -> World:
    return build_world(seed=3, months=4, scale=0.4, as_of=AS_OF)


def authorization(path: str, query: str) -> str:
    signed = f"{path}{query}{md5(query.encode()).hexdigest()}"
    digest = hmac.new(b"demo-secret", signed.encode(), "sha1").hexdigest()
    return f"demo-key:{b64encode(digest.encode()).decode()}"


@pytest.fixture
def ask(serve_demo: Any, world: World) -> Callable[..., Any]:
    """Starts a server at the moment `now` and gives it and how to ask it, signed."""

    def start(now: datetime = AS_OF, **settings: Any) -> Any:
        demo = serve_demo(replace(world, as_of=now), **settings)

        def get(path: str, **query: str) -> httpx.Response:
            text = urlencode(sorted(query.items()))
            headers = {"Authorization": authorization(path, text)}
            return httpx.get(f"{demo.base_url}/zadarma{path}?{text}", headers=headers)

        return demo, get

    return start


def test_the_vendors_own_client_would_be_let_in(serve_demo: Any, world: World) -> None:
    demo = serve_demo(world)
    query = (
        "end=2026-11-20+12%3A00%3A00&format=json&limit=1000&skip=0"
        "&start=2026-11-01+00%3A00%3A00&version=2"
    )
    address = f"{demo.base_url}/zadarma/v1/statistics/pbx/?{query}"

    signed = httpx.get(address, headers={"Authorization": BY_THE_VENDORS_CLIENT})
    changed = httpx.get(
        address.replace("skip=0", "skip=1"), headers={"Authorization": BY_THE_VENDORS_CLIENT}
    )
    unsigned = httpx.get(address)

    assert signed.json()["status"] == "success"
    assert (changed.status_code, unsigned.status_code) == (401, 401)


def test_a_call_is_a_row_a_leg_in_local_time_with_one_id(ask: Any, world: World) -> None:
    _, get = ask()
    rows = get("/v1/statistics/pbx/", **MONTH).json()["stats"]

    calls = {call.id: call for call in pbx.calls(world.store, "zadarma")}
    legs = Counter(row["pbx_call_id"] for row in rows)
    assert max(legs.values()) == 2
    for call_id, count in legs.items():
        direction, _, id_ = call_id.partition("_")
        assert (direction, count) == (calls[id_].direction, len(calls[id_].legs))
    first = rows[0]
    started = calls[first["pbx_call_id"].partition("_")[2]].starts_at
    assert first["callstart"] == datetime.fromtimestamp(started + 3 * 3600, UTC).strftime(
        "%Y-%m-%d %H:%M:%S"
    )
    assert {row["disposition"] for row in rows} >= {"answered", "no answer"}


def test_pages_of_one_direction(ask: Any) -> None:
    _, get = ask()
    whole = get("/v1/statistics/pbx/", **MONTH).json()["stats"]
    outgoing = get("/v1/statistics/pbx", **MONTH, call_type="out").json()["stats"]

    page = get("/v1/statistics/pbx/", **MONTH, skip="10", limit="5").json()["stats"]

    assert page == whole[10:15]
    assert outgoing == [row for row in whole if row["pbx_call_id"].startswith("out_")]


def test_a_fourth_question_for_statistics_within_a_minute_is_refused(ask: Any) -> None:
    demo, get = ask(haste=1)

    codes = [get("/v1/statistics/pbx/", **MONTH).status_code for _ in range(4)]
    still = get("/v1/pbx/internal/")
    demo.clock.now += 60
    later = get("/v1/statistics/pbx/", **MONTH)

    assert codes == [200, 200, 200, 429]
    assert still.json()["numbers"] == [109, 110, 111, 112, 113, 114, 115, 116]
    assert (later.status_code, later.headers["x-ratelimit-remaining"]) == (200, "2")


def test_more_than_a_month_is_refused(ask: Any) -> None:
    _, get = ask()

    answer = get("/v1/statistics/pbx/", **{**MONTH, "start": "2026-10-20 11:59:59"})

    assert (answer.status_code, answer.json()["status"]) == (400, "error")


def test_a_call_is_told_when_it_is_over_and_its_recording_some_minutes_later(
    ask: Any, world: World
) -> None:
    call = next(call for call in pbx.calls(world.store, "zadarma")[::-1] if call.talk)
    demo, get = ask(datetime.fromtimestamp(call.ends_at - 1, UTC))

    def is_recorded() -> list[bool]:
        rows = get("/v1/statistics/pbx/", **MONTH).json()["stats"]
        return [row["is_recorded"] for row in rows if row["pbx_call_id"].endswith(call.id)][-1:]

    assert is_recorded() == []
    demo.clock.now += 1
    assert is_recorded() == [False]
    demo.clock.now += pbx.RECORDED_AFTER_SECONDS
    assert is_recorded() == [True]


def test_the_time_zone_of_the_account_is_told(ask: Any) -> None:
    _, get = ask()

    answer = get("/v1/info/timezone/").json()

    assert answer["timezone"] == "UTC+3"
    assert answer["datetime"] == "2026-11-20 12:00:00"
    assert answer["unixtime"] == int(AS_OF.timestamp())
