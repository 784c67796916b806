"""The Telegram channel against a real HTTP server on loopback that answers as the Bot API does."""

import json
import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from alerts.channels.telegram import TelegramChannel
from alerts.models import AlertsError, Form, Message, Outcome, Recipient, Section, Status

TOKEN = "123456:AAE-secret_Token"
ACCEPTED = (200, {"ok": True, "result": {"message_id": 1, "date": 1769929200}})
HEAD = Recipient("sales_head", "sales_head", "РОП", "100")
SHORT = Message(HEAD, Form.SINGLE, "🟠 Заголовок", (Section(None, ("Факт & <факт>",)),), ())


def refusal(code: int, description: str, **parameters: int) -> tuple[int, dict[str, Any]]:
    body = {"ok": False, "error_code": code, "description": description}
    return code, {**body, "parameters": parameters} if parameters else body


FLOOD = refusal(429, "Too Many Requests: retry after 5", retry_after=5)
LONG_FLOOD = refusal(429, "Too Many Requests: retry after 900", retry_after=900)
BLOCKED = refusal(403, "Forbidden: bot was blocked by the user")
NOT_FOUND = refusal(400, "Bad Request: chat not found")
BAD_MARKUP = refusal(400, "Bad Request: can't parse entities")
MOVED = refusal(400, "Bad Request: group chat was upgraded", migrate_to_chat_id=-1009)
BAD_TOKEN = refusal(401, "Unauthorized")
BAD_GATEWAY = (502, "<html>Bad Gateway</html>")
BROKEN = refusal(500, "Internal Server Error")
PORTAL = (200, "<html>Please log in to the guest network</html>")
LOST = (0, "")  # the request is taken, and the connection closed without an answer


@dataclass
class BotApi:
    """Answers in the given order, the last one for ever; keeps what it was asked."""

    url: str = ""
    answers: list[tuple[int, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)

    def next_answer(self) -> tuple[int, Any]:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture
def bot_api() -> Iterator[BotApi]:
    api = BotApi()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            api.paths.append(self.path)
            api.bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            code, body = api.next_answer()
            if (code, body) == LOST:
                self.close_connection = True
                return
            payload = (body if isinstance(body, str) else json.dumps(body)).encode()
            self.send_response(code)
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    api.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield api
    server.shutdown()
    server.server_close()


@dataclass
class Sent:
    outcome: Outcome
    slept: list[float]


def send(api: BotApi, *answers: tuple[int, Any], message: Message = SHORT) -> Sent:
    api.answers = list(answers)
    slept: list[float] = []
    channel = TelegramChannel(token=TOKEN, base_url=api.url, sleep=slept.append)
    outcome = channel.send(message, "100", now=datetime.now().astimezone())
    return Sent(outcome, slept)


def test_an_accepted_message_is_sent_as_html_to_its_chat(bot_api: BotApi) -> None:
    assert send(bot_api, ACCEPTED).outcome == Outcome(Status.SENT)
    assert bot_api.paths == [f"/bot{TOKEN}/sendMessage"]
    assert bot_api.bodies == [
        {
            "chat_id": "100",
            "text": "<b>🟠 Заголовок</b>\n\nФакт &amp; &lt;факт&gt;",
            "parse_mode": "HTML",
            "link_preview_options": {"is_disabled": True},
        }
    ]


def test_a_short_flood_wait_is_honoured_and_the_message_goes(bot_api: BotApi) -> None:
    sent = send(bot_api, FLOOD, ACCEPTED)
    assert sent.outcome.status is Status.SENT
    assert 5.1 in sent.slept


def test_a_long_flood_wait_is_left_to_the_next_run(bot_api: BotApi) -> None:
    sent = send(bot_api, LONG_FLOOD)
    assert (sent.outcome.status, sent.outcome.stop) == (Status.FAILED, True)
    assert sum(sent.slept) < 5
    assert len(bot_api.bodies) == 1


def test_flood_waits_are_bounded(bot_api: BotApi) -> None:
    sent = send(bot_api, FLOOD)
    assert (sent.outcome.status, sent.outcome.stop) == (Status.FAILED, True)
    assert len(bot_api.bodies) == 3


@pytest.mark.parametrize("answer", [BLOCKED, NOT_FOUND])
def test_a_chat_that_refuses_us_is_dead_and_not_tried_again(
    bot_api: BotApi, answer: tuple[int, Any]
) -> None:
    outcome = send(bot_api, answer).outcome
    assert (outcome.status, outcome.address_is_dead, outcome.stop) == (Status.FAILED, True, False)
    assert len(bot_api.bodies) == 1


def test_bad_markup_is_our_fault_and_kills_no_chat(bot_api: BotApi) -> None:
    outcome = send(bot_api, BAD_MARKUP).outcome
    assert (outcome.status, outcome.address_is_dead) == (Status.FAILED, False)
    assert "can't parse entities" in outcome.note


def test_a_group_that_moved_gets_it_at_its_new_address(bot_api: BotApi) -> None:
    outcome = send(bot_api, MOVED, ACCEPTED).outcome
    assert (outcome.status, outcome.new_address) == (Status.SENT, "-1009")
    assert [body["chat_id"] for body in bot_api.bodies] == ["100", "-1009"]


def test_a_wrong_token_stops_everything(bot_api: BotApi) -> None:
    outcome = send(bot_api, BAD_TOKEN).outcome
    assert (outcome.status, outcome.stop) == (Status.FAILED, True)
    assert "TELEGRAM_BOT_TOKEN" in outcome.note


def test_a_bad_gateway_is_tried_again(bot_api: BotApi) -> None:
    assert send(bot_api, BAD_GATEWAY, ACCEPTED).outcome.status is Status.SENT


@pytest.mark.parametrize("answer", [LOST, BROKEN, PORTAL])
def test_a_message_that_may_have_arrived_is_never_repeated(
    bot_api: BotApi, answer: tuple[int, Any]
) -> None:
    outcome = send(bot_api, answer).outcome
    assert (outcome.status, outcome.stop) == (Status.UNKNOWN, True)
    assert len(bot_api.bodies) == 1


def test_a_timeout_after_the_request_is_unknown() -> None:
    silent = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)  # accepts, never answers
    channel = TelegramChannel(
        token=TOKEN,
        base_url=f"http://127.0.0.1:{silent.server_port}",
        timeout=httpx.Timeout(0.2),
    )
    outcome = channel.send(SHORT, "100", now=datetime.now().astimezone())
    silent.server_close()
    assert (outcome.status, "ReadTimeout" in outcome.note) == (Status.UNKNOWN, True)


def test_an_unreachable_telegram_certainly_got_nothing() -> None:
    closed = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    closed.server_close()
    channel = TelegramChannel(token=TOKEN, base_url=f"http://127.0.0.1:{closed.server_port}")
    outcome = channel.send(SHORT, "100", now=datetime.now().astimezone())
    assert (outcome.status, outcome.stop) == (Status.FAILED, True)


def test_a_long_message_goes_in_parts_a_second_apart(bot_api: BotApi) -> None:
    facts = tuple(f"• строка {number} " + "я" * 80 for number in range(100))
    sent = send(bot_api, ACCEPTED, message=replace(SHORT, sections=(Section("Много", facts),)))
    assert sent.outcome.status is Status.SENT
    assert len(bot_api.bodies) > 1
    assert all(len(body["text"]) <= 4096 for body in bot_api.bodies)
    assert sent.slept == [1.0] * (len(bot_api.bodies) - 1)


def test_once_a_part_arrived_the_rest_failing_is_no_reason_to_repeat(bot_api: BotApi) -> None:
    facts = tuple(f"• строка {number} " + "я" * 80 for number in range(100))
    message = replace(SHORT, sections=(Section("Много", facts),))
    assert send(bot_api, ACCEPTED, BAD_MARKUP, message=message).outcome.status is Status.UNKNOWN


@pytest.mark.parametrize("answer", [ACCEPTED, BAD_TOKEN, BLOCKED, LOST, PORTAL, BAD_GATEWAY])
def test_the_token_is_in_no_log_and_no_note(
    bot_api: BotApi, caplog: pytest.LogCaptureFixture, answer: tuple[int, Any]
) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("httpx").setLevel(logging.DEBUG)
    outcome = send(bot_api, answer).outcome
    assert bot_api.paths
    assert "secret" not in caplog.text
    assert "secret" not in repr(outcome)


@pytest.mark.parametrize("token", ["", "123:with space", "123:line\nbreak", "123:кириллица"])
def test_a_token_that_cannot_be_one_is_refused_without_being_shown(token: str) -> None:
    with pytest.raises(AlertsError, match="TELEGRAM_BOT_TOKEN") as caught:
        TelegramChannel(token=token, base_url="https://api.telegram.org")
    assert not token or token not in str(caught.value)
