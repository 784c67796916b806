"""The control desk: health, the ledger, happenings, planted faults."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    from tests.demo.conftest import DemoServer, ServeDemo

CATALOG = "Catalog_Валюты?$format=json"


@pytest.fixture
def demo(serve_demo: ServeDemo) -> DemoServer:
    """A server of the test's own: these tests change what it serves."""
    return serve_demo()


def plant(demo: DemoServer, **fault: Any) -> None:
    response = httpx.post(f"{demo.base_url}/demo/faults", json=fault)
    assert response.status_code == 200, response.text


def test_health_counts_records(demo: DemoServer) -> None:
    body = httpx.get(f"{demo.base_url}/demo/health").json()
    assert body["status"] == "ok"
    assert body["records"]["leads"] == 5
    assert body["records"]["Document_СчетНаОплатуПокупателю"] == 5


def test_ledger_is_given_as_plain_json(demo: DemoServer) -> None:
    assert httpx.get(f"{demo.base_url}/demo/ledger").json() == {"leads": ["лид"]}


def test_what_happens_shows_in_the_next_answer_at_the_worlds_own_time(demo: DemoServer) -> None:
    assert len(demo.crm("leads").json()["_embedded"]["leads"]) == 5
    demo.clock.now += 90
    told = httpx.post(f"{demo.base_url}/demo/happen", json={"name": "new_lead"})
    assert told.json() == {"name": "new_lead", "lead_id": 6}
    assert len(demo.crm("leads").json()["_embedded"]["leads"]) == 6
    (name, now), health = demo.happened[0], httpx.get(f"{demo.base_url}/demo/health").json()
    assert name == "new_lead"
    assert now.isoformat() == health["now"]
    assert str(now - timedelta(seconds=90)) == health["as_of"].replace("T", " ")


def test_a_happening_may_be_given_its_time(demo: DemoServer) -> None:
    asked = {"name": "new_lead", "at": "2026-01-05T10:00:00+03:00"}
    assert httpx.post(f"{demo.base_url}/demo/happen", json=asked).status_code == 200
    assert demo.happened[0][1].isoformat() == "2026-01-05T10:00:00+03:00"


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"name": "war"}', b'{"name": "new_lead", "at": "2026-01-05"}']
)
def test_a_happening_nobody_understands_is_refused(demo: DemoServer, body: bytes) -> None:
    response = httpx.post(f"{demo.base_url}/demo/happen", content=body)
    assert response.status_code == 400
    assert response.json()["error"]
    assert demo.happened == []


def test_a_happening_without_anything_to_happen_to_is_a_conflict(demo: DemoServer) -> None:
    response = httpx.post(f"{demo.base_url}/demo/happen", json={"name": "payment"})
    assert (response.status_code, response.json()) == (409, {"error": "Nothing waits for money."})


def test_html_fault_answers_200_with_a_page_once(demo: DemoServer) -> None:
    plant(demo, path="/amocrm/api/v4/leads", kind="html")
    broken = demo.crm("leads")
    assert broken.status_code == 200
    assert broken.headers["content-type"].startswith("text/html")
    assert demo.crm("leads").headers["content-type"] == "application/hal+json"


def test_status_fault_lasts_as_often_as_told_after_skipping(demo: DemoServer) -> None:
    plant(demo, path="/onec", kind="status", status=503, times=2, skip=1)
    assert [demo.onec(CATALOG).status_code for _ in range(4)] == [200, 503, 503, 200]


def test_status_fault_answers_with_the_body_it_was_given(demo: DemoServer) -> None:
    body = {"odata.error": {"code": "-1", "message": {"lang": "ru", "value": "Ошибка"}}}
    plant(demo, path="/onec", kind="status", status=500, body=body)
    assert demo.onec(CATALOG).json() == body


def test_fault_counted_zero_lasts_until_it_is_cleared(demo: DemoServer) -> None:
    plant(demo, path="/onec", kind="empty204", times=0)
    assert [demo.onec(CATALOG).status_code for _ in range(3)] == [204, 204, 204]
    assert httpx.delete(f"{demo.base_url}/demo/faults").json() == []
    assert demo.onec(CATALOG).status_code == 200


def test_cut_fault_breaks_off_in_the_middle_of_the_body(demo: DemoServer) -> None:
    plant(demo, path="/amocrm/api/v4/events", kind="cut")
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
        demo.crm("events")
    assert demo.crm("events").status_code == 200


def test_delay_fault_answers_late(demo: DemoServer) -> None:
    plant(demo, path="/amocrm", kind="delay", seconds=0.3)
    with pytest.raises(httpx.ReadTimeout):
        demo.crm("account", timeout=0.1)


def test_exact_fault_leaves_deeper_paths_alone(demo: DemoServer) -> None:
    plant(demo, path="/amocrm/api/v4/leads", kind="status", status=500, exact=True)
    assert demo.crm("leads/pipelines").status_code == 200
    assert demo.crm("leads").status_code == 500


@pytest.mark.parametrize(
    "fault",
    [
        {"path": "/onec", "kind": "war"},
        {"path": "/demo/health", "kind": "html"},
        {"path": "onec", "kind": "html"},
        {"path": "/onec", "kind": "html", "times": "many"},
        {"path": "/onec", "kind": "html", "colour": 1},
        ["/onec"],
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(demo: DemoServer, fault: Any) -> None:
    response = httpx.post(f"{demo.base_url}/demo/faults", json=fault)
    assert response.status_code == 400
    assert response.json()["error"]
