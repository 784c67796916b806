"""The HTTP client against a real server: rate, patience and the words for each failure."""

import logging
import socket
from decimal import Decimal

import pytest

from ingestion.errors import SettingsError, SourceError
from ingestion.http import ATTEMPTS, ApiClient, RateLimiter
from ingestion.sources.onec.client import final_failure


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

    assert min(later - earlier for earlier, later in zip(turns, turns[7:], strict=False)) >= 0.999


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

    assert "code -1" in refused(web, time, is_final=final_failure)
    assert len(web.asked) == 1


def test_addresses_are_not_logged(serve, answer, time, caplog):
    caplog.set_level(logging.INFO)
    web = serve(lambda asked: answer(b"{}"))

    client(web.url, time).get("leads", "x", [("query", "79990001122")])

    assert "79990001122" not in caplog.text
