"""What is read when Bitrix24 says no: the sentences people read, and the patience before them."""

import random
from contextlib import ExitStack
from datetime import datetime

import httpx
import pytest

from ingestion.check import check
from ingestion.errors import SettingsError, SourceError
from ingestion.http import RATE_MARGIN, AnswerRefusedError, RateLimiter
from ingestion.settings import Settings
from ingestion.sources.bitrix24.limits import BUCKET_SECONDS
from tests.ingestion import bitrix24_portal
from tests.ingestion.bitrix24_portal import CODE, opening

BODIES = {
    "empty": {"error": "", "error_description": "Access denied."},
    "number": {"error": 0, "error_description": "SHIPMENT_DOCUMENT entity is not supported"},
    "sentence": {"error": "Invalid parameters.", "error_description": "Incorrect parameters."},
    "object": {"error": {"code": "invalid_range", "message": "Incorrect date range"}},
    "phone": {"error": "ERROR_CORE", "error_description": "No call of +79161234567 is there"},
}


@pytest.fixture
def opened(portal, tmp_path):
    """Opens the portal at its vendor's rate, on a clock of the test's own."""
    with ExitStack() as stack:
        yield lambda served=portal, **variables: stack.enter_context(
            opening(served, tmp_path, **variables)
        )


@pytest.fixture
def strict(small_company, loopback):
    """The portal with the vendor's limits."""
    with bitrix24_portal.serving(loopback, small_company, haste=1) as served:
        yield served


def sentence(opened, table="leads"):
    with pytest.raises(SourceError) as caught:
        list(opened.readers[table]({}))
    assert CODE not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (
            400,
            BODIES["empty"],
            "access is denied: the user behind the webhook or the application may not read this "
            "(400) (/crm.item.list). Let an administrator of the portal make the webhook",
        ),
        (
            400,
            BODIES["number"],
            "Bitrix24 finds the request wrong (400: SHIPMENT_DOCUMENT entity is not supported)",
        ),
        (400, BODIES["sentence"], "finds the request wrong (400: Incorrect parameters)"),
        (
            400,
            BODIES["object"],
            "finds the request wrong (400, invalid_range: Incorrect date range",
        ),
        (400, BODIES["phone"], "finds the request wrong (400, ERROR_CORE) (/crm.item.list)"),
        (
            400,
            {"error": "INVALID_REQUEST", "error_description": "Https required"},
            "the portal answers to https:// alone (400, INVALID_REQUEST) (/crm.item.list). Set "
            "BITRIX24_BASE_URL with https://",
        ),
        (
            403,
            {
                "error": "ACCESS_DENIED",
                "error_description": "REST API is available only on commercial plans",
            },
            "the portal's tariff has no API (403, ACCESS_DENIED)",
        ),
        (
            401,
            {"error": "INVALID_CREDENTIALS", "error_description": "Invalid request credentials"},
            "the portal does not know the webhook or token (401, INVALID_CREDENTIALS)",
        ),
        (
            401,
            {"error": "expired_token", "error_description": "The access token has expired"},
            "the access token has expired, and a new one did not help (401, expired_token)",
        ),
        (
            503,
            {"error": "OVERLOAD_LIMIT", "error_description": "REST API is blocked"},
            "Bitrix24 has blocked the portal's API by hand for its load (503, OVERLOAD_LIMIT)",
        ),
        (
            500,
            {"error": "PORTAL_DELETED", "error_description": "Portal was deleted"},
            "the portal is closed or deleted (500, PORTAL_DELETED)",
        ),
        (
            200,
            {"error": "ERROR_UNEXPECTED", "error_description": "Odd"},
            "Bitrix24 finds the request wrong (ERROR_UNEXPECTED: Odd) (/crm.item.list)",
        ),
    ],
)
def test_an_error_is_told_once_in_words(portal, opened, status, body, words):
    time, source = opened()
    portal.break_down("crm.item.list", "status", status=status, body=body, times=0)

    told = sentence(source)
    assert words in told
    assert "7916" not in told
    assert time.slept == []


def test_a_missing_permission_is_named(portal, opened):
    portal.switch(scopes=["task"])
    told = sentence(opened()[1], "deals")

    assert told == (
        "bitrix24.deals: a permission is missing (403, insufficient_scope) (/crm.item.list). Add "
        "it to the webhook or the application: crm, user, department, task, telephony are needed"
    )


def test_above_the_rate_everybody_waits_and_then_goes_on(strict, opened):
    """Another program has just filled the bucket."""
    time, source = opened(strict)
    address = f"{strict.url}/bitrix24/rest/9100/{CODE}/server.time"
    while httpx.post(address).status_code == 200:
        pass

    [rows] = list(source.readers["categories"]({}))
    assert rows.num_rows == 3
    assert 0 < sum(time.slept) < 2


def test_a_portal_that_stays_above_its_rate_is_told_so(portal, opened):
    time, source = opened()
    body = {"error": "QUERY_LIMIT_EXCEEDED", "error_description": "Too many requests"}
    portal.break_down("crm.category.list", "status", status=503, body=body, times=0)

    assert sentence(source, "categories") == (
        "bitrix24.categories: Bitrix24 asks for fewer requests (503, QUERY_LIMIT_EXCEEDED) (5 "
        "attempts, /crm.category.list). Another program may ask from this address; lower "
        "BITRIX24_REQUESTS_PER_SECOND, run again"
    )
    assert len(time.slept) == 4


def test_at_the_vendors_rate_a_whole_first_reading_is_never_refused(strict, opened):
    time, source = opened(strict)
    for read in source.readers.values():
        for _ in read({}):
            pass

    assert set(strict.answered) == {200}
    spared = BUCKET_SECONDS
    assert len(strict.asked) > 25
    assert time.now <= max(0.0, len(strict.asked) / 2 * RATE_MARGIN - spared) + 1


def test_many_small_questions_stay_within_the_bucket(strict, opened):
    _, source = opened(strict)
    for _ in range(80):
        list(source.readers["categories"]({}))

    assert strict.answered == [200] * 80


def test_half_the_bucket_goes_at_once_and_the_rate_is_kept_after():
    class Clock:
        now = 0.0

        def sleep(self, seconds):
            self.now += seconds

    clock = Clock()
    limiter = RateLimiter(2, lambda: clock.now, clock.sleep, burst=25)
    turns = []
    draws = random.Random(1)
    for _ in range(300):
        limiter.wait()
        turns.append(clock.now)
        clock.now += draws.choice([0.0, 0.1, 0.3, 2.0])

    assert turns[24] < 25 * 2
    for first in range(len(turns)):
        for last in range(first, len(turns)):
            assert last - first + 1 <= 25 + 2 * (turns[last] - turns[first]) + 1e-6


def test_a_method_that_worked_too_long_rests_until_the_portal_says(portal, opened):
    time, source = opened()
    portal.switch(work_seconds=300)
    rows = sum(
        piece.num_rows for piece in source.readers["tasks"]({}) if hasattr(piece, "num_rows")
    )

    assert rows == len(portal.crm["tasks"])
    assert time.slept
    assert max(time.slept) <= 600
    assert min(time.slept) > 50


def test_a_page_for_people_is_no_answer(portal, opened):
    portal.break_down("crm.item.list", "html", times=0)
    assert "a web page came instead of data (/crm.item.list)" in sentence(opened()[1])


def test_a_list_that_ignores_the_filter_is_not_read_for_ever(portal, opened):
    portal.break_down("crm.item.list", "field", field="id", value=7, times=0)
    assert sentence(opened()[1]) == (
        "bitrix24.leads: the filter or the order by id is ignored (/crm.item.list). The cursor "
        "stays where it was; ask Bitrix24's support why this list cannot be paged"
    )


def test_rows_from_before_the_bounds_are_noticed(portal, opened):
    early = "2025-01-01T00:00:00+03:00"
    portal.break_down("crm.item.list", "field", field="updatedTime", value=early, times=0)
    _, source = opened()
    with pytest.raises(SourceError, match="the filter or the order by updatedTime is ignored"):
        list(source.readers["leads"]({"read_until": "2026-11-01T00:00:00+00:00"}))


def test_a_row_edited_while_the_portal_answers_comes_as_it_is_by_then(portal, opened):
    late = "2027-01-01T00:00:00+00:00"
    portal.break_down("crm.item.list", "field", field="updatedTime", value=late, times=1)
    [rows, _] = list(opened()[1].readers["leads"]({}))
    assert max(rows.column("updated_at").to_pylist()) == datetime.fromisoformat(late)


@pytest.mark.parametrize(
    ("webhook", "words"),
    [
        ("https://other.bitrix24.ru/rest/1/code/", "is of another portal than BITRIX24_BASE_URL"),
        ("code", "is not the address of an incoming webhook"),
        ("1/code two", "is not the address of an incoming webhook"),
    ],
)
def test_a_webhook_that_is_none_is_refused_without_repeating_it(opened, webhook, words):
    with pytest.raises(SettingsError) as caught:
        opened(BITRIX24_WEBHOOK=webhook)
    assert words in str(caught.value)
    assert "code" not in str(caught.value).replace("<code>", "")


def test_a_family_that_is_none_is_refused(opened):
    with pytest.raises(SettingsError, match="BITRIX24_LISTS=new is neither items nor old"):
        opened(BITRIX24_LISTS="new")


def test_check_says_a_line_a_permission(portal):
    portal.switch(scopes=["crm", "user", "department", "task"], visible_to=9101)
    settings = Settings.from_env(portal.variables())
    tried = {one.probe: one for one in check("bitrix24", settings)}

    assert "granted: crm, user, department, task" in tried["portal"].what
    assert "(9100) is no administrator, so lists may be incomplete" in tried["administrator"].what
    assert tried["deals"].what.startswith("readable, the newest one is of 2026-")
    assert tried["users"].what == "readable, 26 on the first page"
    assert (tried["calls"].is_there, tried["calls"].is_good) == (False, True)
    assert all(
        one.is_there for name, one in tried.items() if name not in ("calls", "administrator")
    )


def test_a_refusal_inside_a_batch_is_told_by_the_request_itself(portal, opened):
    """The first page is read, then the portal refuses the list."""
    body = {"error": "INTERNAL", "error_description": "Oops"}
    portal.break_down("batch", "status", status=200, body=body, times=0)
    with pytest.raises(AnswerRefusedError, match=r"finds the request wrong \(INTERNAL: Oops\)"):
        list(opened()[1].readers["deals"]({}))
