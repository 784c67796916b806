"""The stand-in of Yandex Direct: its queue, layouts, money, goals, codes; and what the ads did."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from demo import yandex_direct_ads as ads
from demo.world import World, build_world

if TYPE_CHECKING:
    from tests.demo.conftest import DemoServer, ServeDemo

AS_OF = datetime(2026, 11, 20, 9, tzinfo=UTC)
DECIMALS = {"returnMoneyInMicros": "false"}
PLAIN = {"skipReportHeader": "true", "skipReportSummary": "true"}


@pytest.fixture(scope="module")
def world() -> World:
    return build_world(seed=3, months=3, scale=0.3, as_of=AS_OF)


@pytest.fixture
def ask(serve_demo: ServeDemo, world: World) -> Any:
    """Starts a server at the moment `now` and gives it and how to post a question."""

    def start(now: datetime = AS_OF, **settings: Any) -> tuple[DemoServer, Any]:
        demo = serve_demo(replace(world, as_of=now), **settings)

        def post(service: str, params: Any, version: str = "v501", **headers: str) -> Any:
            given = {"Authorization": "Bearer demo-direct", "Client-Login": ads.LOGIN} | headers
            address = f"{demo.base_url}/yandex_direct/json/{version}/{service}"
            return httpx.post(address, json={"method": "get", "params": params}, headers=given)

        return demo, post

    return start


def report(
    name: str = "r", first: str = "2026-11-01", last: str = "2026-11-20", **more: Any
) -> Any:
    return {
        "SelectionCriteria": {"DateFrom": first, "DateTo": last},
        "FieldNames": ["Date", "CampaignId", "Impressions", "Clicks", "Cost"],
        "ReportName": name,
        "ReportType": "CUSTOM_REPORT",
        "DateRangeType": "CUSTOM_DATE",
        "Format": "TSV",
        "IncludeVAT": "NO",
        **more,
    }


def cells(answer: httpx.Response) -> list[list[str]]:
    assert answer.status_code == 200, answer.text
    return [line.split("\t") for line in answer.text.splitlines()]


def code(answer: httpx.Response) -> tuple[int, int]:
    return answer.status_code, answer.json()["error"]["error_code"]


def test_everybody_who_came_by_an_ad_had_clicked_on_it(world: World) -> None:
    deals = [*world.store.amocrm["leads"].values(), *world.store.deleted_leads.values()]
    tags = Counter(
        field["values"][0]["value"]
        for deal in deals
        for field in deal["custom_fields_values"] or []
        if field["field_name"] == "utm_campaign"
    )
    sent = Counter(
        click.campaign.tag
        for click in ads.clicks(world.store, int(AS_OF.timestamp()))
        if click.sent_at is not None
    )

    names = {"search_cable", "search_led", "rsya_wholesale", "brand"}
    assert sent == {name: count for name, count in tags.items() if name in names}
    assert sent.keys() == names


def test_clicks_are_the_same_whoever_draws_and_later_ones_come_behind(world: World) -> None:
    early = ads.clicks(world.store, int(AS_OF.timestamp()))
    random.seed(5)
    late = ads.clicks(world.store, int((AS_OF + timedelta(days=9)).timestamp()))

    assert late[: len(early)] == early
    assert len(late) > len(early)


def test_the_ledger_tells_what_direct_says_in_the_end(ask: Any, world: World) -> None:
    later = AS_OF + timedelta(days=5)
    _, post = ask(later)
    asked = report(first="2026-10-01", last="2026-11-15")
    rows = cells(post("reports", asked, **DECIMALS, **PLAIN))[1:]

    told = [row for row in world.truth()["ad_spend"] if row["login"] == ads.LOGIN]
    assert [[row[0], int(row[1]), int(row[2]), int(row[3]), float(row[4])] for row in rows] == [
        [row["date"], row["campaign_id"], row["impressions"], row["clicks"], row["amount"]]
        for row in told
        if "2026-10-01" <= row["date"] <= "2026-11-15"
    ]


def test_figures_of_the_last_days_are_restated_and_older_ones_stay(ask: Any) -> None:
    rows = []
    for now in (AS_OF, AS_OF + timedelta(days=4)):
        _, post = ask(now)
        rows.append({tuple(row[:2]): row[2:] for row in cells(post("reports", report(), **PLAIN))})

    before, after = rows
    changed = {key[0] for key in before if before[key] != after.get(key)}
    assert "2026-11-19" in changed
    assert min(changed) >= "2026-11-16"


def test_a_report_is_queued_made_and_kept_for_five_hours(ask: Any) -> None:
    demo, post = ask(direct_ready_after_seconds=30)
    first = post("reports", report())
    demo.clock.now += 20
    second = post("reports", report())
    demo.clock.now += 10
    third = post("reports", report())
    demo.clock.now += 5 * 3600 - 1
    kept = post("reports", report())
    demo.clock.now += 2
    forgotten = post("reports", report())

    assert [one.status_code for one in (first, second, third)] == [201, 202, 200]
    assert (first.headers["retryIn"], first.headers["reportsInQueue"]) == ("30", "1")
    assert second.headers["retryIn"] == "10"
    assert first.content == second.content == b""
    assert kept.text == third.text
    assert forgotten.status_code == 201
    assert first.headers["RequestId"] != second.headers["RequestId"]


def test_other_parameters_under_a_name_in_use_are_refused(ask: Any) -> None:
    _, post = ask(direct_ready_after_seconds=30)
    post("reports", report())

    answer = post("reports", report(IncludeVAT="YES"))

    assert code(answer) == (400, 4000)


def test_a_sixth_report_in_the_queue_is_refused(ask: Any) -> None:
    demo, post = ask(direct_ready_after_seconds=30)
    ordered = [post("reports", report(f"r{number}")) for number in range(6)]
    demo.clock.now += 30
    later = post("reports", report("r5"))

    assert [one.status_code for one in ordered] == [201] * 5 + [400]
    assert code(ordered[5]) == (400, 9000)
    assert later.status_code == 201


def test_headers_say_which_lines_come_and_whether_money_is_in_millionths(ask: Any) -> None:
    _, post = ask()
    whole = cells(post("reports", report()))
    bare = cells(post("reports", report(), skipColumnHeader="true", **DECIMALS, **PLAIN))

    assert whole[0] == ['"r (2026-11-01 - 2026-11-20)"']
    assert whole[1] == ["Date", "CampaignId", "Impressions", "Clicks", "Cost"]
    assert whole[-1] == [f"Total rows: {len(bare)}"]
    for in_millionths, in_roubles in zip(whole[2:-1], bare, strict=True):
        assert in_millionths[:4] == in_roubles[:4]
        assert int(in_millionths[4]) == round(float(in_roubles[4]) * 1_000_000)


def test_vat_is_that_of_the_year(ask: Any) -> None:
    _, post = ask()
    with_vat, without = (
        cells(post("reports", report(IncludeVAT=vat), **DECIMALS, **PLAIN))[1:]
        for vat in ("YES", "NO")
    )

    for gross, net in zip(with_vat, without, strict=True):
        assert float(gross[4]) == pytest.approx(float(net[4]) * 1.22, abs=0.02)


def test_goals_have_a_column_each_and_one_that_nobody_set_has_no_number(ask: Any) -> None:
    _, post = ask()
    asked = report(
        FieldNames=["CampaignId", "Conversions", "CostPerConversion"],
        Goals=["41001", "9"],
        AttributionModels=["LSC"],
    )
    titles, *rows = cells(post("reports", asked, **PLAIN))
    _, *all_goals = cells(post("reports", {**asked, "Goals": []}, **PLAIN))

    assert titles == [
        "CampaignId",
        "Conversions_41001_LSC",
        "Conversions_9_LSC",
        "CostPerConversion_41001_LSC",
        "CostPerConversion_9_LSC",
    ]
    assert {row[2] for row in rows} == {"--"}
    assert [row[1] for row in rows] == [row[1] for row in all_goals]
    assert any(int(row[1]) > 0 for row in rows)
    assert [row[0] for row in all_goals if row[1] == "0"] == [
        row[0] for row in all_goals if row[2] == "--"
    ]


def test_long_answers_are_compressed_for_whoever_accepts_it(ask: Any) -> None:
    _, post = ask()

    answer = post("reports", report())

    assert answer.headers["content-encoding"] == "gzip"
    assert answer.text.startswith('"r (')


@pytest.mark.parametrize(
    "wrong",
    [
        {"FieldNames": ["Date", "Weather"]},
        {"IncludeVAT": None},
        {"Goals": [str(number) for number in range(11)]},
        {"SelectionCriteria": {"DateFrom": "2023-10-31", "DateTo": "2023-11-01"}},
        {"SelectionCriteria": {"DateFrom": "2026-11-02", "DateTo": "2026-11-01"}},
        {"SelectionCriteria": {}},
    ],
)
def test_a_report_that_makes_no_sense_is_refused(ask: Any, wrong: dict[str, Any]) -> None:
    _, post = ask()

    assert code(post("reports", report(**wrong))) == (400, 8000)


def test_tokens_logins_and_verbs_are_checked(ask: Any) -> None:
    demo, post = ask()
    bad = {"Authorization": "Bearer other"}

    assert code(post("reports", report(), **bad)) == (400, 53)
    assert code(post("campaigns", {}, **bad)) == (200, 53)
    assert code(post("reports", report(), **{"Client-Login": "somebody"})) == (400, 54)
    assert httpx.get(f"{demo.base_url}/yandex_direct/json/v5/reports").status_code == 405


def test_more_than_twenty_requests_in_ten_seconds_are_refused(ask: Any) -> None:
    demo, post = ask(haste=1)
    answers = [post("reports", report()) for _ in range(21)]
    demo.clock.now += 10

    assert [one.status_code for one in answers] == [200] * 20 + [400]
    assert code(answers[20]) == (400, 56)
    assert post("reports", report()).status_code == 200


def test_lists_cost_points_until_there_are_none(ask: Any) -> None:
    _, post = ask(direct_points=22)
    asked = {"FieldNames": ["Login", "Currency"]}
    answers = [post("clients", asked) for _ in range(3)]

    assert answers[0].json() == {"result": {"Clients": [{"Login": ads.LOGIN, "Currency": "RUB"}]}}
    assert [one.headers.get("Units") for one in answers] == ["11/11/22", "11/0/22", None]
    assert code(answers[2]) == (200, 152)


def test_campaigns_by_page_and_state_and_unified_ones_in_v501_alone(ask: Any) -> None:
    _, post = ask()
    names = {"FieldNames": ["Id", "State"], "UnifiedCampaignFieldNames": ["TrackingParams"]}

    def listed(version: str = "v501", **more: Any) -> Any:
        answer = post("campaigns", {"SelectionCriteria": {}, **names, **more}, version)
        return answer.json()["result"]

    first = listed(Page={"Limit": 3, "Offset": 0})
    second = listed(Page={"Limit": 3, "Offset": first["LimitedBy"]})
    archived = listed(SelectionCriteria={"States": ["ARCHIVED"]})

    assert [one["Id"] for one in first["Campaigns"]] == [701, 702, 703]
    assert [one["Id"] for one in second["Campaigns"]] == [704, 705]
    assert "LimitedBy" not in second
    assert archived == {"Campaigns": [{"Id": 705, "State": "ARCHIVED"}]}
    assert [one["Id"] for one in listed("v5")["Campaigns"]] == [701, 702, 704, 705]
    assert first["Campaigns"][2]["UnifiedCampaign"]["TrackingParams"].startswith("utm_source=")
