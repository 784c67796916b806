"""The Bitrix24 stand-in over real HTTP: what its lists show of the company, in both families."""

from collections import Counter
from copy import deepcopy

import httpx
import pytest

from demo import company


@pytest.fixture
def portal(serve_demo, company_world):
    return serve_demo(company_world)


def by_ids(portal, method, id_name="ID", **params):
    """Every row, page by page, behind the last id seen."""
    rows, last = [], 0
    while True:
        filter_ = {**params.get("filter", {}), f">{id_name}": last}
        asked = {**params, "filter": filter_, "order": {id_name: "ASC"}, "start": -1}
        answer = portal.bitrix24(method, **asked).json()
        assert answer["total"] == 0
        assert "next" not in answer
        result = answer["result"]
        page = result if isinstance(result, list) else next(iter(result.values()))
        rows += page
        if len(page) < 50:
            return rows
        last = int(page[-1][id_name])


def test_an_enquiry_is_a_lead_and_what_came_of_it_a_deal_that_names_it(portal, company_world):
    leads = {lead["ID"]: lead for lead in by_ids(portal, "crm.lead.list")}
    deals = {deal["ID"]: deal for deal in by_ids(portal, "crm.deal.list")}

    converted = {one for one, lead in leads.items() if lead["STATUS_ID"] == "CONVERTED"}
    assert converted
    assert {deal["LEAD_ID"] for deal in deals.values() if deal["LEAD_ID"]} == converted
    held = {str(number) for number in company_world.store.amocrm["leads"]}
    assert leads.keys() | deals.keys() == held
    assert Counter(lead["STATUS_SEMANTIC_ID"] for lead in leads.values()).keys() == {"P", "S", "F"}


def test_won_deals_and_their_sums_are_those_of_the_other_crm(portal, company_world):
    won = {
        deal["ID"]: deal["OPPORTUNITY"]
        for deal in by_ids(portal, "crm.deal.list")
        if deal["CATEGORY_ID"] == "0" and deal["STAGE_SEMANTIC_ID"] == "S"
    }
    assert won == {
        str(number): f"{record['price']:.2f}"
        for number, record in company_world.store.amocrm["leads"].items()
        if (record["pipeline_id"], record["status_id"]) == (company.SALES, company.WON)
    }


def test_a_failure_without_a_reason_stands_in_a_stage_of_its_own(portal):
    lost = by_ids(portal, "crm.deal.list", filter={"STAGE_SEMANTIC_ID": "F"})
    assert {(deal["STAGE_ID"], bool(deal["UF_CRM_LOSS_REASON"])) for deal in lost} == {
        ("LOSE", True),
        ("APOLOGY", False),
    }


@pytest.mark.parametrize(
    ("entity", "word"), [(1, "lead"), (2, "deal"), (3, "contact"), (4, "company")]
)
def test_both_families_show_the_same_cards(portal, entity, word):
    asked = {"select": ["*", "UF_*", "PHONE", "EMAIL"]}
    old = by_ids(portal, f"crm.{word}.list", **asked)
    items = by_ids(portal, "crm.item.list", "id", entityTypeId=entity, select=["*"])

    assert [card["ID"] for card in old] == [str(item["id"]) for item in items]
    for card, item in zip(old, items, strict=True):
        assert card["ASSIGNED_BY_ID"] == str(item["assignedById"])
        assert card["DATE_MODIFY"] == item["updatedTime"]
        phones = [one["VALUE"] for one in card.get("PHONE", [])]
        of_item = [one["value"] for one in item.get("fm", []) if one["typeId"] == "PHONE"]
        assert phones == of_item
    assert all(isinstance(item["id"], int) for item in items)


def test_a_list_is_counted_and_paged_by_start(portal):
    first = portal.bitrix24("crm.deal.list", order={"ID": "ASC"}).json()
    last = portal.bitrix24("crm.deal.list", order={"ID": "ASC"}, start=first["total"] - 1).json()

    assert (first["next"], len(first["result"])) == (50, 50)
    assert len(last["result"]) == 1
    assert "next" not in last


def test_phones_come_only_when_they_are_named(portal):
    bare = portal.bitrix24("crm.contact.list", select=["*", "UF_*"]).json()["result"]
    named = portal.bitrix24("crm.contact.list", select=["*", "PHONE"]).json()["result"]

    assert not any("PHONE" in contact for contact in bare)
    assert any(contact["PHONE"][0]["TYPE_ID"] == "PHONE" for contact in named if "PHONE" in contact)


def test_a_filter_compares_moments_in_any_zone(portal):
    deals = by_ids(portal, "crm.deal.list")
    bound = sorted(deal["DATE_MODIFY"] for deal in deals)[len(deals) // 2]
    in_utc = f"{int(bound[11:13]) - 3:02}".join((bound[:11], bound[13:19])) + "+00:00"

    newer = by_ids(portal, "crm.deal.list", filter={">=DATE_MODIFY": in_utc})

    assert {deal["ID"] for deal in newer} == {
        deal["ID"] for deal in deals if deal["DATE_MODIFY"] >= bound
    }
    assert 0 < len(newer) < len(deals)


def test_a_query_may_come_in_the_address_as_php_reads_it(portal):
    deal = portal.bitrix24("crm.deal.list").json()["result"][3]
    address = f"{portal.base_url}/bitrix24/rest/9100/demo-webhook/crm.deal.list.json"
    query = f"filter%5BID%5D={deal['ID']}&select[]=ID&start=-1"

    assert httpx.get(f"{address}?{query}").json()["result"] == [deal]


def test_history_tells_how_each_deal_came_to_its_stage(portal):
    deals = {deal["ID"]: deal for deal in by_ids(portal, "crm.deal.list")}
    history = by_ids(portal, "crm.stagehistory.list", entityTypeId=2)
    last = {}
    for row in sorted(history, key=lambda row: row["CREATED_TIME"]):
        last[row["OWNER_ID"]] = row

    apart = [
        one
        for one, deal in deals.items()
        if last[one]["STAGE_ID"] != deal["STAGE_ID"].replace("APOLOGY", "LOSE")
    ]
    assert apart == []
    assert Counter(row["TYPE_ID"] for row in history).keys() == {"1", "2", "3", "5"}
    of_leads = by_ids(portal, "crm.stagehistory.list", entityTypeId=1)
    assert Counter(row["TYPE_ID"] for row in of_leads).keys() == {1, 3}


def test_the_same_call_stands_in_activities_and_in_telephony(portal):
    activities = by_ids(portal, "crm.activity.list", select=["*", "COMMUNICATIONS"])
    calls = portal_calls(portal)

    linked = {call["CRM_ACTIVITY_ID"]: call for call in calls if call["CRM_ACTIVITY_ID"]}
    rung = {one["ID"]: one for one in activities if one["PROVIDER_ID"] == "VOXIMPLANT_CALL"}
    assert linked.keys() <= rung.keys()
    for number, call in linked.items():
        assert rung[number]["COMMUNICATIONS"][0]["VALUE"] == call["PHONE_NUMBER"]
        assert rung[number]["ORIGIN_ID"] == f"VI_{call['EXTERNAL_CALL_ID']}"
    assert any(call["CRM_ACTIVITY_ID"] is None for call in calls)


def portal_calls(portal):
    rows, start = [], 0
    while start is not None:
        answer = portal.bitrix24(
            "voximplant.statistic.get", SORT="ID", ORDER="ASC", start=start
        ).json()
        rows += answer["result"]
        start = answer.get("next")
    assert len(rows) == answer["total"]
    return rows


def test_tasks_are_bound_to_leads_and_deals_that_are_there(portal):
    deals = {deal["ID"] for deal in by_ids(portal, "crm.deal.list")}
    answer = portal.bitrix24("tasks.task.list", select=["ID", "UF_CRM_TASK"], start=0).json()

    bound = [task["ufCrmTask"][0].split("_") for task in answer["result"]["tasks"]]
    assert bound
    assert {number for kind, number in bound if kind == "D"} <= deals


def test_dictionaries_name_every_stage_and_every_person(portal):
    answer = portal.bitrix24("crm.status.list").json()
    statuses = answer["result"] + portal.bitrix24("crm.status.list", start=50).json()["result"]
    stages = {one["STATUS_ID"] for one in statuses if one["ENTITY_ID"].startswith("DEAL_STAGE")}
    users = portal.bitrix24("user.get", sort="ID", order="ASC").json()["result"]
    categories = portal.bitrix24("crm.category.list", entityTypeId=2).json()["result"]
    departments = portal.bitrix24("department.get").json()["result"]

    assert {deal["STAGE_ID"] for deal in by_ids(portal, "crm.deal.list")} <= stages
    assert {user["ID"] for user in users} == {str(one.id) for one in company.EMPLOYEES}
    assert users[0]["TIMESTAMP_X"] == {}
    assert [one["id"] for one in categories["categories"]] == [1, 2, 0]
    assert {str(one) for user in users for one in user["UF_DEPARTMENT"]} == {
        one["ID"] for one in departments
    }


def test_what_happens_is_seen_at_once_and_no_id_moves(serve_demo, company_world):
    portal = serve_demo(deepcopy(company_world))
    before = {row["ID"] for row in by_ids(portal, "crm.stagehistory.list", entityTypeId=2)}
    done = portal.desk("happen", {"name": "stage_move"})

    history = by_ids(portal, "crm.stagehistory.list", entityTypeId=2)
    new = [row for row in history if row["ID"] not in before]
    assert before < {row["ID"] for row in history}
    assert [row["OWNER_ID"] for row in new] == [str(done["deal_id"])]
