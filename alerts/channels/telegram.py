"""Telegram's Bot API, method sendMessage, through httpx.

The bot token is part of the request's path. So it is kept from httpx's log, and no httpx exception
leaves this file: what is reported is our own sentence. Which answers mean what, and what may be
tried again, is decided here; remembering it is the store's work.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from alerts.formats import telegram_html
from alerts.models import AlertsError, Message, Outcome, Recipient, Status

_ATTEMPTS = 3
# Telegram's flood limits: about 30 messages a second in all, one a second to one chat.
_PAUSE_SECONDS = 0.05
_SAME_CHAT_PAUSE_SECONDS = 1.0
# A longer wait would hold the whole refresh: the next run brings the rest.
_LONGEST_WAIT_SECONDS = 30.0
_TIMEOUT = httpx.Timeout(20.0, connect=5.0)

# Errors before the request left: the message is certainly not delivered. After any other error
# it may have been, and Telegram has no idempotency key to find out.
_NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol)


@dataclass(frozen=True)
class _Answer:
    """An answer of the Bot API; `result` is True when the message was accepted."""

    code: int
    is_ok: bool
    description: str
    retry_after: float
    migrate_to_chat_id: str | None


class TelegramChannel:
    """Sends to Telegram chats. `sleep` and `transport` are passed in by tests."""

    name = "telegram"

    def __init__(
        self,
        *,
        token: str,
        base_url: str,
        sleep: Callable[[float], None] = time.sleep,
        timeout: httpx.Timeout = _TIMEOUT,
    ) -> None:
        if not token:
            raise AlertsError("TELEGRAM_BOT_TOKEN is not set: put the bot's token into .env.")
        # A stray newline or space would end up in the URL, and the URL in an exception.
        if not all(part.isalnum() or part in ":-_" for part in token) or not token.isascii():
            raise AlertsError("TELEGRAM_BOT_TOKEN does not look like a bot token (digits:letters).")
        if not base_url.startswith(("https://", "http://")):
            raise AlertsError("TELEGRAM_BASE_URL must start with https:// (or http:// in tests).")
        self._method_url = f"{base_url.rstrip('/')}/bot{token}/sendMessage"
        self._client = httpx.Client(timeout=timeout)
        self._sleep = sleep
        self._last_chat: str | None = None
        logging.getLogger("httpx").addFilter(_Without(token))

    def address(self, recipient: Recipient) -> str | None:
        return recipient.chat

    def send(self, message: Message, address: str, *, now: datetime) -> Outcome:
        """All parts of a message. Once one part arrived the rest failing is no reason to repeat."""
        new_address: str | None = None
        for number, part in enumerate(telegram_html.render(message)):
            outcome = self._send_part(part, new_address or address, message.is_urgent)
            new_address = outcome.new_address or new_address
            if outcome.status is not Status.SENT:
                if number == 0:
                    return outcome
                note = f"only the first {number} part(s) arrived: {outcome.note}"
                return Outcome(Status.UNKNOWN, note, new_address=new_address, stop=outcome.stop)
        return Outcome(Status.SENT, new_address=new_address)

    def _send_part(self, html: str, chat: str, is_urgent: bool) -> Outcome:
        moved_to: str | None = None
        for attempt in range(1, _ATTEMPTS + 1):
            answer = self._post(html, moved_to or chat, is_urgent)
            if isinstance(answer, Outcome):
                return answer
            if answer.is_ok:
                return Outcome(Status.SENT, new_address=moved_to)
            if answer.migrate_to_chat_id and moved_to is None:
                moved_to = answer.migrate_to_chat_id
                continue
            wait = _wait_before_retry(answer, attempt)
            if wait is None or wait > _LONGEST_WAIT_SECONDS or attempt == _ATTEMPTS:
                return _refusal(answer)
            self._sleep(wait)
        return Outcome(Status.FAILED, "Telegram kept refusing; the next run tries again")

    def _post(self, html: str, chat: str, is_urgent: bool) -> _Answer | Outcome:
        same_chat = chat == self._last_chat
        if self._last_chat is not None:
            self._sleep(_SAME_CHAT_PAUSE_SECONDS if same_chat else _PAUSE_SECONDS)
        self._last_chat = chat
        body = {
            "chat_id": chat,
            "text": html,
            "parse_mode": "HTML",
            "link_preview_options": {"is_disabled": True},
            "disable_notification": False if is_urgent else None,
        }
        try:
            response = self._client.post(
                self._method_url, json={key: each for key, each in body.items() if each is not None}
            )
        except _NEVER_LEFT as error:
            note = f"Telegram cannot be reached ({type(error).__name__}); check the network"
            return Outcome(Status.FAILED, note, stop=True)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            note = f"no answer from Telegram ({type(error).__name__}); it may have arrived"
            # Stop: better one doubtful message than one for everybody in the queue.
            return Outcome(Status.UNKNOWN, note, stop=True)
        return _read(response)


def _read(response: httpx.Response) -> _Answer | Outcome:
    try:
        body: Any = response.json()
        if not isinstance(body, dict) or not isinstance(body.get("ok"), bool):
            raise TypeError
    except (ValueError, TypeError):
        # A gateway's page, or a captive portal's. A refusal by status is certain, a 200 or 5xx not.
        if response.status_code == httpx.codes.BAD_GATEWAY:
            return _Answer(502, False, "bad gateway", 0.0, None)
        is_refusal = 300 <= response.status_code < 500
        note = f"HTTP {response.status_code} without Telegram's JSON; check TELEGRAM_BASE_URL"
        return Outcome(Status.FAILED if is_refusal else Status.UNKNOWN, note, stop=True)
    hints = body.get("parameters") or {}
    migrated = hints.get("migrate_to_chat_id")
    return _Answer(
        code=int(body.get("error_code") or response.status_code),
        is_ok=body["ok"],
        description=str(body.get("description", "")),
        retry_after=float(hints.get("retry_after") or 0),
        migrate_to_chat_id=None if migrated is None else str(migrated),
    )


def _wait_before_retry(answer: _Answer, attempt: int) -> float | None:
    """Seconds to wait before the same message is tried again; None when that is pointless."""
    if answer.code == httpx.codes.TOO_MANY_REQUESTS:
        return answer.retry_after + 0.1
    if answer.code == httpx.codes.BAD_GATEWAY:
        return float(attempt)
    return None


def _refusal(answer: _Answer) -> Outcome:
    if answer.code == httpx.codes.TOO_MANY_REQUESTS:
        note = f"Telegram asks to wait {answer.retry_after:g} s; the next run tries again"
        return Outcome(Status.FAILED, note, stop=True)
    if answer.code in (httpx.codes.UNAUTHORIZED, httpx.codes.NOT_FOUND):
        note = f"Telegram does not know this bot (HTTP {answer.code}); check TELEGRAM_BOT_TOKEN"
        return Outcome(Status.FAILED, note, stop=True)
    description = answer.description.lower()
    if answer.code == httpx.codes.FORBIDDEN or "chat not found" in description:
        note = f"Telegram refuses this chat: {answer.description}"
        return Outcome(Status.FAILED, note, address_is_dead=True)
    if answer.code >= httpx.codes.INTERNAL_SERVER_ERROR and answer.code != httpx.codes.BAD_GATEWAY:
        note = f"Telegram failed with {answer.code}; it may have arrived"
        return Outcome(Status.UNKNOWN, note, stop=True)
    return Outcome(Status.FAILED, f"Telegram refused it ({answer.code}): {answer.description}")


class _Without(logging.Filter):
    """Drops log records that contain the secret: httpx logs the URL of every request."""

    def __init__(self, secret: str) -> None:
        super().__init__()
        self._secret = secret

    def filter(self, record: logging.LogRecord) -> bool:
        return self._secret not in record.getMessage()
