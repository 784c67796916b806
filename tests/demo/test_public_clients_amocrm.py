"""Two clients nobody here wrote read the stand-in over real HTTP: what they hold is what is there.

They are the check that the stand-in and the product do not share one misreading. Where they
disagree with the stand-in, the test says who is taken to be right and why.

`amocrm-api-wrapper` is given the address; `amocrm-api` knows only https://<account>.amocrm.ru, so
its requests are carried to loopback by an adapter, unchanged otherwise.
"""

from __future__ import annotations

import importlib
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from demo.settings import Integration
from demo.world import World, build_world

wrapper = pytest.importorskip(
    "amocrm_api.oauth_client", reason="dependency group `clients` is not installed"
)
krukov = pytest.importorskip("amocrm.v2", reason="dependency group `clients` is not installed")
requests = pytest.importorskip("requests", reason="comes with amocrm-api")

if TYPE_CHECKING:
    from tests.demo.conftest import DemoServer, ServeDemo

AS_OF = datetime(2026, 11, 20, 9, tzinfo=UTC)
OURS = Integration()


@pytest.fixture(scope="module")
def world() -> World:
    """Three months of a tenth of the company: enough for several pages of everything."""
    return build_world(seed=3, months=3, scale=0.1, as_of=AS_OF)


@pytest.fixture
def demo(serve_demo: ServeDemo, world: World) -> DemoServer:
    return serve_demo(world, customers_mode="segments")


# -- amocrm-api-wrapper ------------------------------------------------------------------------


class SessionThatTakesJson(httpx.Client):
    """Version 1.0.1 calls `get(url, json=None)`, which no httpx ever took: it cannot make one GET.
    Its addresses, its reading of answers and its tokens are what we came for, so the body it hands
    over is dropped here and nothing else.
    """

    def get(self, url: Any, *, json: None = None, **options: Any) -> httpx.Response:
        assert json is None
        return super().get(url, **options)


@pytest.fixture(autouse=True)
def session_that_takes_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wrapper, "Client", SessionThatTakesJson)


@pytest.fixture
def client(demo: DemoServer) -> Iterator[Any]:
    """The wrapper with the long-lived token."""
    made = _wrapper(demo, "demo-token", "none")
    yield made
    made.close()


def _wrapper(demo: DemoServer, access: str, refresh: str, **more: Any) -> Any:
    return wrapper.AmoOAuthClient(
        access,
        refresh,
        f"{demo.base_url}/amocrm",
        OURS.client_id,
        OURS.client_secret,
        OURS.redirect_uri,
        **more,
    )


def test_wrapper_walks_all_pages_of_every_list(client: Any, world: World) -> None:
    crm = world.store.amocrm
    walks = {
        "leads": client.iter_leads(limit=40, order={"id": "asc"}),
        "contacts": client.iter_contacts(limit=40),
        "companies": client.iter_companies(limit=40),
        "tasks": client.iter_tasks(limit=100),
        "customers": client.iter_customers(limit=2),
        "elements": client.iter_catalog_elements(8001, limit=4),
    }
    for name, walked in walks.items():
        assert [item["id"] for item in walked] == sorted(crm[name]), name


def test_wrapper_reads_dictionaries(client: Any, world: World) -> None:
    crm = world.store.amocrm
    read = {
        "users": client.get_users(with_group=True)["_embedded"]["users"],
        "pipelines": client.get_pipelines()["_embedded"]["pipelines"],
        "loss_reasons": client.get_loss_reasons()["_embedded"]["loss_reasons"],
        "catalogs": client.get_catalogs()["_embedded"]["catalogs"],
        "tags/leads": client.get_tags_by_entity_type("leads")["_embedded"]["tags"],
        "tags/customers": client.get_tags_by_entity_type("customers")["_embedded"]["tags"],
        "custom_fields/leads": client.get_leads_custom_fields(limit=250)["_embedded"][
            "custom_fields"
        ],
        "custom_fields/catalogs": client.get_catalog_custom_fields(8001)["_embedded"][
            "custom_fields"
        ],
    }
    for name, items in read.items():
        assert {item["id"] for item in items} == set(crm[name]), name
    keys = {one["key"] for one in client.get_events_type()["_embedded"]["events_types"]}
    assert {event["type"] for event in crm["events"].values()} <= keys


def test_wrapper_reads_the_account_with_its_parts(client: Any) -> None:
    account = client.get_account_info(
        with_users_groups=True,
        with_datetime_settings=True,
        with_is_api_filter_enabled=True,
        with_version=True,
    )
    assert account["is_api_filter_enabled"] is True
    assert account["version"]
    assert set(account["_embedded"]) == {"users_groups", "datetime_settings"}
    assert "version" not in client.get_account_info()


def test_wrapper_filters_by_change_and_by_ids(client: Any, world: World) -> None:
    leads = world.store.amocrm["leads"]
    moments = sorted(lead["updated_at"] for lead in leads.values())
    first, last = moments[10], moments[40]
    read = client.get_leads(filters={"updated_at__from": first, "updated_at__to": last})
    wanted = {id_ for id_, lead in leads.items() if first <= lead["updated_at"] <= last}
    assert {lead["id"] for lead in read["_embedded"]["leads"]} == wanted
    some = random.Random(1).sample(sorted(leads), 5)
    read = client.get_leads(filter_ids=some, with_params=["contacts", "catalog_elements"])
    assert {lead["id"] for lead in read["_embedded"]["leads"]} == set(some)


def test_wrapper_reads_events_by_type_and_time(client: Any, world: World) -> None:
    events = world.store.amocrm["events"].values()
    since = sorted(event["created_at"] for event in events)[-60]
    read = client.get_events(filter_by_type=["lead_added"], filter_by_created_from=since)
    wanted = {
        event["id"]
        for event in events
        if event["type"] == "lead_added" and event["created_at"] >= since
    }
    assert {event["id"] for event in read["_embedded"]["events"]} == wanted
    one = client.get_event(next(iter(wanted)))
    assert one["_embedded"]["entity"]["id"] == one["entity_id"]


def test_wrapper_loses_events_when_it_asks_for_more_than_the_vendor_gives(client: Any) -> None:
    """The vendor documents 100 events a page, so 250 asked for come as 100 with a next page. The
    wrapper takes a page shorter than it asked for as the last one: its walks are short there. We
    follow the document; a client has to follow `next`.
    """
    page = client.get_events(limit=250)
    assert len(page["_embedded"]["events"]) == 100
    assert "next" in page["_links"]


def test_wrapper_reads_notes_of_a_kind_and_of_one_card(client: Any, world: World) -> None:
    notes = world.store.amocrm["notes/leads"]
    one = next(iter(notes.values()))
    read = client.get_notes_by_entity_type_and_entity_id("leads", one["entity_id"])
    wanted = {note["id"] for note in notes.values() if note["entity_id"] == one["entity_id"]}
    assert {note["id"] for note in read["_embedded"]["notes"]} == wanted
    calls = client.get_notes_by_entity_type("contacts", filter_by_note_type=["call_in"])
    assert {note["note_type"] for note in calls["_embedded"]["notes"]} == {"call_in"}
    assert client.get_entity_note("leads", one["id"], one["entity_id"])["id"] == one["id"]


def test_wrapper_reads_links_of_a_deal(client: Any, world: World) -> None:
    lead_id, products = next(iter(world.store.products_of_leads.items()))
    links = client.get_leads_links(lead_id)["_embedded"]["links"]
    linked = [link for link in links if link["to_entity_type"] == "catalog_elements"]
    assert [(link["to_entity_id"], link["metadata"]) for link in linked] == [
        (product["id"], product["metadata"]) for product in products
    ]
    contacts = world.store.amocrm["leads"][lead_id]["_embedded"]["contacts"]
    assert [one["id"] for one in contacts] == [
        link["to_entity_id"] for link in links if link["to_entity_type"] == "contacts"
    ]


def test_wrapper_reads_unsorted_and_an_absent_deal(client: Any, world: World) -> None:
    uid = next(iter(world.store.amocrm["unsorted"]))
    assert client.get_unsorted_by_uid(uid)["uid"] == uid
    assert client.get_lead(1) == {}  # the vendor answers 204


def test_wrapper_refreshes_a_token_that_expired_and_keeps_the_new_pair(demo: DemoServer) -> None:
    kept: list[tuple[str, str]] = []
    code = demo.desk("tokens", {})["code"]
    access, refresh = _authorise(demo, code)
    client = _wrapper(demo, access, refresh, token_store=lambda *pair: kept.append(pair))
    assert client.get_account_info()["id"]
    for _ in range(2):
        demo.desk("tokens", {"expire": True})
        assert client.get_account_info()["id"]
    assert len({access, *(pair[0] for pair in kept)}) == 3
    assert kept[-1] == (client.access_token, client.refresh_token)
    client.close()


def test_wrapper_with_a_used_refresh_token_is_refused(demo: DemoServer) -> None:
    access, refresh = _authorise(demo, demo.desk("tokens", {})["code"])
    first, second = _wrapper(demo, access, refresh), _wrapper(demo, access, refresh)
    first.update_tokens()
    with pytest.raises(wrapper.AmoException) as refused:
        second.get_account_info()
    assert refused.value.code == 400
    assert refused.value.error_data["hint"] == "Token has been revoked"
    first.close()
    second.close()


def test_wrapper_subscribes_and_lists_webhooks(client: Any) -> None:
    there = "http://127.0.0.1:9/hook"
    assert client.get_webhooks() == {}
    assert client.subscribe_webhook(there, ["add_lead"])["settings"] == ["add_lead"]
    (hook,) = client.get_webhooks(there)["_embedded"]["webhooks"]
    assert hook["destination"] == there


def _authorise(demo: DemoServer, code: str) -> tuple[str, str]:
    body = {
        "client_id": OURS.client_id,
        "client_secret": OURS.client_secret,
        "redirect_uri": OURS.redirect_uri,
        "grant_type": "authorization_code",
        "code": code,
    }
    answer = requests.post(f"{demo.base_url}/amocrm/oauth2/access_token", json=body).json()
    return answer["access_token"], answer["refresh_token"]


# -- amocrm-api --------------------------------------------------------------------------------


@pytest.fixture
def tokens(demo: DemoServer, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The client's own token manager after it exchanged the code; its requests reach loopback."""

    class ToLoopback(requests.adapters.HTTPAdapter):
        def send(self, request: Any, *more: Any, **options: Any) -> Any:
            path = request.url.split("amocrm.ru", 1)[1]
            request.url = f"{demo.base_url}/amocrm{path}"
            return super().send(request, *more, **{**options, "proxies": {}})

    monkeypatch.setattr(requests.Session, "get_adapter", lambda self, url: ToLoopback())
    manager = krukov.tokens.default_token_manager
    monkeypatch.setattr(manager, "_storage", None)
    manager(
        client_id=OURS.client_id,
        client_secret=OURS.client_secret,
        subdomain="optovik",
        redirect_url=OURS.redirect_uri,
        storage=krukov.tokens.MemoryTokensStorage(),
    )
    manager.init(demo.desk("tokens", {})["code"])
    return manager


@pytest.mark.usefixtures("tokens")
def test_krukov_walks_leads_and_follows_their_links(world: World) -> None:
    deals = {deal.id: deal for deal in krukov.Lead.objects.all()}
    records = world.store.amocrm["leads"]
    assert set(deals) == set(records)
    record = next(one for one in records.values() if one["responsible_user_id"])
    deal = deals[record["id"]]
    assert deal.pipeline.name == "Продажи"
    assert deal.status.id == record["status_id"]
    assert deal.responsible_user.id == record["responsible_user_id"]
    assert [one.id for one in deal.contacts] == [
        link["id"] for link in record["_embedded"]["contacts"]
    ]


@pytest.mark.usefixtures("tokens")
def test_krukov_finds_who_a_contact_belongs_to(world: World) -> None:
    record = next(
        one for one in world.store.amocrm["contacts"].values() if one["_embedded"]["companies"]
    )
    contact = krukov.Contact.objects.get(object_id=record["id"])
    assert contact.company.id == record["_embedded"]["companies"][0]["id"]
    leads = {
        lead["id"]
        for lead in world.store.amocrm["leads"].values()
        if record["id"] in [link["id"] for link in lead["_embedded"]["contacts"]]
    }
    assert {lead.id for lead in contact.leads} == leads


@pytest.mark.usefixtures("tokens")
def test_krukov_filters_leads_by_time_and_stage(world: World) -> None:
    leads = world.store.amocrm["leads"].values()
    moments = sorted(lead["updated_at"] for lead in leads)
    first, last = (datetime.fromtimestamp(moments[at], UTC) for at in (5, 25))
    between = krukov.filters.DateRangeFilter("updated_at")(first, last)
    wanted = {one["id"] for one in leads if moments[5] <= one["updated_at"] <= moments[25]}
    assert {one.id for one in krukov.Lead.objects.filter(filters=[between])} == wanted
    won = krukov.filters.FiltersByPipelineAndStatus("statuses")(3100, 142)
    wanted = {one["id"] for one in leads if (one["pipeline_id"], one["status_id"]) == (3100, 142)}
    assert {one.id for one in krukov.Lead.objects.filter(filters=[won])} == wanted


@pytest.mark.usefixtures("tokens")
def test_krukov_walks_events_notes_tasks_users_and_tags(world: World) -> None:
    crm = world.store.amocrm
    assert {event.id for event in krukov.Event.objects.all()} == set(crm["events"])
    moved = next(one for one in krukov.Event.objects.all() if one.type == "lead_status_changed")
    assert moved.value_after == crm["events"][moved.id]["value_after"][0]["lead_status"]
    noted = next(iter(crm["notes/leads"].values()))
    deal = krukov.Lead.objects.get(object_id=noted["entity_id"])
    assert noted["id"] in {note.id for note in deal.notes.objects.all()}
    assert {task.id for task in krukov.Task.objects.all()} == set(crm["tasks"])
    assert {user.id for user in krukov.User.objects.all()} == set(crm["users"])
    assert {tag.id for tag in krukov.Tag.leads.all()} == set(crm["tags/leads"])


@pytest.mark.usefixtures("tokens")
def test_krukov_takes_our_402_for_a_tariff_without_customers(demo: DemoServer) -> None:
    customers = importlib.import_module("amocrm.v2.entity.customer").Customer.objects
    assert list(customers.all())
    demo.desk("account", {"customers_mode": "disabled"})
    with pytest.raises(ValueError, match="Тариф"):
        list(customers.all())


def test_krukov_refreshes_a_token_whose_exp_has_passed(
    demo: DemoServer, tokens: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It reads `exp` itself and never waits for a 401: what we issue is a JWT it can read."""
    before = tokens.get_access_token()
    demo.desk("tokens", {"lifetime_seconds": 3600})
    monkeypatch.setattr(type(tokens), "_is_expire", staticmethod(lambda token: token == before))
    after = tokens.get_access_token()
    assert after != before
    assert tokens.get_access_token() == after
    assert len(list(krukov.Pipeline.objects.all())) == 3
