"""The HTTP client against a real server: rate, patience and the words for each failure."""

import logging
import pickle
import socket
import time as clock
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime
from threading import Thread

import pytest

from ingestion.errors import SettingsError, SourceError
from ingestion.http import (
    ATTEMPTS,
    AnswerRefusedError,
    ApiClient,
    RateLimiter,
    TooHeavyError,
    Wait,
    fast_json,
)
from ingestion.sources.amocrm.refusals import explain
from ingestion.sources.onec.refusals import explain as explain_onec


class FakeTime:
    """A clock that moves only when somebody sleeps."""

    def __init__(self):
        self.now = 0.0
        self.slept = []

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def time():
    return FakeTime()


def client(base_url, time, **more):
    return ApiClient(
        "amocrm",
        base_url,
        RateLimiter(1000, time.monotonic, time.sleep),
        credentials="AMOCRM_TOKEN",
        address="AMOCRM_BASE_URL",
        sleep=time.sleep,
        **more,
    )


def refused(web, time, **more):
    with pytest.raises(SourceError) as error:
        client(web.url, time, **more).get("leads", "api/v4/leads", [("query", "79990001122")])
    sentence = str(error.value)
    assert sentence.startswith("amocrm.leads: ")
    assert "79990001122" not in sentence
    return sentence


@pytest.mark.parametrize(
    "address",
    ["1c.example/base", "ftp://host/base", "https://", "https://boss:pass@host"],
)
def test_what_is_no_web_address_is_refused_without_an_attempt(time, address):
    with pytest.raises(SettingsError, match="AMOCRM_BASE_URL is not a web address") as error:
        client(address, time)
    assert "boss" not in str(error.value)
    assert time.slept == []


@pytest.mark.parametrize("token", ["Bearer two\nlines", "Bearer токен"])
def test_a_token_that_no_header_can_carry_is_refused_without_repeating_it(time, token):
    with pytest.raises(SettingsError, match="AMOCRM_TOKEN holds a line break or a letter") as error:
        client("https://host", time, headers={"Authorization": token})
    assert token.split()[1] not in str(error.value)


def test_the_limiter_never_lets_more_through_than_allowed(time):
    limiter = RateLimiter(7, time.monotonic, time.sleep)
    turns = []
    for _ in range(50):
        limiter.wait()
        turns.append(time.now)

    assert most_in_one_second(turns) <= 7


def most_in_one_second(turns):
    return max(sum(start <= turn < start + 1 for turn in turns) for start in turns)


def test_nothing_is_caught_up_after_a_stall(time):
    limiter = RateLimiter(7, time.monotonic, time.sleep)
    turns = []
    for number in range(60):
        limiter.wait()
        turns.append(time.now)
        time.now += 3.0 if number % 20 == 19 else 0.0  # the process was stopped for a while

    assert most_in_one_second(turns) <= 7


def test_a_sleep_that_ends_late_does_not_crowd_the_next_turns(time):
    def late_sleep(seconds):
        time.sleep(seconds + 0.5)

    limiter = RateLimiter(7, time.monotonic, late_sleep)
    turns = []
    for _ in range(30):
        limiter.wait()
        turns.append(time.now)

    assert most_in_one_second(turns) <= 7


def test_processes_that_ask_one_account_take_turns(tmp_path):
    per_second, released = 50, []

    def process():
        limiter = RateLimiter(per_second, shared=tmp_path / "secrets" / "account.turn")
        for _ in range(10):
            limiter.wait()
            released.append(clock.monotonic())

    # A limiter of its own each, as processes have; what they share is the file.
    processes = [Thread(target=process) for _ in range(3)]
    for one in processes:
        one.start()
    for one in processes:
        one.join()

    released.sort()
    assert len(released) == 30
    assert released[-1] - released[0] >= 29 / per_second


def test_a_turn_of_the_machines_last_life_keeps_nobody_waiting(tmp_path):
    (tmp_path / "account.turn").write_text(repr(clock.monotonic() + 1e6))
    limiter = RateLimiter(1000, shared=tmp_path / "account.turn")

    limiter.wait()

    assert float((tmp_path / "account.turn").read_text()) < clock.monotonic() + 1


def test_threads_share_the_limit():
    limiter = RateLimiter(200)
    turns = []

    def ask(_):
        limiter.wait()
        turns.append(clock.monotonic())

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(ask, range(200)))

    turns.sort()
    assert most_in_one_second(turns) <= 200


def test_nearly_all_of_the_limit_is_used(time):
    limiter = RateLimiter(200, time.monotonic, time.sleep)

    for _ in range(200):
        limiter.wait()

    assert time.monotonic() * 200 <= 199 / 0.95


def test_numbers_with_a_point_keep_their_digits(serve, answer, time):
    web = serve(lambda asked: answer(b'{"price": 22729.17}'))

    assert client(web.url, time).get("leads", "x") == {"price": Decimal("22729.17")}


def test_204_is_nothing(serve, answer, time):
    web = serve(lambda asked: answer(b"", status=204))

    assert client(web.url, time).get("leads", "x") is None


def test_a_wrong_token_is_told_at_once(serve, answer, time):
    web = serve(lambda asked: answer(b"{}", status=401))

    assert "Check AMOCRM_TOKEN" in refused(web, time)
    assert len(web.asked) == 1


def test_forbidden_is_not_tried_again(serve, answer, time):
    web = serve(lambda asked: answer(b"<html>", status=403))

    assert "403" in refused(web, time)
    assert len(web.asked) == 1


@pytest.mark.parametrize("status", [429, 500, 504])
def test_a_failing_source_is_asked_again_and_answers(serve, answer, time, status):
    answers = [answer(b"<html>", status=status), answer(b'{"id": 1}')]
    web = serve(lambda asked: answers.pop(0))

    assert client(web.url, time).get("leads", "x") == {"id": 1}
    assert time.slept[-1] == pytest.approx(0.5, abs=0.01)


def test_patience_ends(serve, answer, time):
    web = serve(lambda asked: answer(b"", status=503))

    assert "HTTP 503" in refused(web, time)
    assert len(web.asked) == ATTEMPTS


def test_html_instead_of_json_is_told_at_once(serve, answer, time):
    web = serve(lambda asked: answer(b"<!DOCTYPE html><form>79990001122</form>"))

    assert "a web page came instead of data" in refused(web, time)
    assert len(web.asked) == 1


@pytest.mark.parametrize("cut", [True, False])
def test_a_page_cut_short_is_asked_again_and_then_told(serve, answer, time, cut):
    web = serve(lambda asked: answer(b'{"_embedded": {"leads": [{"id": 1', cut=cut))

    assert "cut short" in refused(web, time)
    assert len(web.asked) == ATTEMPTS


def test_an_unreachable_source_is_told(time):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    with pytest.raises(SourceError, match=r"cannot be reached .* Check AMOCRM_BASE_URL"):
        client(f"http://127.0.0.1:{port}", time).get("leads", "x")


def test_a_broken_handler_inside_1c_is_not_tried_again(serve, answer, time):
    web = serve(lambda asked: answer(b'{"odata.error": {"code": "-1"}}', status=500))

    assert "code -1" in refused(web, time, explain=explain_onec)
    assert len(web.asked) == 1


def test_addresses_are_not_logged(serve, answer, time, caplog):
    caplog.set_level(logging.INFO)
    web = serve(lambda asked: answer(b"{}"))

    client(web.url, time).get("leads", "x", [("query", "79990001122")])

    assert "79990001122" not in caplog.text


# -- What the source asks for ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked_for", "seconds"),
    [
        ("7", 7.0),
        (lambda: format_datetime(datetime.now(UTC) + timedelta(seconds=30)), 30.0),
    ],
)
def test_the_pause_a_source_asks_for_is_kept(serve, answer, time, asked_for, seconds):
    value = asked_for() if callable(asked_for) else asked_for
    answers = [answer(b"<html>", status=429, headers={"Retry-After": value}), answer(b"{}")]
    web = serve(lambda asked: answers.pop(0))

    client(web.url, time).get("leads", "x")

    assert time.slept[-1] == pytest.approx(seconds, abs=1.5)


def test_a_source_that_wants_to_be_left_alone_for_an_hour_is_left_alone(serve, answer, time):
    web = serve(lambda asked: answer(b"", status=503, headers={"Retry-After": "3600"}))

    assert "HTTP 503" in refused(web, time)
    assert len(web.asked) == 1


def test_a_pause_asked_for_holds_every_thread_of_the_account_back(time):
    limiter = RateLimiter(1000, time.monotonic, time.sleep)
    limiter.hold(9)

    limiter.wait()

    assert time.now >= 9


def test_429_in_html_and_then_a_block_is_told_in_one_sentence(serve, answer, time):
    answers = [answer(b"<html>Too Many", status=429), answer(b"<html>Forbidden", status=403)]
    web = serve(lambda asked: answers.pop(0))

    assert "403): no right to read this, or the integration is blocked" in refused(web, time)


def test_429_without_end_says_to_lower_the_rate(serve, answer, time):
    web = serve(lambda asked: answer(b"<html>", status=429))

    assert "Lower the requests per second of this source" in refused(web, time)


def test_an_answer_too_heavy_is_told_at_once_to_who_can_ask_for_less(serve, answer, time):
    web = serve(lambda asked: answer(b"<html>", status=504))

    with pytest.raises(TooHeavyError):
        client(web.url, time).get("leads", "x", is_divisible=True)
    assert len(web.asked) == 1
    assert "HTTP 504" in refused(web, time)


def test_the_id_that_support_asks_for_is_told(serve, answer, time):
    web = serve(lambda asked: answer(b"{}", status=403, headers={"X-Request-Id": "8f0c-1"}))

    assert "(/api/v4/leads, request 8f0c-1)" in refused(web, time)


def test_a_strange_request_id_is_not_repeated(serve, answer, time):
    web = serve(lambda asked: answer(b"{}", status=403, headers={"X-Request-Id": "boss@e.example"}))

    assert "boss" not in refused(web, time)


@pytest.mark.parametrize(("is_for_all", "held"), [(True, [7.0]), (False, [])])
def test_a_source_may_say_that_all_wait_or_only_who_asked(serve, answer, time, is_for_all, held):
    holds = []

    class Limiter(RateLimiter):
        def hold(self, seconds):
            holds.append(seconds)
            super().hold(seconds)

    answers = [answer(b"{}", status=503), answer(b'{"result": 1}')]
    web = serve(lambda asked: answers.pop(0))
    api = ApiClient(
        "bitrix24",
        web.url,
        Limiter(1000, time.monotonic, time.sleep),
        credentials="BITRIX24_WEBHOOK",
        address="BITRIX24_BASE_URL",
        sleep=time.sleep,
        explain=lambda response: (
            Wait("busy", "Wait", 7.0, is_for_all) if response.status_code == 503 else None
        ),
    )

    assert api.call("deals", "crm.deal.list", {"start": 0}) == {"result": 1}
    assert holds == held
    assert sum(time.slept) == pytest.approx(7.0, abs=0.01)


def test_a_closed_client_asks_no_more(serve, answer, time):
    web = serve(lambda asked: answer(b"{}"))
    closed = client(web.url, time)
    closed.close()

    with pytest.raises(SourceError, match="reading was stopped"):
        closed.get("leads", "x")
    assert web.asked == []


def test_a_refusal_keeps_its_status_across_processes():
    error = AnswerRefusedError("amocrm", "leads", "what", "what to do", 402)

    assert pickle.loads(pickle.dumps(error)).status == 402


def test_fast_json_reads_what_its_parser_refuses():
    assert fast_json(b'\xef\xbb\xbf{"price": 99.5}') == {"price": 99.5}
    assert fast_json(b'{"name": "\\ud83d"}') == {"name": "\ud83d"}
    with pytest.raises(ValueError, match="Expecting"):
        fast_json(b'{"id": 1')


# -- amoCRM's own words ------------------------------------------------------------------------

VALIDATION = b"""{"validation-errors": [{"request_id": "0", "errors": [
    {"code": "InvalidType", "path": "filter[updated_at]", "detail": "79990001122 is no moment"}]}],
    "title": "Bad Request", "status": 400, "detail": "79990001122"}"""


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (400, VALIDATION, "finds the request wrong (400: filter[updated_at]: InvalidType)"),
        (400, b"<html>", "unexpected answer (HTTP 400)"),
        (401, b'{"response": {"error_code": 110}}', "the login was refused (401, code 110)"),
        (401, b'{"title": "Unauthorized"}', "access was refused (401)"),
        (402, b"{}", "not paid for (402)"),
        (403, b'{"code": 113}', "this server's address is not in the account's list"),
        (403, b"<html>", "access is forbidden (403)"),
        (404, b"{}", "there is no such list (404)"),
    ],
)
def test_amocrm_is_understood(serve, answer, time, status, body, words):
    web = serve(lambda asked: answer(body, status=status))

    assert words in refused(web, time, explain=explain)
    assert len(web.asked) == 1
