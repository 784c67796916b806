"""The Bitrix24 stand-in over real HTTP: rights, limits, tokens, batches, errors of all shapes."""

import httpx
import pytest

from demo.settings import BitrixApplication

OURS = BitrixApplication()


@pytest.fixture
def portal(serve_demo, company_world):
    return serve_demo(company_world)


def refused(response):
    body = response.json()
    return response.status_code, body["error"], body.get("error_description")


@pytest.mark.parametrize(
    ("method", "params", "answer"),
    [
        ("crm.deal.list", {"filter": "x"}, (400, "", "Parameter 'filter' must be array.")),
        ("crm.stagehistory.list", {"entityTypeId": 7}, (400, 0, "Entity is not supported")),
        ("crm.category.list", {}, (400, "NOT_FOUND", "Smart process not found")),
        (
            "call.followup.list",
            {},
            (
                400,
                {
                    "code": "invalid_date_range",
                    "message": "Incorrect date range: both from and to are required",
                },
                None,
            ),
        ),
        ("crm.nothing.list", {}, (404, "ERROR_METHOD_NOT_FOUND", "Method not found!")),
        (
            "crm.item.list",
            {"entityTypeId": 2, "filter": {"FIELD": 1}},
            (
                400,
                "INVALID_ARG_VALUE",
                "Invalid filter: field 'FIELD' is not allowed in filter",
            ),
        ),
    ],
)
def test_an_error_is_not_always_a_code(portal, method, params, answer):
    assert refused(portal.bitrix24(method, **params)) == answer


def test_the_old_family_ignores_a_filter_it_does_not_know(portal):
    whole = portal.bitrix24("crm.deal.list").json()["total"]
    assert portal.bitrix24("crm.deal.list", filter={"FIELD": 1}).json()["total"] == whole


def test_another_webhook_is_refused(portal):
    wrong = httpx.post(f"{portal.base_url}/bitrix24/rest/9100/other/crm.deal.list")
    assert refused(wrong)[:2] == (401, "INVALID_CREDENTIALS")


def test_a_scope_that_was_not_given_is_refused(serve_demo, company_world):
    portal = serve_demo(company_world)
    portal.desk("portal", {"scopes": ["crm"]})

    assert portal.bitrix24("crm.deal.list").status_code == 200
    assert refused(portal.bitrix24("tasks.task.list"))[:2] == (403, "insufficient_scope")


def test_rows_of_others_vanish_with_the_right_to_see_them(serve_demo, company_world):
    portal = serve_demo(company_world)
    whole = portal.bitrix24("crm.deal.list").json()["total"]
    portal.desk("portal", {"visible_to": 9101})

    seen = portal.bitrix24("crm.deal.list").json()
    assert 0 < seen["total"] < whole
    assert {deal["ASSIGNED_BY_ID"] for deal in seen["result"]} == {"9101"}
    assert refused(portal.bitrix24("voximplant.statistic.get"))[1] == "ACCESS_DENIED"
    assert portal.bitrix24("profile").json()["result"]["ADMIN"] is False


def test_fifty_requests_at_once_then_two_a_second(serve_demo, company_world):
    portal = serve_demo(company_world, haste=1)
    answers = [portal.bitrix24("server.time") for _ in range(51)]

    assert [answer.status_code for answer in answers] == [200] * 50 + [503]
    assert refused(answers[-1])[1] == "QUERY_LIMIT_EXCEEDED"
    portal.clock.now += 1
    assert [portal.bitrix24("server.time").status_code for _ in range(3)] == [200, 200, 503]


def test_a_method_that_worked_too_long_rests_until_it_is_forgotten(serve_demo, company_world):
    portal = serve_demo(company_world)
    portal.desk("portal", {"work_seconds": 300})
    worked = [portal.bitrix24("crm.deal.list").json()["time"] for _ in range(2)]

    assert [one["operating"] for one in worked] == [300, 600]
    assert refused(portal.bitrix24("crm.deal.list"))[:2] == (429, "OPERATION_TIME_LIMIT")
    assert portal.bitrix24("crm.lead.list").status_code == 200
    portal.desk("clock", {"forward_seconds": 601})
    assert portal.bitrix24("crm.deal.list").status_code == 200


def test_time_does_not_always_say_how_long_it_worked(portal):
    assert "operating" not in portal.bitrix24("crm.status.list").json()["time"]
    assert "operating_reset_at" in portal.bitrix24("crm.deal.list").json()["time"]


def test_a_batch_feeds_one_call_with_what_another_found(portal):
    page = "crm.deal.list?order[ID]=ASC&start=-1&filter[>ID]="
    commands = {"a": page + "0", "b": page + "$result[a][49][ID]", "c": "crm.nothing.list"}

    answer = portal.bitrix24("batch", halt=0, cmd=commands).json()["result"]

    first, second = answer["result"]["a"], answer["result"]["b"]
    assert int(second[0]["ID"]) > int(first[-1]["ID"])
    assert answer["result_error"]["c"]["error"] == "ERROR_METHOD_NOT_FOUND"
    assert answer["result_next"] == []
    assert answer["result_time"].keys() == {"a", "b"}


def test_a_batch_stops_at_an_error_when_told_to_and_holds_no_batch(portal):
    commands = {"a": "batch?cmd[x]=scope", "b": "scope"}

    halted = portal.bitrix24("batch", halt=1, cmd=commands).json()["result"]
    going_on = portal.bitrix24("batch", halt=0, cmd=commands).json()["result"]

    assert halted["result"] == []
    assert halted["result_error"]["a"]["error"] == "ERROR_BATCH_METHOD_NOT_ALLOWED"
    assert going_on["result"].keys() == {"b"}


def token(portal, **grant):
    known = {"client_id": OURS.client_id, "client_secret": OURS.client_secret}
    return httpx.get(f"{portal.base_url}/bitrix24/oauth/token/", params=known | grant)


def test_an_application_reads_with_a_pair_that_replaces_itself(portal):
    first = token(portal, grant_type="authorization_code", code=OURS.code).json()
    address = f"{portal.base_url}/bitrix24/rest/server.time"
    second = token(portal, grant_type="refresh_token", refresh_token=first["refresh_token"]).json()

    assert first["client_endpoint"] == f"{portal.base_url}/bitrix24/rest/"
    assert httpx.get(address, params={"auth": second["access_token"]}).status_code == 200
    old = httpx.get(address, params={"auth": first["access_token"]})
    assert refused(old)[:2] == (401, "NO_AUTH_FOUND")
    again = token(portal, grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert refused(again)[1] == "invalid_grant"
    code = token(portal, grant_type="authorization_code", code=OURS.code)
    assert refused(code)[1] == "invalid_grant"


def test_an_access_token_expires_within_the_hour(serve_demo, company_world):
    portal = serve_demo(company_world)
    pair = token(portal, grant_type="authorization_code", code=OURS.code).json()
    portal.desk("clock", {"forward_seconds": 3601})

    late = httpx.get(
        f"{portal.base_url}/bitrix24/rest/server.time", params={"auth": pair["access_token"]}
    )
    assert refused(late)[:2] == (401, "expired_token")


def test_the_desk_refuses_what_is_no_switch_of_the_portal(portal):
    answer = httpx.post(f"{portal.base_url}/demo/portal", json={"scope": []})
    assert answer.status_code == 400
    assert "scopes" in answer.json()["error"]
