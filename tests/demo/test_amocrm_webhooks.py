"""Webhooks: who may subscribe, and what a subscriber is sent."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import httpx
import pytest

from demo.amocrm_webhooks import delivery
from demo.world import build_world

if TYPE_CHECKING:
    from tests.demo.conftest import DemoServer, ServeDemo


@pytest.fixture
def demo(serve_demo: ServeDemo) -> DemoServer:
    as_of = datetime(2026, 11, 20, 9, tzinfo=UTC)
    return serve_demo(build_world(seed=3, months=2, scale=0.1, as_of=as_of))


class Subscriber:
    """Somebody who listens on loopback and keeps what it is sent, decoded."""

    def __init__(self) -> None:
        self.heard: list[dict[str, str]] = []
        self.kinds: list[str] = []
        heard, kinds = self.heard, self.kinds

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                kinds.append(self.headers["content-type"])
                heard.append(dict(parse_qsl(body, keep_blank_values=True)))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *arguments: Any) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}/hook"


@pytest.fixture
def subscriber() -> Iterator[Subscriber]:
    listening = Subscriber()
    thread = threading.Thread(target=listening.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield listening
    listening.server.shutdown()
    thread.join()
    listening.server.server_close()


def hooks(demo: DemoServer, method: str, **body: Any) -> httpx.Response:
    address = f"{demo.base_url}/amocrm/api/v4/webhooks"
    headers = {"Authorization": "Bearer demo-token"}
    return httpx.request(method, address, json=body, headers=headers)


def test_a_stage_change_is_told_in_the_older_names(
    demo: DemoServer, subscriber: Subscriber
) -> None:
    assert hooks(demo, "POST", destination=subscriber.address, settings=["status_lead"]).is_success
    moved = demo.desk("happen", {"name": "stage_move"})
    demo.desk("happen", {"name": "edit_deal"})  # not subscribed to
    (told,) = subscriber.heard
    lead = demo.store.amocrm["leads"][moved["deal_id"]]
    assert subscriber.kinds == ["application/x-www-form-urlencoded"]
    assert told["leads[status][0][id]"] == str(lead["id"])
    assert told["leads[status][0][status_id]"] == str(moved["status_after"])
    assert told["leads[status][0][old_status_id]"] == str(moved["status_before"])
    assert told["leads[status][0][date_create]"] == str(lead["created_at"])
    assert told["account[subdomain]"] == "optovik"


def test_a_deletion_carries_the_id_alone(demo: DemoServer, subscriber: Subscriber) -> None:
    hooks(demo, "POST", destination=subscriber.address, settings=["delete_lead"])
    gone = demo.desk("happen", {"name": "delete"})
    (told,) = subscriber.heard
    assert [name for name in told if name.startswith("leads")] == ["leads[delete][0][id]"]
    assert told["leads[delete][0][id]"] == str(gone["deal_id"])


def test_values_of_date_fields_have_no_name(demo: DemoServer) -> None:
    deal_id = demo.desk("happen", {"name": "new_field"})["deal_id"]
    event = {"entity_id": deal_id, "value_before": [], "type": "lead_added"}
    told = dict(delivery(demo.store, event, "leads", "add"))
    last = len(demo.store.amocrm["leads"][deal_id]["custom_fields_values"]) - 1
    fields = f"leads[add][0][custom_fields][{last}]"
    assert told[f"{fields}[values][0]"].isdecimal()
    assert told[f"leads[add][0][custom_fields][{last - 1}][values][0][value]"] == "12.5"


def test_who_unsubscribed_hears_nothing(demo: DemoServer, subscriber: Subscriber) -> None:
    hooks(demo, "POST", destination=subscriber.address, settings=["add_lead"])
    assert hooks(demo, "DELETE", destination=subscriber.address).status_code == 204
    demo.desk("happen", {"name": "new_lead"})
    assert subscriber.heard == []
    assert hooks(demo, "GET").status_code == 204


def test_a_deaf_subscriber_does_not_keep_things_from_happening(demo: DemoServer) -> None:
    hooks(demo, "POST", destination="http://127.0.0.1:9/hook", settings=["add_lead"])
    assert demo.desk("happen", {"name": "new_lead"})["deal_id"]


@pytest.mark.parametrize(
    ("asked", "missed"),
    [
        ({"settings": ["add_lead"]}, "destination"),
        ({"destination": "https://somewhere.example", "settings": ["add_lead"]}, "destination"),
        ({"destination": "http://127.0.0.1:9/", "settings": ["add_war"]}, "settings"),
        ({"destination": "http://127.0.0.1:9/"}, "settings"),
    ],
)
def test_a_subscription_that_makes_no_sense_is_refused_by_name(
    demo: DemoServer, asked: dict[str, Any], missed: str
) -> None:
    response = hooks(demo, "POST", **asked)
    assert response.status_code == 400
    assert response.json()["validation-errors"][0]["errors"][0]["path"] == missed
