"""Planted faults beyond the plain ones: rhythm, heavy pages, edited answers, drift between calls;
and the clock that can be moved.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from demo.world import World, build_world

if TYPE_CHECKING:
    from tests.demo.conftest import DemoServer, ServeDemo

LEADS = "/amocrm/api/v4/leads"


@pytest.fixture
def demo(serve_demo: ServeDemo) -> DemoServer:
    return serve_demo()


def statuses(demo: DemoServer, path: str, count: int) -> list[int]:
    return [demo.crm(path).status_code for _ in range(count)]


def leads(demo: DemoServer, path: str = "leads") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = demo.crm(path).json()["_embedded"]["leads"]
    return found


def test_every_third_call_fails_as_often_as_told(demo: DemoServer) -> None:
    demo.desk("faults", {"path": LEADS, "kind": "status", "every": 3, "times": 2, "skip": 1})
    assert statuses(demo, "leads", 9) == [200, 200, 200, 503, 200, 200, 503, 200, 200]
    assert demo.desk("faults", method="GET") == []


def test_a_page_of_html_may_carry_a_status(demo: DemoServer) -> None:
    demo.desk("faults", {"path": LEADS, "kind": "html", "status": 429})
    answer = demo.crm("leads")
    assert (answer.status_code, answer.headers["content-type"]) == (429, "text/html; charset=utf-8")


def test_only_pages_with_too_many_rows_are_too_heavy(demo: DemoServer) -> None:
    heavy = {"kind": "status", "status": 504, "above_limit": 100, "times": 0}
    demo.desk("faults", {"path": LEADS, **heavy})
    assert demo.crm("leads?limit=250").status_code == 504
    assert demo.crm("leads?limit=100").status_code == 200
    assert demo.crm("leads").status_code == 200


def test_faults_that_break_an_answer_wait_for_each_other(demo: DemoServer) -> None:
    demo.desk("faults", {"path": LEADS, "kind": "status", "status": 500})
    demo.desk("faults", {"path": LEADS, "kind": "empty204"})
    assert statuses(demo, "leads", 3) == [500, 204, 200]


@pytest.mark.parametrize(
    ("edit", "price"),
    [
        ({"becomes": "text"}, "~1000"),
        ({"becomes": "number"}, 4.5),
        ({"becomes": "list"}, [1000]),
        ({"becomes": "null"}, None),
        ({"value": {"amount": 1}}, {"amount": 1}),
    ],
)
def test_a_field_comes_in_another_shape_from_now_on(
    demo: DemoServer, edit: dict[str, Any], price: Any
) -> None:
    demo.desk("faults", {"path": LEADS, "kind": "field", "field": "price", "times": 0, **edit})
    assert leads(demo, "leads?limit=1")[0]["price"] == price
    assert demo.crm("leads/1").json()["price"] == price


def test_a_field_vanishes_and_another_appears(demo: DemoServer) -> None:
    demo.desk("faults", {"path": LEADS, "kind": "field", "field": "score", "value": 7, "times": 0})
    demo.desk(
        "faults",
        {"path": LEADS, "kind": "field", "field": "price", "becomes": "absent", "times": 0},
    )
    assert [(lead["score"], "price" in lead) for lead in leads(demo)] == 5 * [(7, False)]


def test_the_rows_of_1c_can_change_shape_too(demo: DemoServer) -> None:
    path = "Document_СчетНаОплатуПокупателю?$format=json"
    demo.desk("faults", {"path": "/onec", "kind": "field", "field": "Posted", "becomes": "text"})
    assert {row["Posted"] for row in demo.onec(path).json()["value"]} == {"~True", "~False"}
    assert demo.onec(path).json()["value"][0]["Posted"] in (True, False)


def test_an_edited_answer_may_be_broken_as_well(demo: DemoServer) -> None:
    demo.desk("faults", {"path": LEADS, "kind": "field", "field": "x", "value": 1, "times": 0})
    demo.desk("faults", {"path": LEADS, "kind": "empty204"})
    assert demo.crm("leads").status_code == 204
    assert leads(demo)[0]["x"] == 1


@pytest.fixture(scope="module")
def world() -> World:
    return build_world(seed=3, months=2, scale=0.1, as_of=datetime(2026, 11, 20, 9, tzinfo=UTC))


def test_an_edit_between_two_pages_moves_a_row(serve_demo: ServeDemo, world: World) -> None:
    """The row edited after page 1 leaves its place: the first row of page 2 slips onto page 1."""
    demo = serve_demo(world)
    demo.clock.now += 60
    moved = demo.desk("happen", {"name": "edit_deal"})["deal_id"]
    asked = "leads?limit=5&order[updated_at]=desc&page="
    first = [lead["id"] for lead in leads(demo, f"{asked}1")]
    assert first[0] == moved
    demo.desk("faults", {"path": LEADS, "kind": "happen", "happening": "new_lead", "skip": 0})
    second = [lead["id"] for lead in leads(demo, f"{asked}2")]
    assert second[0] == first[-1]
    assert demo.desk("faults", method="GET") == []


def test_a_planted_happening_that_cannot_happen_is_loud(demo: DemoServer) -> None:
    demo.desk("faults", {"path": LEADS, "kind": "happen", "happening": "payment"})
    answer = demo.crm("leads")
    assert answer.status_code == 500
    assert "Nothing waits for money" in answer.json()["error"]


@pytest.mark.parametrize(
    "fault",
    [
        {"path": LEADS, "kind": "happen"},
        {"path": LEADS, "kind": "field", "field": "price"},
        {"path": LEADS, "kind": "field", "field": "price", "becomes": "war"},
        {"path": LEADS, "kind": "field", "field": "price", "becomes": "text", "value": 1},
        {"path": LEADS, "kind": "status", "every": 0},
    ],
)
def test_a_fault_that_says_too_little_is_refused(demo: DemoServer, fault: Any) -> None:
    response = httpx.post(f"{demo.base_url}/demo/faults", json=fault)
    assert response.status_code == 400
    assert response.json()["error"]


def test_the_clock_can_be_moved_forward_and_not_back(demo: DemoServer) -> None:
    before = httpx.get(f"{demo.base_url}/demo/health").json()["now"]
    moved = demo.desk("clock", {"forward_seconds": 86_400})["now"]
    passed = datetime.fromisoformat(moved) - datetime.fromisoformat(before)
    assert passed.total_seconds() == 86_400
    back = httpx.post(f"{demo.base_url}/demo/clock", json={"forward_seconds": -1})
    assert back.status_code == 400
