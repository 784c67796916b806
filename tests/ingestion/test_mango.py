"""Mango Office's client and readers against the demo company's exchange, in its own time."""

from datetime import UTC, datetime
from itertools import pairwise
from urllib.parse import parse_qs, unquote

import httpx
import pytest

from ingestion.errors import SettingsError, SourceError
from ingestion.http import ApiClient, RateLimiter
from ingestion.sources.mango import mapping
from ingestion.sources.mango.client import MangoClient, SignedForm

ORDER, RESULT, USERS = "stats/calls/request", "stats/calls/result", "config/users/request"
COMMAND = (
    '{"start_date":"31.10.2026 00:00:00","end_date":"20.11.2026 12:00:00",'
    '"limit":"5000","offset":"0"}'
)
SHA256_OF_OTHERS = "e28061bdbedd8b9ddcd65604a1382600eacadfc90ae7869291e59b44569c8e8f"
"""What `sha256sum` gives for key + json + salt."""
PERIOD = ("24.10.2026 00:00:00", "20.11.2026 12:00:00")


def read(source, collect, table="calls", state=None):
    return collect(source.readers[table](state or {}))


def client(mango):
    api = ApiClient(
        "mango",
        f"{mango.url}/mango/vpbx",
        RateLimiter(0.5, mango.clock, mango.clock.sleep),
        credentials="MANGO_API_KEY",
        address="MANGO_BASE_URL",
        auth=SignedForm("demo-vpbx", "demo-salt"),
        sleep=mango.clock.sleep,
    )
    return MangoClient(api, mango.clock.sleep)


def test_a_command_is_posted_as_a_form_signed_by_the_sum_that_others_make():
    address = f"https://app.mango-office.ru/vpbx/{ORDER}"
    asked = httpx.Request("GET", address, params={"json": COMMAND}, extensions={"timeout": {}})

    sent = next(SignedForm("demo-vpbx", "demo-salt").auth_flow(asked))

    assert (sent.method, str(sent.url)) == ("POST", address)
    assert sent.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert parse_qs(sent.content.decode()) == {
        "vpbx_api_key": ["demo-vpbx"],
        "sign": [SHA256_OF_OTHERS],
        "json": [COMMAND],
    }
    assert sent.extensions == {"timeout": {}}


def test_every_call_of_the_history_is_read_and_every_employee(exchange, collect):
    mango = exchange("mango")
    with mango.opened() as source:
        calls = read(source, collect).rows
        users = read(source, collect, "users").rows

    assert len({row["entry_id"] for row in calls}) == len(mango.shown) > 200
    by_id = {call.id: call for call in mango.shown}
    for row in calls:
        call = by_id[row["entry_id"]]
        assert row["context_start_time"].timestamp() == call.starts_at
        assert (row["talk_duration"], row["duration"]) == (
            call.talk,
            call.ends_at - call.starts_at,
        )
    assert {user["extension"] for user in users} >= {"99", "100", "101"}
    assert all(user["user_id"] for user in users)


def test_vendors_limits_are_kept_and_what_is_not_ready_is_asked_for_every_five_seconds(
    exchange, collect
):
    mango = exchange("mango", mango_ready_after_seconds=12)
    with mango.opened(MANGO_HISTORY_DAYS="100") as source:
        for table in source.readers:
            read(source, collect, table)

    assert {status for _, _, status in mango.answers} == {200, 204}
    assert sum(status == 204 for _, _, status in mango.answers) >= 8
    orders = mango.moments(ORDER)
    assert len(orders) == 4
    assert all(later - before >= 2 for before, later in pairwise(orders))
    polls = mango.moments(RESULT)
    assert all(
        later - before >= 5
        for before, later in pairwise(polls)
        if not any(before < order < later for order in orders)
    )


def test_pages_of_a_window_are_put_together(exchange):
    mango = exchange("mango")

    pages = list(client(mango).calls("calls", *PERIOD, page=20))
    whole = next(client(mango).calls("calls", *PERIOD))

    assert [len(page) for page in pages[:-1]] == [20] * (len(pages) - 1) != []
    assert [call for page in pages for call in page] == whole


def test_a_call_that_ends_while_pages_are_read_pushes_none_off_them(exchange):
    mango = exchange("mango")
    pages = client(mango).calls("calls", *PERIOD, page=20)
    found = list(next(pages))
    mango.happen("call")
    mango.clock.sleep(600)

    found += [call for page in pages for call in page]

    held_before = {call.id for call in mango.shown if call.ends_at <= mango.began.timestamp()}
    start = datetime(2026, 10, 23, 21, tzinfo=UTC).timestamp()
    expected = {call.id for call in mango.shown if call.starts_at >= start} & held_before
    assert expected <= {call["entry_id"] for call in found}


def test_a_key_that_mango_forgot_is_ordered_anew(exchange, collect):
    mango = exchange("mango")
    mango.break_down(RESULT, "status", status=404, times=2)
    with mango.opened(MANGO_HISTORY_DAYS="10") as source:
        rows = read(source, collect).rows

    assert rows
    assert len(mango.moments(ORDER)) == 3


def test_statistics_in_work_are_waited_for_like_those_of_a_204(exchange, collect):
    mango = exchange("mango")
    body = {"result": 1000, "status": "work"}
    mango.break_down(RESULT, "status", status=200, body=body, times=2)
    with mango.opened(MANGO_HISTORY_DAYS="10") as source:
        rows = read(source, collect).rows

    assert rows
    assert len(mango.moments(RESULT)) == 3


def answer(**body):
    return {"status": 200, "body": body}


@pytest.mark.parametrize(
    ("path", "fault", "sentence"),
    [
        (
            ORDER,
            answer(result=3102),
            r"mango\.calls: the key or the signature was refused \(code",
        ),
        (ORDER, answer(result=3105), r"\(code 3105\) .*Check MANGO_API_KEY and MANGO_API_SALT"),
        (ORDER, answer(result=3104), r"Mango finds the request wrong \(code 3104\) \(/stats/calls"),
        (ORDER, answer(result=2240), r"the account is restricted \(code 2240\) .*balance"),
        (ORDER, answer(result=5008), r"Mango cannot answer at present \(code 5008\)"),
        (ORDER, answer(result=4100), r"Mango refuses the request \(code 4100\)"),
        (ORDER, {"status": 401}, r"answers nothing for two minutes after wrong requests \(401\)"),
        (ORDER, {"status": 429, "times": 0}, r"asks for fewer requests \(429\) \(5 attempts"),
        (ORDER, answer(result=1000), r"the answer has no key \(/stats/calls/request\)"),
        (RESULT, {"status": 404, "times": 3}, r"Mango forgot the statistics it made, 3 times"),
        (RESULT, answer(result=1000, status="error"), r"Mango could not make the statistics"),
        (RESULT, answer(result=1000, status="complete"), r"the answer has no data"),
        (RESULT, {"kind": "empty204", "times": 0}, r"were not ready after 5 minutes"),
    ],
)
def test_a_refusal_is_told_in_a_sentence(exchange, collect, path, fault, sentence):
    mango = exchange("mango")
    mango.break_down(path, **{"kind": "status", **fault})

    with (
        mango.opened(MANGO_HISTORY_DAYS="5") as source,
        pytest.raises(SourceError, match=sentence),
    ):
        read(source, collect)


def test_a_wrong_salt_is_told_without_it_and_a_second_time_by_the_shut_door(exchange, collect):
    mango = exchange("mango")

    with mango.opened(MANGO_API_SALT="hush") as source:
        with pytest.raises(SourceError, match=r"\(code 3102\)") as first:
            read(source, collect, "users")
        with pytest.raises(SourceError, match=r"for two minutes .*\(401\)") as second:
            read(source, collect)

    assert "hush" not in f"{first.value}{second.value}"


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("MANGO_REQUESTS_PER_SECOND", "-1", "MANGO_REQUESTS_PER_SECOND=-1 is not a number above"),
        ("MANGO_REREAD_DAYS", "few", "MANGO_REREAD_DAYS=few is not a number above zero"),
        ("MANGO_TIMEZONE", "MSK", "MANGO_TIMEZONE=MSK is not a time zone"),
    ],
)
def test_a_setting_that_makes_no_sense_is_named(exchange, name, value, sentence):
    with (
        pytest.raises(SettingsError, match=sentence),
        exchange("mango").opened(**{name: value}),
    ):
        pass


def test_dates_are_asked_for_in_the_zone_of_the_setting(exchange, collect):
    mango = exchange("mango")
    now = datetime(2026, 11, 17, 12, tzinfo=UTC)
    with mango.opened(now, MANGO_HISTORY_DAYS="1", MANGO_REREAD_DAYS="1") as source:
        moscow = read(source, collect).rows
    with mango.opened(
        now, MANGO_HISTORY_DAYS="1", MANGO_REREAD_DAYS="1", MANGO_TIMEZONE="UTC"
    ) as source:
        utc = read(source, collect).rows

    until = now.timestamp()
    assert max(row["context_start_time"] for row in moscow).timestamp() > until - 3 * 3600
    assert max(row["context_start_time"] for row in utc).timestamp() <= until - 3 * 3600


def test_recordings_of_all_legs_are_addresses_each_once():
    group = {"recording_id": ["a/b="], "members": [{"recording_id": ["a/b="], "members": None}]}
    item = {"entry_id": "1", "context_calls": [group, {"recording_id": ["c"], "members": []}]}

    row = mapping.call(item, "main", "https://app.mango-office.ru/vpbx")

    root = "https://app.mango-office.ru/vpbx/queries/recording/issa"
    assert row["recording_urls"] == [f"{root}/a%2Fb%3D/play", f"{root}/c/play"]
    assert unquote(row["recording_urls"][0]) == f"{root}/a/b=/play"


def test_a_call_whose_legs_are_missing_is_a_row():
    row = mapping.call({"entry_id": "1", "context_calls": None, "tag_id": [7]}, "main", "")

    assert (row["recording_urls"], row["_extra"]) == ([], {"tag_id": [7]})


def test_check_tells_what_the_key_may_read(exchange):
    mango = exchange("mango")
    with mango.opened() as source:
        tried = {probe.name: probe.try_it() for probe in source.probes}
    with mango.opened(datetime(2020, 1, 1, tzinfo=UTC)) as source:
        long_ago = {probe.name: probe.try_it() for probe in source.probes}

    assert tried == {"users": "readable, 18 of them", "calls": "readable"}
    assert long_ago["calls"] == "readable, and none in the last seven days"
