"""The stand-in of Mango Office: signed forms, two steps, codes in place of statuses, CSV."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import httpx
import pytest

from demo import pbx
from demo.world import World, build_world

AS_OF = datetime(2026, 11, 20, 9, tzinfo=UTC)
PERIOD = {"start_date": "31.10.2026 00:00:00", "end_date": "20.11.2026 12:00:00"}
PAGE = {"limit": "5000", "offset": "0"}
SHA256_OF_OTHERS = "e28061bdbedd8b9ddcd65604a1382600eacadfc90ae7869291e59b44569c8e8f"
"""What `sha256sum` gives for key + json + salt of the request of the test that uses it."""
EXTENDED, BASIC = "/vpbx/stats/calls", "/vpbx/stats"


@pytest.fixture(scope="module")
def world() -> World:
    return build_world(seed=3, months=4, scale=0.4, as_of=AS_OF)


@pytest.fixture
def ask(serve_demo: Any, world: World) -> Callable[..., Any]:
    """Starts a server at the moment `now` and gives it and how to post a signed command; its clock
    moves by what its haste wants between two.
    """

    def start(now: datetime = AS_OF, **settings: Any) -> Any:
        demo = serve_demo(replace(world, as_of=now), **settings)

        def post(path: str, command: Any, sign: str = "", key: str = "demo-vpbx") -> httpx.Response:
            demo.clock.now += 0 if settings.get("haste") == 1 else 0.002
            text = json.dumps(command, separators=(",", ":"))
            sign = sign or sha256(f"{key}{text}demo-salt".encode()).hexdigest()
            form = {"vpbx_api_key": key, "sign": sign, "json": text}
            return httpx.post(f"{demo.base_url}/mango{path}", data=form)

        return demo, post

    return start


def contexts(answer: httpx.Response) -> list[dict[str, Any]]:
    body = answer.json()
    assert (body["result"], body["status"]) == (1000, "complete")
    return [one for day in body["data"] for one in day["list"]]


def test_the_sum_that_others_make_is_the_signature(ask: Any) -> None:
    _, post = ask()

    assert "key" in post(f"{EXTENDED}/request", PERIOD | PAGE, sign=SHA256_OF_OTHERS).json()


def test_statistics_come_in_two_steps_the_newest_day_first(ask: Any, world: World) -> None:
    _, post = ask()
    key = post(f"{EXTENDED}/request/", PERIOD | PAGE).json()

    answer = post(f"{EXTENDED}/result/", key)

    known = {call.id: call for call in pbx.calls(world.store, "mango")}
    found = contexts(answer)
    days = [day["period"] for day in answer.json()["data"]]
    assert days == sorted(days, reverse=True)
    assert [day["total_calls_count"] for day in answer.json()["data"]] == [
        len(day["list"]) for day in answer.json()["data"]
    ]
    for one in found:
        call = known[one["entry_id"]]
        assert one["context_start_time"] == call.starts_at
        assert (one["talk_duration"], one["context_status"]) == (call.talk, int(call.talk > 0))
    assert {one["context_type"] for one in found} == {1, 2, 3}
    rung = next(one for one in found if one["context_type"] == 1 and one["context_calls"])
    (group,) = rung["context_calls"]
    assert group["call_type"] == "group"
    assert {member["call_type"] for member in group["members"]} == {"user"}


def test_pages_are_made_of_limit_and_offset(ask: Any) -> None:
    _, post = ask()

    def page(limit: int, offset: int) -> list[str]:
        asked = PERIOD | {"limit": str(limit), "offset": str(offset)}
        key = post(f"{EXTENDED}/request", asked).json()
        return [one["entry_id"] for one in contexts(post(f"{EXTENDED}/result", key))]

    assert page(20, 20) == page(5000, 0)[20:40]
    assert post(f"{EXTENDED}/request", PERIOD | {"limit": "7", "offset": "0"}).json() == {
        "result": 3104
    }


def test_what_is_not_ready_is_204_and_is_not_to_be_asked_again_within_five_seconds(
    ask: Any,
) -> None:
    demo, post = ask(haste=1, mango_ready_after_seconds=7)
    key = post(f"{EXTENDED}/request", PERIOD | PAGE).json()

    def result(later: float) -> int:
        demo.clock.now += later
        return post(f"{EXTENDED}/result", key).status_code

    assert [result(0), result(4.9), result(5.1), result(5)] == [204, 429, 200, 200]
    assert result(60) == 404
    assert post(f"{EXTENDED}/result", {"key": "unknown"}).status_code == 404


def test_statistics_are_asked_for_once_in_two_seconds_and_anything_ten_times_in_one(
    ask: Any,
) -> None:
    demo, post = ask(haste=1)

    codes = [post(f"{EXTENDED}/request", PERIOD | PAGE).status_code for _ in range(2)]
    demo.clock.now += 2
    codes.append(post(f"{EXTENDED}/request", PERIOD | PAGE).status_code)
    users = [post("/vpbx/config/users/request", {}).status_code for _ in range(2)]
    keys = [post(f"{EXTENDED}/result", {"key": str(n)}).status_code for n in range(8)]

    assert codes == [200, 429, 200]
    assert users == [200, 429]
    assert keys == [404] * 7 + [429]


@pytest.mark.parametrize(
    ("command", "how", "code"),
    [
        (PERIOD | PAGE, {"sign": "0" * 64}, 3102),
        (PERIOD | PAGE, {"key": "another"}, 3105),
        (PERIOD, {}, 3103),
        (PERIOD | PAGE | {"start_date": "yesterday"}, {}, 3104),
        (PERIOD | PAGE | {"start_date": "01.10.2026 00:00:00"}, {}, 3104),
    ],
)
def test_a_wrong_request_is_told_by_a_code_in_an_answer_of_200(
    ask: Any, command: Any, how: Any, code: int
) -> None:
    _, post = ask()

    answer = post(f"{EXTENDED}/request", command, **how)

    assert (answer.status_code, answer.json()) == (200, {"result": code})


def test_a_second_wrong_request_within_two_minutes_shuts_everything_for_the_rest_of_them(
    ask: Any,
) -> None:
    demo, post = ask()
    post(f"{EXTENDED}/request", PERIOD)
    demo.clock.now += 60
    assert post(f"{EXTENDED}/request", PERIOD).status_code == 401
    assert post("/vpbx/config/users/request", {}).status_code == 401

    demo.clock.now += 60

    assert len(post("/vpbx/config/users/request", {}).json()["users"]) == 18


def test_a_missed_caller_is_rung_back_later_and_costs_come_later(ask: Any, world: World) -> None:
    calls = pbx.calls(world.store, "mango")
    missed, back = next(
        (call, other)
        for call in calls
        if call.direction == "in" and not call.talk
        for other in calls
        if other.number == call.number and other.starts_at > call.ends_at and other.talk
        if other.direction == "out"
    )
    demo, post = ask(datetime.fromtimestamp(back.ends_at - 1, UTC))
    day = datetime.fromtimestamp(missed.starts_at, UTC).strftime("%d.%m.%Y")
    end = datetime.fromtimestamp(back.ends_at + 86_400, UTC).strftime("%d.%m.%Y")
    period = {"start_date": f"{day} 00:00:00", "end_date": f"{end} 23:59:59"}

    def seen(call: pbx.Call, name: str) -> Any:
        key = post(f"{EXTENDED}/request", period | PAGE).json()
        found = contexts(post(f"{EXTENDED}/result", key))
        return next(one[name] for one in found if one["entry_id"] == call.id)

    assert seen(missed, "recall_status") in (0, 2)
    demo.clock.now += 1
    assert (seen(missed, "recall_status"), seen(back, "cost")) == (1, 0)
    demo.clock.now += pbx.COSTED_AFTER_SECONDS
    assert seen(back, "cost") > 0


def test_basic_statistics_are_csv_without_a_header(ask: Any, world: World) -> None:
    _, post = ask()
    start = int(AS_OF.timestamp()) - 10 * 86_400
    asked = {"date_from": start, "date_to": start + 864_000, "fields": "entry_id, answer,finish"}
    key = post(f"{BASIC}/request", asked).json()

    lines = post(f"{BASIC}/result", key).text.splitlines()

    shown = [
        call
        for call in pbx.calls(world.store, "mango")
        if start <= call.starts_at and call.ends_at <= AS_OF.timestamp()
    ]
    assert lines == [f"{call.id};{call.legs[-1].answered_at or 0};{call.ends_at}" for call in shown]


def test_employees_have_ids_only_for_those_who_ask_for_them(ask: Any) -> None:
    _, post = ask()

    plain = post("/vpbx/config/users/request", {}).json()["users"]
    asked = {"ext_fields": ["general.user_id", "groups"]}
    whole = post("/vpbx/config/users/request", asked).json()["users"]

    assert "user_id" not in plain[0]["general"]
    assert {user["telephony"]["extension"] for user in whole} >= {"99", "100", "101"}
    assert len({user["general"]["user_id"] for user in whole}) == len(whole) == 18
