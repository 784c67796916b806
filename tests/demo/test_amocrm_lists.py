"""Lists of amoCRM besides deals and people: tags, lists of products, customers, links, fields."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from demo.world import World, build_world

if TYPE_CHECKING:
    from tests.demo.conftest import DemoServer, ServeDemo

AS_OF = datetime(2026, 11, 20, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def untouched() -> World:
    return build_world(seed=3, months=3, scale=0.1, as_of=AS_OF)


@pytest.fixture
def world(untouched: World) -> World:
    return copy.deepcopy(untouched)


@pytest.fixture
def demo(serve_demo: ServeDemo, world: World) -> DemoServer:
    return serve_demo(world)


def rows(demo: DemoServer, path: str) -> list[dict[str, Any]]:
    """The rows of all pages, and nothing for 204."""
    found: list[dict[str, Any]] = []
    following: str | None = path
    while following:
        response = demo.crm(following)
        if response.status_code == 204:
            break
        assert response.status_code == 200, response.text
        body = response.json()
        found += next(iter(body["_embedded"].values()))
        href = body["_links"].get("next", {}).get("href", "")
        following = href.removeprefix(f"{demo.base_url}/amocrm/api/v4/")
    return found


def ids(demo: DemoServer, path: str) -> list[Any]:
    return [row["id"] for row in rows(demo, path)]


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("leads/tags", "tags/leads"),
        ("contacts/tags", "tags/contacts"),
        ("companies/tags", "tags/companies"),
        ("catalogs", "catalogs"),
        ("catalogs/8001/elements", "elements"),
        ("catalogs/8001/custom_fields", "custom_fields/catalogs"),
        ("leads/custom_fields?limit=3", "custom_fields/leads"),
        ("companies/notes", "notes/companies"),
    ],
)
def test_list_is_served_whole(demo: DemoServer, world: World, path: str, key: str) -> None:
    assert sorted(ids(demo, path)) == sorted(world.store.amocrm[key])


def test_a_list_nobody_filled_has_no_elements(demo: DemoServer) -> None:
    assert demo.crm("catalogs/8002/elements").status_code == 204
    assert demo.crm("catalogs/8002/elements/800100").status_code == 204
    assert demo.crm("catalogs/8001/elements/800100").json()["catalog_id"] == 8001


def test_elements_are_found_by_id_and_say_where_they_lie(demo: DemoServer) -> None:
    element, _ = rows(demo, "catalogs/8001/elements?filter[id][]=800101&filter[id][]=800103")
    assert element["_links"]["self"]["href"].startswith(
        f"{demo.base_url}/amocrm/api/v4/catalogs/8001/elements/800101"
    )


def test_a_number_in_a_custom_field_is_text(demo: DemoServer) -> None:
    (price,) = [
        field["values"][0]["value"]
        for field in demo.crm("catalogs/8001/elements/800100").json()["custom_fields_values"]
        if field["field_code"] == "PRICE"
    ]
    assert price == "54"


CUSTOMERS = ("customers", "customers/tags", "customers/custom_fields", "customers/notes")


@pytest.mark.parametrize("path", [*CUSTOMERS, "customers/1", "customers/links"])
def test_everything_about_customers_is_unpaid_where_the_tariff_has_none(
    demo: DemoServer, path: str
) -> None:
    response = demo.crm(path)
    assert response.status_code == 402
    assert response.headers["content-type"] == "application/problem+json"
    assert demo.crm("account").json()["customers_mode"] == "disabled"


@pytest.mark.parametrize("path", CUSTOMERS)
def test_customers_are_served_where_the_tariff_has_them(
    serve_demo: ServeDemo, world: World, path: str
) -> None:
    demo = serve_demo(world, customers_mode="segments")
    assert rows(demo, path)
    assert demo.crm("account").json()["customers_mode"] == "segments"


def billed(world: World) -> tuple[int, dict[str, Any]]:
    """A deal with a company, a contact and products."""
    leads = world.store.amocrm["leads"]
    return next(
        (lead_id, leads[lead_id])
        for lead_id in world.store.products_of_leads
        if leads[lead_id]["_embedded"]["companies"]
    )


def test_links_of_a_deal_are_its_contacts_its_company_and_its_products(
    demo: DemoServer, world: World
) -> None:
    lead_id, lead = billed(world)
    links = rows(demo, f"leads/{lead_id}/links")
    contact, firm = lead["_embedded"]["contacts"][0], lead["_embedded"]["companies"][0]
    product = world.store.products_of_leads[lead_id][0]
    assert links == [
        {
            "to_entity_id": contact["id"],
            "to_entity_type": "contacts",
            "metadata": {"main_contact": True},
        },
        {"to_entity_id": firm["id"], "to_entity_type": "companies", "metadata": None},
        {
            "to_entity_id": product["id"],
            "to_entity_type": "catalog_elements",
            "metadata": {"quantity": product["metadata"]["quantity"], "catalog_id": 8001},
        },
    ]
    asked = "filter[to_entity_type]=catalog_elements&filter[to_catalog_id]=8001"
    assert rows(demo, f"leads/{lead_id}/links?{asked}") == links[2:]


def test_links_of_many_deals_name_their_owner_and_come_in_pages(
    demo: DemoServer, world: World
) -> None:
    owners = sorted(world.store.amocrm["leads"])[:12]
    query = "&".join(f"filter[entity_id][]={one}" for one in owners)
    links = rows(demo, f"leads/links?{query}&limit=5")
    alone = [
        {"entity_id": one, "entity_type": "leads", **link}
        for one in owners
        for link in rows(demo, f"leads/{one}/links")
    ]
    assert links == alone


def test_links_of_many_need_to_be_told_whose(demo: DemoServer) -> None:
    response = demo.crm("leads/links")
    assert response.status_code == 400
    (error,) = response.json()["validation-errors"][0]["errors"]
    assert error["path"] == "filter[entity_id]"


def test_a_company_is_linked_to_its_contacts_and_deals(demo: DemoServer, world: World) -> None:
    _, lead = billed(world)
    firm = lead["_embedded"]["companies"][0]["id"]
    there = {
        (one["to_entity_type"], one["to_entity_id"])
        for one in rows(demo, f"companies/{firm}/links")
    }
    assert ("leads", lead["id"]) in there
    assert ("contacts", lead["_embedded"]["contacts"][0]["id"]) in there
    embedded = demo.crm(f"companies/{firm}?with=leads").json()["_embedded"]
    assert lead["id"] in [one["id"] for one in embedded["leads"]]
    assert "contacts" not in embedded


def test_products_are_embedded_in_a_deal_when_asked(demo: DemoServer, world: World) -> None:
    lead_id, _ = billed(world)
    asked = demo.crm(f"leads/{lead_id}?with=catalog_elements").json()["_embedded"]
    assert asked["catalog_elements"] == world.store.products_of_leads[lead_id]
    assert "catalog_elements" not in demo.crm(f"leads/{lead_id}").json()["_embedded"]


def test_a_link_changes_with_the_card_it_lies_in(demo: DemoServer) -> None:
    gone = demo.desk("happen", {"name": "delete_contact"})
    links = rows(demo, f"leads/{gone['deal_id']}/links")
    assert "contacts" not in {link["to_entity_type"] for link in links}


def test_words_are_looked_for_in_names_and_fields(demo: DemoServer, world: World) -> None:
    contact = next(iter(world.store.amocrm["contacts"].values()))
    found = rows(demo, f"contacts?query={contact['last_name'].upper()}")
    assert contact["id"] in [one["id"] for one in found]
    assert all(contact["last_name"] in str(one) for one in found)


def test_events_are_filtered_by_the_stage_left(demo: DemoServer) -> None:
    stage = "filter[value_before][leads_statuses][0]"
    left = rows(demo, f"events?{stage}[pipeline_id]=3100&{stage}[status_id]=31003")
    assert {one["value_before"][0]["lead_status"]["id"] for one in left} == {31003}


def test_values_nobody_expects_are_served_as_they_are(demo: DemoServer) -> None:
    odd = demo.desk("happen", {"name": "odd_deal"})
    lead = demo.crm(f"leads/{odd['deal_id']}").json()
    assert (lead["price"], lead["custom_fields_values"]) == (None, None)
    assert lead["_embedded"]["tags"] == [{"id": 45, "name": "VIP"}]
    event = demo.crm(f"events/{odd['event_id']}").json()
    assert event["value_after"] == [{"lead_status": {"id": 31003}}]
    assert "result" not in demo.crm(f"tasks/{odd['task_id']}").json()


def test_a_new_field_appears_in_the_dictionary_and_in_a_deal(demo: DemoServer) -> None:
    new = demo.desk("happen", {"name": "new_field"})
    assert set(new["field_ids"]) <= set(ids(demo, "leads/custom_fields"))
    values = {
        field["field_type"]: field["values"][0]["value"]
        for field in demo.crm(f"leads/{new['deal_id']}").json()["custom_fields_values"]
        if field["field_id"] in new["field_ids"]
    }
    assert values["numeric"] == "12.5"
    assert isinstance(values["date"], int)


def test_a_deal_erased_without_a_word_is_nowhere(demo: DemoServer) -> None:
    erased = demo.desk("happen", {"name": "erase_deal_silently"})["deal_id"]
    assert demo.crm(f"leads/{erased}").status_code == 204
    assert erased not in ids(demo, "leads?with=only_deleted&limit=250")
    told = f"events?filter[entity]=lead&filter[entity_id]={erased}&filter[type]=lead_deleted"
    assert demo.crm(told).status_code == 204


def test_a_restored_deal_is_told_of_and_out_of_the_bin(demo: DemoServer) -> None:
    demo.desk("happen", {"name": "delete"})
    back = demo.desk("happen", {"name": "restore_deal"})["deal_id"]
    assert demo.crm(f"leads/{back}").json()["is_deleted"] is False
    assert back not in ids(demo, "leads?with=only_deleted&limit=250")
    (event,) = rows(demo, "events?filter[type]=lead_restored")
    assert (event["entity_id"], event["value_before"], event["value_after"]) == (back, [], [])
