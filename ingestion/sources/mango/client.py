"""Commands to Mango Office's VPBX: signed forms, and statistics in two steps.

Statistics are ordered first; the key that comes is shown until they are ready. There 204 means "not
yet", the opposite of other sources.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Generator, Iterator, Mapping
from typing import Any

import httpx

from ingestion.errors import SourceError
from ingestion.http import AnswerRefusedError, ApiClient
from ingestion.sources.mango.refusals import of_code

PAGE = 5000
POLL_SECONDS = 5.0
"""Mango forbids asking for one result more often."""
MOST_POLLS = 60
MOST_ORDERS = 3
"""A key that Mango forgot is ordered anew so often."""
OK = "1000"
NOT_YET = ("request", "work")

Items = list[dict[str, Any]]


class SignedForm(httpx.Auth):
    """Sends the parameter `json` of a question as Mango wants it: posted in a form, with the key
    and the SHA-256 of key, text and salt. What is signed is the very text that is sent.
    """

    def __init__(self, key: str, salt: str) -> None:
        self._key = key
        self._salt = salt

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        text = request.url.params["json"]
        sign = hashlib.sha256(f"{self._key}{text}{self._salt}".encode()).hexdigest()
        yield httpx.Request(
            "POST",
            request.url.copy_with(query=None),
            data={"vpbx_api_key": self._key, "sign": sign, "json": text},
            extensions=request.extensions,
        )


class MangoClient:
    """One VPBX."""

    def __init__(self, api: ApiClient, sleep: Callable[[float], None]) -> None:
        self._api = api
        self._sleep = sleep

    def users(self, table: str) -> Items:
        """All employees, with their ids and groups."""
        path = "config/users/request"
        answer = self._command(table, path, {"ext_fields": ["general.user_id", "groups"]}) or {}
        users = answer.get("users")
        if not isinstance(users, list):
            raise _shape(table, path, "users")
        return users

    def calls(self, table: str, start: str, end: str, page: int = PAGE) -> Iterator[Items]:
        """Calls begun from `start` to `end` (`31.10.2026 00:00:00`, at most a month apart), by page
        of whole statistics.
        """
        offset = 0
        while True:
            period = {"start_date": start, "end_date": end}
            items = self._statistics(table, {**period, "limit": str(page), "offset": str(offset)})
            yield items
            if len(items) < page:
                return
            offset += page

    def _statistics(self, table: str, command: Mapping[str, Any]) -> Items:
        for _ in range(MOST_ORDERS):
            order = self._command(table, "stats/calls/request", command) or {}
            if not order.get("key"):
                raise _shape(table, "stats/calls/request", "key")
            answer = self._result(table, str(order["key"]))
            if answer is not None:
                days = answer.get("data")
                if not isinstance(days, list):
                    raise _shape(table, "stats/calls/result", "data")
                return [item for day in days for item in day.get("list") or []]
        raise SourceError(
            "mango",
            table,
            f"Mango forgot the statistics it made, {MOST_ORDERS} times (/stats/calls/result)",
            "Run again later; if it repeats, ask Mango's support",
        )

    def _result(self, table: str, key: str) -> dict[str, Any] | None:
        """The finished statistics; None when Mango does not know the key any more."""
        path = "stats/calls/result"
        for _ in range(MOST_POLLS):
            try:
                answer = self._command(table, path, {"key": key})
            except AnswerRefusedError as error:
                if error.status != httpx.codes.NOT_FOUND:
                    raise
                return None
            status = answer.get("status") if answer is not None else "work"
            if status == "complete":
                return answer
            if status == "not-found":
                return None
            if status not in NOT_YET:
                raise SourceError(
                    "mango",
                    table,
                    f"Mango could not make the statistics (/{path})",
                    "Run again; if it repeats, ask Mango's support",
                )
            self._sleep(POLL_SECONDS)
        minutes = MOST_POLLS * POLL_SECONDS / 60
        raise SourceError(
            "mango",
            table,
            f"statistics were not ready after {minutes:.0f} minutes (/{path})",
            "Run again later; if it repeats, ask Mango's support",
        )

    def _command(self, table: str, path: str, command: Mapping[str, Any]) -> dict[str, Any] | None:
        """The answer to a command, None for 204; raises AnswerRefusedError for a bad code."""
        text = json.dumps(command, separators=(",", ":"), ensure_ascii=False)
        answer = self._api.get(table, path, [("json", text)])
        code = str((answer or {}).get("result", OK))
        if code != OK:
            refusal = of_code(code)
            raise AnswerRefusedError(
                "mango", table, f"{refusal.what} (/{path})", refusal.what_to_do, httpx.codes.OK
            )
        return answer


def _shape(table: str, path: str, key: str) -> SourceError:
    return SourceError(
        "mango",
        table,
        f"the answer has no {key} (/{path})",
        "Check that MANGO_BASE_URL is the address of Mango's VPBX API",
    )
