"""Zadarma's client and readers against the demo company's exchange, in its own time."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import httpx
import pytest

from ingestion.errors import SettingsError, SourceError
from ingestion.http import ApiClient, RateLimiter
from ingestion.sources.zadarma import mapping
from ingestion.sources.zadarma.client import Signature, ZadarmaClient

CALLS = "v1/statistics/pbx/"
BY_THE_VENDORS_CLIENT = "demo-key:ZDgyOWExMzFiNDA2NTdhNDEzYjQyNWM3OTEyZGVjZWUxYjYwYWYyMw=="
"""What the vendor's user-api-py-v1 1.1.0 signs for the request of the test that uses it."""
LEG = {
    "call_id": Decimal("1700000001.27"),
    "sip": 100,
    "callstart": "2026-02-01 10:00:00",
    "clid": 79000000001,
    "destination": "74950000000",
    "disposition": "answered",
    "seconds": 95,
    "is_recorded": True,
    "pbx_call_id": "in_0000000000000000000000000000000000000001",
}


def read(source, collect, table="calls", state=None):
    return collect(source.readers[table](state or {}))


def leg_count(calls):
    return sum(len(call.legs) for call in calls)


@pytest.mark.parametrize("base_url", ["https://api.zadarma.com", "http://127.0.0.1:1/zadarma/"])
def test_a_request_is_signed_and_written_as_the_vendors_own_client_does_it(base_url):
    query = {
        "version": "2",
        "start": "2026-11-01 00:00:00",
        "end": "2026-11-20 12:00:00",
        "skip": "0",
        "limit": "1000",
        "format": "json",
    }
    address = f"{base_url.rstrip('/')}/v1/statistics/pbx/"
    asked = httpx.Request("GET", address, params=query)

    signed = next(Signature("demo-key", "demo-secret", base_url).auth_flow(asked))

    assert signed.headers["Authorization"] == BY_THE_VENDORS_CLIENT
    assert signed.url.query.decode() == (
        "end=2026-11-20+12%3A00%3A00&format=json&limit=1000&skip=0"
        "&start=2026-11-01+00%3A00%3A00&version=2"
    )


def test_every_leg_of_the_history_is_read(exchange, collect):
    zadarma = exchange("zadarma")
    with zadarma.opened() as source:
        read_ = read(source, collect)

    assert len({row["leg_id"] for row in read_.rows}) == leg_count(zadarma.shown) > 100
    by_call = {call.id: call for call in zadarma.shown}
    for row in read_.rows:
        call = by_call[row["pbx_call_id"].partition("_")[2]]
        assert row["callstart"].timestamp() in [leg.starts_at for leg in call.legs]


def test_the_limit_of_three_a_minute_is_used_and_never_broken(exchange, collect):
    zadarma = exchange("zadarma")
    with zadarma.opened() as source:
        for table in source.readers:
            read(source, collect, table)

    moments = zadarma.moments(CALLS.strip("/"))
    assert {status for _, _, status in zadarma.answers} == {200}
    assert len(moments) == 28
    assert all(later - first > 60 for first, later in zip(moments, moments[3:], strict=False))
    assert (len(moments) - 1) / (moments[-1] - moments[0]) * 60 > 0.95 * 3


def test_a_refused_statistics_request_waits_for_its_next_turn(exchange, collect):
    zadarma = exchange("zadarma")
    zadarma.break_down(CALLS, "status", status=429, times=2)
    with zadarma.opened(ZADARMA_HISTORY_DAYS="10") as source:
        read_ = read(source, collect)

    moments = zadarma.moments(CALLS.strip("/"))
    assert read_.rows
    assert all(later - before >= 20 for before, later in pairwise(moments))


def test_pages_of_a_window_are_put_together(exchange):
    zadarma = exchange("zadarma")

    def api():
        return ApiClient(
            "zadarma",
            f"{zadarma.url}/zadarma",
            RateLimiter(3 / 60, zadarma.clock, zadarma.clock.sleep),
            credentials="ZADARMA_KEY",
            address="ZADARMA_BASE_URL",
            auth=Signature("demo-key", "demo-secret", f"{zadarma.url}/zadarma"),
        )

    client = ZadarmaClient(api(), api())
    period = ("2026-10-24 00:00:00", "2026-11-20 12:00:00")

    pages = list(client.calls("calls", *period, page=20))

    assert [len(page) for page in pages[:-1]] == [20] * (len(pages) - 1) != []
    assert [leg for page in pages for leg in page] == next(client.calls("calls", *period))


def test_a_killed_first_load_goes_on_behind_its_last_checkpoint(exchange, collect):
    zadarma = exchange("zadarma")
    with zadarma.opened(ZADARMA_HISTORY_DAYS="100") as source:
        whole = read(source, collect)
        rest = read(source, collect, state=whole.states[1])

    ids = {row["leg_id"] for row in whole.rows}
    reached = datetime.fromisoformat(whole.states[1]["reached"])
    assert {row["leg_id"] for row in rest.rows} < ids
    assert ids - {row["leg_id"] for row in rest.rows} == {
        row["leg_id"] for row in whole.rows if row["callstart"] < reached
    }
    assert rest.states == whole.states[2:]


def test_an_account_without_calls_is_not_read_from_its_beginning_again(exchange, collect):
    zadarma = exchange("zadarma")
    for notes in ("notes/leads", "notes/contacts"):
        zadarma.world.store.amocrm[notes].clear()
    with zadarma.opened() as source:
        nothing = read(source, collect)
        zadarma.answers.clear()
        read(source, collect, state=nothing.states[-1])

    assert nothing.rows == []
    assert len(zadarma.moments(CALLS.strip("/"))) == 1


def test_times_are_of_the_zone_that_the_account_tells_unless_one_is_set(exchange, collect):
    zadarma = exchange("zadarma")
    with zadarma.opened(ZADARMA_HISTORY_DAYS="20") as source:
        told = read(source, collect).rows
    with zadarma.opened(ZADARMA_HISTORY_DAYS="20", ZADARMA_TIMEZONE="Asia/Almaty") as source:
        given = {row["leg_id"]: row for row in read(source, collect).rows}

    starts = {leg.starts_at for call in zadarma.calls for leg in call.legs}
    assert {row["callstart"].timestamp() for row in told} <= starts
    shared = [row for row in told if row["leg_id"] in given]
    assert shared
    for row in shared:
        assert row["callstart"] - given[row["leg_id"]]["callstart"] == timedelta(hours=2)


@pytest.mark.parametrize(
    ("told", "hours"),
    [("UTC+3", 3), ("UTC-5", -5), ("UTC+5:30", 5.5), ("UTC", 0), ("Europe/Kyiv", 2)],
)
def test_a_zone_is_understood_as_an_offset_or_by_name(exchange, collect, told, hours):
    zadarma = exchange("zadarma")
    body = {"status": "success", "timezone": told}
    zadarma.break_down("v1/info/timezone", "status", status=200, body=body)
    with zadarma.opened(ZADARMA_HISTORY_DAYS="5") as source:
        row = read(source, collect).rows[0]

    written = row["leg_id"].rpartition("|")[2]
    local = datetime.strptime(written, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    assert local - row["callstart"] == timedelta(hours=hours)


def test_numbers_and_flags_come_in_two_kinds_and_leave_in_one():
    row = mapping.call(LEG, "main", UTC)
    spelt = {**LEG, "call_id": "1700000001.27", "sip": "100", "clid": "79000000001"}

    assert mapping.call({**spelt, "seconds": "95", "is_recorded": "true"}, "main", UTC) == row
    assert (row["call_id"], row["sip"], row["clid"]) == ("1700000001.27", "100", "79000000001")
    assert (row["seconds"], row["is_recorded"]) == (95, True)


def test_legs_that_share_their_id_of_a_recording_are_two_rows():
    first, second = (mapping.call({**LEG, "sip": sip}, "main", UTC) for sip in (100, 101))

    assert first["leg_id"] != second["leg_id"]


@pytest.mark.parametrize(
    ("path", "fault", "sentence"),
    [
        (CALLS, {"status": 401}, r"zadarma\.calls: access was refused \(401\) .*Check ZADARMA_KEY"),
        (
            CALLS,
            {"status": 400, "body": {"status": "error", "message": "Wrong period"}},
            r"Zadarma finds the request wrong \(400: Wrong period\) .*at most a month",
        ),
        (
            CALLS,
            {"status": 400, "body": {"message": "79161234567 is wrong"}},
            r"Zadarma finds the request wrong \(400\) ",
        ),
        (
            CALLS,
            {"status": 200, "body": {"status": "error", "message": "Wrong method"}},
            r"Zadarma refuses the request \(/v1/statistics/pbx/: Wrong method\)",
        ),
        (
            CALLS,
            {"status": 200, "body": {"status": "success"}},
            r"the answer has no list stats \(/v1/statistics/pbx/\)",
        ),
        (
            "v1/info/timezone",
            {"status": 200, "body": {"status": "success", "timezone": "Moscow summer"}},
            r"tells its time zone in a way that is not understood\. Set ZADARMA_TIMEZONE",
        ),
        (
            CALLS,
            {"status": 429, "times": 0},
            r"asks for fewer requests \(429\) \(5 attempts",
        ),
    ],
)
def test_a_refusal_is_told_in_a_sentence(exchange, collect, path, fault, sentence):
    zadarma = exchange("zadarma")
    zadarma.break_down(path, "status", **fault)

    with (
        zadarma.opened(ZADARMA_HISTORY_DAYS="5") as source,
        pytest.raises(SourceError, match=sentence) as refused,
    ):
        read(source, collect)

    assert "7916" not in str(refused.value)


def test_a_wrong_secret_is_refused_and_told_without_it(exchange, collect):
    zadarma = exchange("zadarma")

    with (
        zadarma.opened(ZADARMA_SECRET="hush") as source,
        pytest.raises(SourceError, match="Check ZADARMA_KEY and ZADARMA_SECRET") as refused,
    ):
        read(source, collect, "extensions")

    assert "hush" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("ZADARMA_STATISTICS_PER_MINUTE", "0", "ZADARMA_STATISTICS_PER_MINUTE=0 is not a number"),
        ("ZADARMA_HISTORY_DAYS", "all", "ZADARMA_HISTORY_DAYS=all is not a number above zero"),
        ("ZADARMA_TIMEZONE", "Moscow", "ZADARMA_TIMEZONE=Moscow is not a time zone"),
        ("ZADARMA_BASE_URL", "api.zadarma.com", "ZADARMA_BASE_URL is not a web address"),
    ],
)
def test_a_setting_that_makes_no_sense_is_named(exchange, name, value, sentence):
    with (
        pytest.raises(SettingsError, match=sentence),
        exchange("zadarma").opened(**{name: value}),
    ):
        pass


def test_check_tells_what_the_keys_may_read(exchange):
    zadarma = exchange("zadarma")
    with zadarma.opened() as source:
        tried = {probe.name: probe.try_it() for probe in source.probes}
    with zadarma.opened(datetime(2020, 1, 1, tzinfo=UTC)) as source:
        long_ago = {probe.name: probe.try_it() for probe in source.probes}

    assert tried == {
        "extensions": "readable, 8 of them",
        "time zone": "times of the account are UTC+03:00",
        "calls": "readable",
    }
    assert long_ago["calls"] == "readable, and none in the last seven days"
