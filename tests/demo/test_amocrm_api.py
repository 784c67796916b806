"""The amoCRM stand-in answers as the vendor documents it, over real HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

if TYPE_CHECKING:
    from tests.demo.conftest import DemoServer, ServeDemo

T0 = 1_767_225_600


def ids(response: httpx.Response, key: str = "leads") -> list[Any]:
    """Ids of the embedded items; nothing for 204."""
    if response.status_code == 204:
        return []
    assert response.status_code == 200, response.text
    return [item["id"] for item in response.json()["_embedded"][key]]


def test_answer_without_the_token_is_401_problem_json(demo: DemoServer) -> None:
    response = demo.crm("leads", headers={"Authorization": "Bearer wrong"})
    assert response.status_code == 401
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["status"] == 401


def test_lists_come_as_hal_json_with_a_request_id(demo: DemoServer) -> None:
    response = demo.crm("leads")
    assert response.headers["content-type"] == "application/hal+json"
    assert response.headers["x-request-id"]


@pytest.mark.parametrize(
    "path",
    [
        "leads?page=2",
        "leads?filter[id][]=777",
        "leads/777",
        "companies/777",
        "companies/notes",
        "leads/9",
        "leads/pipelines/1",
    ],
)
def test_nothing_found_is_204_with_an_empty_body(demo: DemoServer, path: str) -> None:
    response = demo.crm(path)
    assert (response.status_code, response.content) == (204, b"")


def test_unknown_method_is_404_problem_json(demo: DemoServer) -> None:
    response = demo.crm("nonsense")
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"


def test_first_page_links_only_to_itself_and_the_next(demo: DemoServer) -> None:
    body = demo.crm("leads?limit=2").json()
    assert body["_page"] == 1
    assert set(body["_links"]) == {"self", "next"}


def test_later_pages_link_to_first_and_previous_and_the_last_has_no_next(demo: DemoServer) -> None:
    body = demo.crm("leads?limit=2&page=3").json()
    assert set(body["_links"]) == {"self", "first", "prev"}
    assert "page=2" in body["_links"]["prev"]["href"]


def test_next_link_repeats_the_whole_query_on_the_servers_own_host(demo: DemoServer) -> None:
    query = f"with=contacts&filter%5Bupdated_at%5D%5Bfrom%5D={T0}&order[updated_at]=asc&limit=2"
    href = demo.crm(f"leads?{query}").json()["_links"]["next"]["href"]
    assert href.startswith(f"{demo.base_url}/amocrm/api/v4/leads?")
    assert parse_qs(urlsplit(href).query) == {
        "with": ["contacts"],
        "filter[updated_at][from]": [str(T0)],
        "order[updated_at]": ["asc"],
        "limit": ["2"],
        "page": ["2"],
    }


def test_following_next_visits_every_lead_once(demo: DemoServer) -> None:
    seen, path = [], "leads?limit=2&order[updated_at]=desc"
    while path:
        response = demo.crm(path)
        seen += ids(response)
        following = response.json()["_links"].get("next", {}).get("href", "")
        path = following.removeprefix(f"{demo.base_url}/amocrm/api/v4/")
    assert seen == [5, 4, 3, 2, 1]


def test_page_number_is_missing_when_one_item_is_asked_for(demo: DemoServer) -> None:
    assert "_page" not in demo.crm("leads?limit=1").json()


def test_items_of_a_list_carry_their_address_with_the_page(demo: DemoServer) -> None:
    item = demo.crm("leads?limit=2").json()["_embedded"]["leads"][0]
    assert item["_links"]["self"]["href"] == (
        f"{demo.base_url}/amocrm/api/v4/leads/1?page=1&limit=2"
    )


def test_events_are_cut_down_to_a_hundred_a_page(demo: DemoServer) -> None:
    body = demo.crm("events?limit=250").json()
    assert len(body["_embedded"]["events"]) == 100
    assert "limit=100" in body["_links"]["next"]["href"]


def test_contacts_and_loss_reason_are_embedded_only_when_asked(demo: DemoServer) -> None:
    plain = demo.crm("leads/2").json()
    assert set(plain["_embedded"]) == {"tags", "companies"}
    assert "source_id" not in plain
    asked = demo.crm("leads/2?with=contacts,loss_reason,source_id").json()
    assert asked["_embedded"]["contacts"][0]["is_main"] is True
    assert asked["_embedded"]["loss_reason"][0]["name"] == "Дорого"
    assert asked["source_id"] is None


def test_serving_does_not_change_the_store(demo: DemoServer) -> None:
    demo.crm("leads?with=contacts,loss_reason")
    record = demo.store.amocrm["leads"][1]
    assert "_links" not in record
    assert record["_embedded"]["contacts"] == [{"id": 21, "is_main": True}]


def test_only_deleted_gives_reduced_rows_of_deleted_leads(demo: DemoServer) -> None:
    (row,) = demo.crm("leads?with=only_deleted").json()["_embedded"]["leads"]
    del row["_links"]
    assert row == {"id": 9, "updated_at": T0 + 500, "updated_by": 9101, "is_deleted": True}
    later = demo.crm(f"leads?with=only_deleted&filter[updated_at][from]={T0 + 501}")
    assert later.status_code == 204


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (f"filter[updated_at][from]={T0 + 60}&filter[updated_at][to]={T0 + 120}", [2, 3]),
        (f"filter%5Bupdated_at%5D%5Bfrom%5D={T0 + 180}", [4, 5]),
        (f"filter[closed_at][from]={T0}", [2]),
        ("filter[id][]=1&filter[id][]=3", [1, 3]),
        ("filter[id][0]=1&filter[id][1]=3", [1, 3]),
        ("filter[id]=1,3", [1, 3]),
        ("filter[pipeline_id][]=3300", []),
        ("filter[responsible_user_id][]=9101&filter[id][]=5", [5]),
        ("filter[statuses][0][pipeline_id]=3100&filter[statuses][0][status_id]=143", [2]),
        ("filter[price][to]=2000", [1, 2]),
        ("order[id]=desc&limit=2", [5, 4]),
    ],
)
def test_leads_are_filtered_and_ordered(demo: DemoServer, query: str, expected: list[int]) -> None:
    assert ids(demo.crm(f"leads?{query}")) == expected


@pytest.mark.parametrize("form", ["filter[type]", "filter[type][]", "filter[type][0]"])
def test_event_type_filter_is_understood_in_three_forms(demo: DemoServer, form: str) -> None:
    events = demo.crm(f"events?{form}=lead_status_changed").json()["_embedded"]["events"]
    assert {event["type"] for event in events} == {"lead_status_changed"}


def test_events_are_filtered_by_the_stage_reached(demo: DemoServer) -> None:
    stage = "filter[value_after][leads_statuses][0]"
    reached = demo.crm(f"events?{stage}[pipeline_id]=3100&{stage}[status_id]=142&limit=100")
    assert len(ids(reached, "events")) == 100
    assert ids(demo.crm(f"events?{stage}[pipeline_id]=3100&{stage}[status_id]=143"), "events") == []


def test_events_come_newest_first_and_name_their_entity(demo: DemoServer) -> None:
    first = demo.crm("events?limit=2").json()["_embedded"]["events"][0]
    assert first["id"] == "e249"
    assert first["_embedded"]["entity"]["_links"]["self"]["href"].endswith("/api/v4/leads/1")


def test_tasks_are_filtered_by_completion_and_entity(demo: DemoServer) -> None:
    done = demo.crm("tasks?filter[is_completed]=1&filter[entity_type]=leads&filter[entity_id][]=1")
    assert ids(done, "tasks") == [41]
    assert done.json()["_embedded"]["tasks"][0]["result"] == {"text": "Готово"}


def test_notes_are_listed_by_kind_and_by_lead(demo: DemoServer) -> None:
    assert ids(demo.crm("leads/notes?filter[note_type]=call_in,call_out"), "notes") == [51]
    assert ids(demo.crm("leads/1/notes"), "notes") == [51, 52]
    assert demo.crm("leads/2/notes").status_code == 204


def test_unsorted_items_are_keyed_by_uid_and_name_their_lead(demo: DemoServer) -> None:
    (item,) = demo.crm("leads/unsorted?filter[category][]=sip").json()["_embedded"]["unsorted"]
    assert item["uid"] == "u2"
    assert item["_embedded"]["leads"][0]["id"] == 1
    assert demo.crm("leads/unsorted/u1").json()["category"] == "forms"


def test_users_tell_their_group_and_count(demo: DemoServer) -> None:
    body = demo.crm("users?with=group").json()
    assert (body["_total_items"], body["_page"], body["_page_count"]) == (2, 1, 1)
    groups = [item["_embedded"]["groups"] for item in body["_embedded"]["users"]]
    assert groups == [[{"id": 11, "name": "Отдел опта"}], [{"id": 0, "name": "Отдел продаж"}]]


def test_account_tells_time_zone_and_groups_when_asked(demo: DemoServer) -> None:
    assert "_embedded" not in demo.crm("account").json()
    body = demo.crm("account?with=users_groups,datetime_settings").json()
    assert body["id"] == 31000001
    assert body["_embedded"]["datetime_settings"]["timezone"] == "Europe/Moscow"
    assert [group["id"] for group in body["_embedded"]["users_groups"]] == [0, 11]


def test_pipelines_come_whole_with_their_statuses(demo: DemoServer) -> None:
    body = demo.crm("leads/pipelines").json()
    assert body["_total_items"] == 2
    assert "_page" not in body
    statuses = demo.crm("leads/pipelines/3300/statuses").json()["_embedded"]["statuses"]
    assert [status["id"] for status in statuses] == [142, 143]


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("leads/loss_reasons", "loss_reasons"),
        ("leads/custom_fields", "custom_fields"),
        ("contacts", "contacts"),
        ("companies", "companies"),
    ],
)
def test_other_lists_are_served(demo: DemoServer, path: str, key: str) -> None:
    assert len(ids(demo.crm(path), key)) == 1


def test_event_types_are_a_dictionary(demo: DemoServer) -> None:
    body = demo.crm("events/types").json()
    assert body["_total_items"] == len(body["_embedded"]["events_types"])


@pytest.mark.parametrize(
    "query",
    [
        "limit=zero",
        "page=0",
        "filter[updated_at][from]=yesterday",
        "filter[nonsense]=1",
        "filter[statuses][0][status_id]=142",
        "order[price]=asc",
        "order[id]=up",
    ],
)
def test_undocumented_parameter_is_refused_by_name(demo: DemoServer, query: str) -> None:
    response = demo.crm(f"leads?{query}")
    assert response.status_code == 400
    (refused,) = response.json()["validation-errors"][0]["errors"]
    assert refused["path"].startswith(query.split("=")[0].split("[")[0])


def test_too_many_requests_get_a_429_html_page_until_a_second_passes(
    serve_demo: ServeDemo,
) -> None:
    demo = serve_demo(requests_per_second=3)
    answers = [demo.crm("account") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[-1].headers["content-type"].startswith("text/html")
    demo.clock.now += 1
    assert demo.crm("account").status_code == 200


def test_a_client_that_ignores_429_is_blocked_for_a_while(serve_demo: ServeDemo) -> None:
    demo = serve_demo(requests_per_second=1)
    statuses = [demo.crm("account").status_code for _ in range(23)]
    assert statuses == [200] + 20 * [429] + 2 * [403]
    demo.clock.now += 29
    assert demo.crm("account").status_code == 403
    demo.clock.now += 2
    assert demo.crm("account").status_code == 200
