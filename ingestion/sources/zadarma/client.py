"""Questions to Zadarma's API v1: the signature, pages of statistics, its errors in words.

Paths end in a slash, as the vendor's own clients write and sign them.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Generator, Iterator
from datetime import timedelta, timezone, tzinfo
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import httpx

from ingestion.errors import SourceError
from ingestion.http import AnswerRefusedError, ApiClient, Query, Refusal

PAGE = 1000

Items = list[dict[str, Any]]


class Signature(httpx.Auth):
    """`Authorization: key:signature` over the path without the host, and the sorted query.

    The documentation says base64 of the HMAC; the vendor's clients, and its servers, take the
    HMAC's hexadecimal text for it.
    """

    def __init__(self, key: str, secret: str, base_url: str) -> None:
        self._key = key
        self._secret = secret.encode()
        self._prefix = httpx.URL(base_url).path.rstrip("/")

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        query = urlencode(sorted(request.url.params.multi_items()))
        signed = request.url.path.removeprefix(self._prefix) + query
        signed += hashlib.md5(query.encode()).hexdigest()
        digest = hmac.new(self._secret, signed.encode(), hashlib.sha1).hexdigest()
        request.url = request.url.copy_with(query=query.encode())
        request.headers["Authorization"] = (
            f"{self._key}:{base64.b64encode(digest.encode()).decode()}"
        )
        yield request


class ZadarmaClient:
    """One account. `statistics` asks within the limit of statistics, `others` all else."""

    def __init__(self, others: ApiClient, statistics: ApiClient) -> None:
        self._others = others
        self._statistics = statistics

    def calls(self, table: str, start: str, end: str, page: int = PAGE) -> Iterator[Items]:
        """Legs of calls begun from `start` to `end` (the account's local times, at most a month
        apart), by page.
        """
        period: Query = [("start", start), ("end", end), ("version", 2)]
        skip = 0
        while True:
            query = [*period, ("skip", skip), ("limit", page)]
            items = self._list(self._statistics, table, "v1/statistics/pbx/", "stats", query)
            yield items
            if len(items) < page:
                return
            skip += page

    def extensions(self, table: str) -> Items:
        """Every extension with the id of its PBX."""
        answer = self._asked(self._others, table, "v1/pbx/internal/")
        numbers = answer.get("numbers")
        if not isinstance(numbers, list):
            raise _shape(table, "v1/pbx/internal/", "numbers")
        return [{"number": number, "pbx_id": answer.get("pbx_id")} for number in numbers]

    def timezone(self, table: str) -> tzinfo:
        """The account's zone as it tells it: `UTC+3`, or a name."""
        told = str(self._asked(self._others, table, "v1/info/timezone/").get("timezone"))
        if found := re.fullmatch(r"(?:UTC|GMT)(?:([+-])(\d{1,2})(?::(\d{2}))?)?", told):
            sign, hours, minutes = found.groups()
            offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
            return timezone(-offset if sign == "-" else offset)
        try:
            return ZoneInfo(told)
        except (ZoneInfoNotFoundError, ValueError):
            raise SourceError(
                "zadarma",
                table,
                "the account tells its time zone in a way that is not understood",
                "Set ZADARMA_TIMEZONE to the zone of the account's settings, such as Europe/Moscow",
            ) from None

    def _list(self, api: ApiClient, table: str, path: str, key: str, query: Query) -> Items:
        items = self._asked(api, table, path, query).get(key)
        if not isinstance(items, list):
            raise _shape(table, path, key)
        return items

    def _asked(self, api: ApiClient, table: str, path: str, query: Query = ()) -> dict[str, Any]:
        answer = api.get(table, path, [*query, ("format", "json")]) or {}
        if answer.get("status") != "success":
            raise AnswerRefusedError(
                "zadarma",
                table,
                f"Zadarma refuses the request (/{path}{_words(answer)})",
                "Ask Zadarma's support with these words",
                httpx.codes.OK,
            )
        return answer


def explain(response: httpx.Response) -> Refusal | None:
    """The words for an answer that Zadarma explains itself."""
    if response.status_code != httpx.codes.BAD_REQUEST:
        return None
    try:
        answer = response.json()
    except ValueError:
        answer = {}
    return Refusal(
        f"Zadarma finds the request wrong (400{_words(answer)})",
        "Ask Zadarma's support with these words; a period may be at most a month long",
    )


def _words(answer: Any) -> str:
    """What the answer says of itself, when it is words alone: a digit may be of a phone."""
    said = str(answer.get("message") or "") if isinstance(answer, dict) else ""
    return f": {said}" if re.fullmatch(r"[A-Za-z ,.'-]{1,100}", said) else ""


def _shape(table: str, path: str, key: str) -> SourceError:
    return SourceError(
        "zadarma",
        table,
        f"the answer has no list {key} (/{path})",
        "Check that ZADARMA_BASE_URL is the address of Zadarma's API",
    )
