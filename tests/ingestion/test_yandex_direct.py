"""Direct's client and readers against the demo company's cabinet, in its own time."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import httpx
import pytest

from demo.yandex_direct_ads import LOGIN, clicks, figures
from ingestion.batches import to_arrow
from ingestion.errors import SettingsError, SourceError, TableRefusedError
from ingestion.sources.yandex_direct import mapping
from ingestion.sources.yandex_direct.tables import BY_NAME
from ingestion.sources.yandex_direct.tsv import read_report

REPORTS = "reports"
KEY = ("date", "campaign_id", "ad_group_id")
AS_OF = datetime(2026, 11, 20, 9, tzinfo=UTC)
CELLS = {
    "Date": "2026-02-01",
    "CampaignId": "701",
    "AdGroupId": "7011",
    "Impressions": "15000",
    "Clicks": "520",
    "Cost": "12500.50",
    "Conversions_41001_LSC": "15",
    "Conversions_41099_LSC": None,
}


@pytest.fixture
def cabinet(exchange):
    return exchange("yandex_direct")


def read(source, collect, table="ad_performance", state=None):
    return collect(source.readers[table](state or {}))


def by_key(rows):
    return {tuple(row[column] for column in KEY): row for row in rows}


def shown(world, now=AS_OF):
    """What the cabinet shows at the moment, by day, campaign's id and ad group."""
    cells = figures(clicks(world.store, int(now.timestamp())), now.timestamp())
    return {
        (day, campaign.id, ad_group): sums
        for (day, campaign, ad_group), sums in cells.items()
        if campaign.login == LOGIN
    }


def statuses(cabinet):
    return [status for _, path, status in cabinet.answers if path == REPORTS]


def refused(cabinet, collect, table="ad_performance", **variables):
    """The sentence that reading the last days ends with."""
    with (
        cabinet.opened(**{"YANDEX_DIRECT_HISTORY_DAYS": "5", **variables}) as source,
        pytest.raises(SourceError) as error,
    ):
        read(source, collect, table)
    return str(error.value)


def order_report(cabinet, name):
    """Somebody else orders a report with the same token; answers the status."""
    return httpx.post(
        f"{cabinet.url}/yandex_direct/json/v501/reports",
        headers={"Authorization": "Bearer demo-direct", "Client-Login": LOGIN},
        json={
            "params": {
                "SelectionCriteria": {"DateFrom": "2026-11-01", "DateTo": "2026-11-02"},
                "FieldNames": ["Date", "Clicks"],
                "ReportName": name,
                "ReportType": "CUSTOM_REPORT",
                "DateRangeType": "CUSTOM_DATE",
                "Format": "TSV",
                "IncludeVAT": "YES",
            }
        },
    ).status_code


def test_every_day_campaign_and_ad_group_of_the_history_is_read(cabinet, collect):
    with cabinet.opened() as source:
        rows = by_key(read(source, collect).rows)

    expected = shown(cabinet.world)
    assert rows.keys() == expected.keys()
    assert len(rows) > 500
    for key, sums in expected.items():
        assert (rows[key]["impressions"], rows[key]["clicks"]) == (sums.impressions, sums.clicks)
        assert rows[key]["cost"] == Decimal(sums.kopecks) / 100
        assert rows[key]["goal_conversions"] == f'{{"41001":{sums.forms}}}'
        assert rows[key]["is_vat_included"] is False


def test_campaigns_are_read_with_their_templates_and_archived_ones_too(cabinet, collect):
    with cabinet.opened() as source:
        campaigns = {row["id"]: row for row in read(source, collect, "campaigns").rows}

    assert {id_: row["state"] for id_, row in campaigns.items()} == {
        701: "ON", 702: "ON", 703: "ON", 704: "ON", 705: "ARCHIVED",
    }  # fmt: skip
    assert campaigns[703]["type"] == "UNIFIED_CAMPAIGN"
    assert campaigns[703]["tracking_params"] == (
        "utm_source=yandex&utm_medium=cpc&utm_campaign=rsya_wholesale"
    )
    assert {row["currency"] for row in campaigns.values()} == {"RUB"}


def test_days_are_those_of_the_cabinet(cabinet, collect):
    after_midnight_in_moscow = datetime(2026, 11, 19, 21, 30, tzinfo=UTC)
    one_day = {"YANDEX_DIRECT_HISTORY_DAYS": "1", "YANDEX_DIRECT_REREAD_DAYS": "1"}
    with cabinet.opened(after_midnight_in_moscow, **one_day) as source:
        rows = read(source, collect).rows

    assert {row["date"] for row in rows} == {"2026-11-20"}


def test_a_report_that_is_queued_is_waited_for(exchange, collect):
    cabinet = exchange("yandex_direct", direct_ready_after_seconds=45)
    with cabinet.opened(YANDEX_DIRECT_HISTORY_DAYS="5") as source:
        rows = read(source, collect).rows

    assert statuses(cabinet) == [201, 200]
    assert 45 <= cabinet.clock.now < 50
    assert rows


def test_a_run_that_is_killed_asks_for_the_report_that_is_under_way(exchange, collect):
    cabinet = exchange("yandex_direct", direct_ready_after_seconds=600)
    patient = cabinet.clock.sleep

    def killed(seconds):
        patient(seconds)
        if cabinet.clock.now > 100:
            raise KeyboardInterrupt

    cabinet.clock.sleep = killed
    with (
        cabinet.opened(YANDEX_DIRECT_HISTORY_DAYS="5") as source,
        pytest.raises(KeyboardInterrupt),
    ):
        read(source, collect)
    cabinet.clock.sleep = patient
    with cabinet.opened(AS_OF + timedelta(minutes=2), YANDEX_DIRECT_HISTORY_DAYS="5") as source:
        rows = read(source, collect).rows

    assert statuses(cabinet).count(201) == 1
    assert statuses(cabinet)[-1] == 200
    assert rows


def test_the_next_hour_asks_for_a_report_anew(exchange, collect):
    cabinet = exchange("yandex_direct", direct_ready_after_seconds=20)
    for later in (timedelta(), timedelta(minutes=5), timedelta(hours=1)):
        with cabinet.opened(AS_OF + later, YANDEX_DIRECT_HISTORY_DAYS="5") as source:
            read(source, collect)

    assert statuses(cabinet) == [201, 200, 200, 201, 200]


def test_a_turn_in_a_full_queue_is_waited_for(exchange, collect):
    cabinet = exchange("yandex_direct", direct_ready_after_seconds=100)
    assert [order_report(cabinet, f"other {n}") for n in range(5)] == [201] * 5
    cabinet.answers.clear()

    with cabinet.opened(YANDEX_DIRECT_HISTORY_DAYS="5") as source:
        rows = read(source, collect).rows

    assert set(statuses(cabinet)[:-3]) == {400}
    assert statuses(cabinet)[-1] == 200
    assert rows


def test_a_report_that_does_not_get_ready_is_left_to_the_next_run(exchange, collect):
    cabinet = exchange("yandex_direct", direct_ready_after_seconds=10**6)

    sentence = refused(cabinet, collect)

    assert "yandex_direct.ad_performance: the report was not ready after 30 minutes" in sentence
    assert "within the hour the same report is asked for, not another one" in sentence
    assert cabinet.clock.now <= 1800


def test_a_report_that_takes_too_long_is_asked_for_in_halves(cabinet, collect):
    with cabinet.opened(YANDEX_DIRECT_HISTORY_DAYS="30") as source:
        whole = by_key(read(source, collect).rows)
    cabinet.answers.clear()
    cabinet.break_down(REPORTS, "status", status=502)
    with cabinet.opened(YANDEX_DIRECT_HISTORY_DAYS="30") as source:
        halves = by_key(read(source, collect).rows)

    assert halves == whole
    assert statuses(cabinet) == [502, 200, 200]


def test_a_single_day_that_takes_too_long_is_told(cabinet, collect):
    cabinet.break_down(REPORTS, "status", status=502, times=0)

    assert "Direct could not make the report in time (502)" in refused(cabinet, collect)


def test_the_limit_of_twenty_requests_in_ten_seconds_is_used_and_never_broken(cabinet, collect):
    with cabinet.opened(YANDEX_DIRECT_HISTORY_DAYS="1000") as source:
        read(source, collect)

    moments = cabinet.moments(REPORTS)
    assert statuses(cabinet) == [200] * 34
    assert all(later - first > 10 for first, later in zip(moments, moments[20:], strict=False))
    assert (len(moments) - 1) / (moments[-1] - moments[0]) * 10 > 0.95 * 20


@pytest.mark.parametrize(
    ("code", "sentence", "to_do"),
    [
        (58, "the application may not use Direct's API yet (code 58)", "Ask for access in Direct"),
        (513, "this login has no account in Direct (code 513)", "Check YANDEX_DIRECT_LOGIN"),
        (3000, "this login may not use the API (code 3000)", "allow the API"),
        (152, "the points of the API are used up (code 152)", "hour by hour"),
        (8000, "Direct finds the request wrong (code 8000)", "check YANDEX_DIRECT_GOALS"),
    ],
)
@pytest.mark.parametrize(
    ("table", "status"), [("ad_performance", 400), ("campaigns", 400), ("campaigns", 200)]
)
def test_an_error_of_direct_is_told_in_words(
    cabinet, collect, code, sentence, to_do, table, status
):
    service = REPORTS if table == "ad_performance" else "campaigns"
    error = {"request_id": "1", "error_code": code, "error_string": "x", "error_detail": "y"}
    cabinet.break_down(service, "status", status=status, body={"error": error})

    said = refused(cabinet, collect, table)

    assert f"yandex_direct.{table}: {sentence}" in said
    assert to_do in said
    assert cabinet.clock.now < 2


@pytest.mark.parametrize("table", ["ad_performance", "campaigns"])
def test_a_token_or_a_login_that_is_refused_is_told(cabinet, collect, table):
    token = refused(cabinet, collect, table, YANDEX_DIRECT_TOKEN="hush")
    login = refused(cabinet, collect, table, YANDEX_DIRECT_LOGIN="somebody")

    assert "the token was refused (code 53)" in token
    assert "Make a new token" in token
    assert "hush" not in token
    assert "the token's owner has no right to this advertiser (code 54)" in login
    assert "Check YANDEX_DIRECT_LOGIN" in login


def test_points_that_are_used_up_are_told(exchange, collect):
    cabinet = exchange("yandex_direct", direct_points=10)

    assert "the points of the API are used up (code 152)" in refused(cabinet, collect, "campaigns")


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (56, "requests of this kind come too often (code 56), and it did not pass"),
        (506, "too many connections are open (code 506), and it did not pass"),
        (9000, "five reports are queued already (code 9000), and it did not pass"),
        (52, "Yandex's server of tokens does not answer (code 52), and it did not pass"),
        (1001, "Direct's server fails (code 1001), and it did not pass"),
    ],
)
def test_what_passes_is_waited_for_and_told_when_it_does_not(cabinet, collect, code, sentence):
    error = {"request_id": "1", "error_code": code, "error_string": "x", "error_detail": "y"}
    fault = {"status": 400, "body": {"error": error}}
    cabinet.break_down(REPORTS, "status", times=2, **fault)
    with cabinet.opened(YANDEX_DIRECT_HISTORY_DAYS="5") as source:
        assert read(source, collect).rows
    cabinet.break_down(REPORTS, "status", times=0, **fault)

    assert sentence in refused(cabinet, collect)


def test_a_server_that_fails_for_a_moment_is_asked_again(cabinet, collect):
    for status in (500, 503):
        cabinet.break_down(REPORTS, "status", status=status)
    cabinet.break_down(REPORTS, "cut")
    with cabinet.opened(YANDEX_DIRECT_HISTORY_DAYS="5") as source:
        assert read(source, collect).rows

    assert statuses(cabinet)[-1] == 200


@pytest.mark.parametrize(("table", "service"), [("ad_performance", REPORTS), ("campaigns",) * 2])
def test_a_web_page_instead_of_an_answer_is_told(cabinet, collect, table, service):
    cabinet.break_down(service, "html")

    said = refused(cabinet, collect, table)

    assert "is not a" in said
    assert f"of Direct (/{service})" in said
    assert "Check that YANDEX_DIRECT_BASE_URL is the API's address" in said


def test_a_report_with_fewer_rows_than_it_says_is_refused(loopback, exchange, collect):
    async def shortened(scope, receive, send):
        start = {"type": "http.response.start", "status": 200, "headers": []}
        await send(start)
        body = b"Date\tCampaignId\n2026-11-20\t701\nTotal rows: 2\n"
        await send({"type": "http.response.body", "body": body})

    cabinet = exchange("yandex_direct")
    with loopback(shortened) as url:
        said = refused(cabinet, collect, YANDEX_DIRECT_BASE_URL=url)

    assert "the report has 1 rows and says that it has 2" in said


def test_costs_in_millionths_are_refused():
    with pytest.raises(TableRefusedError, match="may be millionths of the currency"):
        mapping.performance({**CELLS, "Cost": "12500500000"}, "main", "LSC")

    assert mapping.performance({**CELLS, "Cost": "0"}, "main", "LSC")["cost"] == 0


def test_a_row_keeps_what_it_does_not_know_and_an_ad_group_nobody_names():
    row = mapping.performance({**CELLS, "AdGroupId": None, "Sessions": "7"}, "main", "LSC")

    assert row["ad_group_id"] == 0
    assert row["goal_conversions"] == {"41001": 15, "41099": None}
    assert row["conversions"] is None
    assert row["_extra"] == {"Sessions": 7}


def test_a_campaign_keeps_fields_it_does_not_know():
    item = {"Id": 7, "Name": "x", "Wish": 1, "TextCampaign": {"TrackingParams": "a=b", "Mood": 2}}

    row = mapping.campaign(item, "main")

    assert row["tracking_params"] == "a=b"
    assert row["_extra"] == {"Wish": 1, "Mood": 2}


def test_a_number_that_becomes_text_stops_the_table_and_is_named():
    row = mapping.performance({**CELLS, "Clicks": "many"}, "main", "LSC")

    with pytest.raises(TableRefusedError, match="column clicks changed its type: declared bigint"):
        to_arrow("yandex_direct", BY_NAME["ad_performance"], [row])


def test_without_goals_all_of_the_counter_are_counted(cabinet, collect):
    with cabinet.opened(YANDEX_DIRECT_GOALS="", YANDEX_DIRECT_HISTORY_DAYS="20") as source:
        rows = read(source, collect).rows

    assert sum(row["conversions"] for row in rows) > 0
    assert {row["goal_conversions"] for row in rows} == {None}


def test_a_goal_that_nobody_set_has_no_number(cabinet, collect):
    with cabinet.opened(YANDEX_DIRECT_GOALS="41001,9", YANDEX_DIRECT_HISTORY_DAYS="5") as source:
        rows = read(source, collect).rows

    assert all(row["goal_conversions"].endswith(',"9":null}') for row in rows)


def test_a_killed_first_load_goes_on_behind_its_last_checkpoint(cabinet, collect):
    with cabinet.opened(YANDEX_DIRECT_HISTORY_DAYS="75") as source:
        whole = read(source, collect)
        rest = read(source, collect, state=whole.states[0])

    reached = datetime.fromisoformat(whole.states[0]["reached"]).date().isoformat()
    assert {row["date"] for row in whole.rows if row["date"] < reached}
    assert by_key(rest.rows) == by_key(row for row in whole.rows if row["date"] >= reached)
    assert len(by_key(whole.rows)) == len(whole.rows)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("YANDEX_DIRECT_GOALS", "form", "YANDEX_DIRECT_GOALS=form is not a list of at most 10 ids"),
        ("YANDEX_DIRECT_GOALS", "1,2,3,4,5,6,7,8,9,10,11", "is not a list of at most 10 ids"),
        ("YANDEX_DIRECT_REREAD_DAYS", "0", "YANDEX_DIRECT_REREAD_DAYS=0 is not a number above"),
        ("YANDEX_DIRECT_TIMEZONE", "Moscow", "YANDEX_DIRECT_TIMEZONE=Moscow is not a time zone"),
        ("YANDEX_DIRECT_BASE_URL", "direct", "YANDEX_DIRECT_BASE_URL is not a web address"),
        ("YANDEX_DIRECT_TOKEN", "a\nb", "YANDEX_DIRECT_TOKEN and YANDEX_DIRECT_LOGIN holds a line"),
    ],
)
def test_a_setting_that_makes_no_sense_is_named(cabinet, name, value, sentence):
    with pytest.raises(SettingsError, match=sentence), cabinet.opened(**{name: value}):
        pass


def test_check_tells_what_the_token_may_read(cabinet):
    with cabinet.opened() as source:
        tried = {probe.name: probe.try_it() for probe in source.probes}
    with cabinet.opened(datetime(2025, 1, 1, tzinfo=UTC)) as source:
        long_ago = {probe.name: probe.try_it() for probe in source.probes}

    assert tried == {
        "advertiser": "advertiser optovik-direct, its currency is RUB",
        "campaigns": "readable, 5 of them, 5 with a template of tags",
        "reports": "readable",
    }
    assert long_ago["reports"] == "readable, and nothing was shown yesterday"


@pytest.mark.parametrize(
    ("name", "rows", "total", "first"),
    [
        ("report_all_headers_example", 1, 1, ("Test campaign", "125.50")),
        ("report_campaign_performance_example", 3, None, ("Поиск — Москва — смартфоны", "8523.40")),
        ("report_clean_example", 2, None, ("My Campaign", "12500.50")),
    ],
)
def test_documented_reports_are_read(fixtures, name, rows, total, first):
    text = (fixtures / "yandex_direct" / f"{name}.tsv").read_text(encoding="utf-8")

    report = read_report(text)

    assert (len(report.rows), report.total) == (rows, total)
    assert (report.rows[0]["CampaignName"], report.rows[0]["Cost"]) == first


def test_two_dashes_are_nothing(fixtures):
    folder = fixtures / "yandex_direct"
    text = (folder / "report_campaign_performance_example.tsv").read_text(encoding="utf-8")

    assert read_report(text).rows[2]["CostPerConversion"] is None


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "no line with names"),
        ("Access denied", "no line with names"),
        ("A\tB\n1\n", "shorter"),
        ("A\tB\n1\t2\t3\n", "longer"),
    ],
)
def test_what_is_no_report_is_not_read_as_one(text, what):
    with pytest.raises(ValueError, match=what):
        read_report(text)
