"""A client nobody here wrote reads the Bitrix24 stand-in over real HTTP: what it holds is what is
there. It is the check that the stand-in and the product do not share one misreading.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from demo.bitrix24_cards import Cards
from demo.settings import BitrixApplication

fast = pytest.importorskip("fast_bitrix24", reason="dependency group `clients` is not installed")

if TYPE_CHECKING:
    from demo.world import World
    from tests.demo.conftest import DemoServer, ServeDemo

OURS = BitrixApplication()


@pytest.fixture
def portal(serve_demo: ServeDemo, company_world: World) -> DemoServer:
    return serve_demo(company_world)


@pytest.fixture
def client(portal: DemoServer) -> Any:
    return fast.Bitrix(f"{portal.base_url}/bitrix24/rest/9100/demo-webhook/", verbose=False)


@pytest.fixture
def cards(company_world: World) -> Cards:
    return Cards(company_world.store)


def test_it_gets_all_of_the_old_lists(client: Any, cards: Cards) -> None:
    """By batches of numbered pages, as many as `total` says."""
    lists = {
        "lead": cards.leads(),
        "deal": cards.deals(),
        "contact": cards.contacts(),
        "company": cards.companies(),
    }
    for word, held in lists.items():
        got = client.get_all(f"crm.{word}.list", {"select": ["ID"]})
        assert {card["ID"] for card in got} == {card["ID"] for card in held}, word
        assert len(got) > 100


def test_it_gets_all_items_of_the_new_list(client: Any, cards: Cards) -> None:
    got = client.get_all("crm.item.list", {"entityTypeId": 2})
    assert {item["id"] for item in got} == {int(card["ID"]) for card in cards.deals()}


def test_it_gets_history_tasks_activities_and_calls(client: Any, company_world: World) -> None:
    history = client.get_all("crm.stagehistory.list", {"entityTypeId": 2})
    tasks = client.get_all("tasks.task.list", {"select": ["ID", "TITLE"]})
    activities = client.get_all("crm.activity.list")
    calls = client.get_all("voximplant.statistic.get")

    assert len({row["ID"] for row in history}) == len(history) > 500
    assert {int(task["id"]) for task in tasks} == set(company_world.store.amocrm["tasks"])
    linked = {call["CRM_ACTIVITY_ID"] for call in calls} - {None}
    assert linked <= {activity["ID"] for activity in activities}


def test_it_gets_dictionaries(client: Any) -> None:
    statuses = client.get_all("crm.status.list")
    users = client.get_all("user.get")
    categories = client.get_all("crm.category.list", {"entityTypeId": 2})

    stages = {"DEAL_STAGE", "DEAL_STAGE_1", "DEAL_STAGE_2"}
    assert {one["ENTITY_ID"] for one in statuses} == stages | {"STATUS", "SOURCE"}
    assert all(user["ACTIVE"] is True for user in users)
    assert {one["name"] for one in categories} == {"Продажи", "Прогрев", "Сервис"}


def test_its_filters_hold(client: Any, cards: Cards) -> None:
    won = client.get_all("crm.deal.list", {"filter": {"STAGE_SEMANTIC_ID": "S"}})
    assert {deal["ID"] for deal in won} == {
        deal["ID"] for deal in cards.deals() if deal["STAGE_SEMANTIC_ID"] == "S"
    }
    some = sorted(deal["ID"] for deal in won)[:3]
    named = client.get_all("crm.deal.list", {"filter": {"@ID": some}})
    assert sorted(deal["ID"] for deal in named) == some


def test_it_feeds_one_call_with_what_another_found(client: Any, cards: Cards) -> None:
    first = min(int(deal["ID"]) for deal in cards.deals())
    got = client.call_batch(
        {
            "halt": 0,
            "cmd": {
                "one": f"crm.deal.list?filter[ID]={first}",
                "history": "crm.stagehistory.list?entityTypeId=2"
                "&filter[OWNER_ID]=$result[one][0][ID]",
            },
        }
    )
    assert {row["OWNER_ID"] for row in got["history"]["items"]} == {str(first)}


def test_a_refusal_inside_a_batch_is_an_error_to_it(client: Any) -> None:
    with pytest.raises(Exception, match="ERROR_METHOD_NOT_FOUND"):
        client.call_batch({"halt": 0, "cmd": {"one": "crm.nothing.list"}})


def test_it_asks_for_a_token_again_when_the_old_one_is_refused(
    portal: DemoServer, cards: Cards
) -> None:
    given: list[str] = []

    async def token() -> str:
        """The first one is of no use."""
        if not given:
            given.append("none")
            return "none"
        grant = {"grant_type": "authorization_code", "code": OURS.code}
        known = {"client_id": OURS.client_id, "client_secret": OURS.client_secret}
        answer = httpx.get(f"{portal.base_url}/bitrix24/oauth/token/", params=grant | known)
        given.append(answer.json()["access_token"])
        return given[-1]

    client = fast.Bitrix(f"{portal.base_url}/bitrix24/rest/", token_func=token, verbose=False)
    got = client.get_all("crm.company.list")

    assert len(got) == len(list(cards.companies()))
    assert len(given) == 2


def test_it_is_never_refused_at_the_vendors_limits(
    serve_demo: ServeDemo, company_world: World
) -> None:
    """The bucket of the stand-in is no smaller than the vendor says."""
    portal = serve_demo(company_world, haste=1)
    client = fast.Bitrix(f"{portal.base_url}/bitrix24/rest/9100/demo-webhook/", verbose=False)

    got = client.get_all("crm.activity.list")

    assert len(got) > 500
    assert client.srh.successive_results > 0
