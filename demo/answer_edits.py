"""Answers whose rows changed shape: a field that flips its type, appears, or vanishes.

Works on any JSON answer with rows in `value` (OData), in the lists of `_embedded` (HAL), in `stats`
(Zadarma), in any list in `result` (Bitrix24) or in the lists of `data` (Mango Office), or that
is a row itself; other answers pass untouched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import orjson
from starlette.datastructures import MutableHeaders
from starlette.types import Message, Send

BECOMES: dict[str, Callable[[Any], Any]] = {
    "text": lambda value: f"~{value}",
    "number": lambda value: len(str(value)) + 0.5,
    "list": lambda value: [value],
    "null": lambda value: None,
    "absent": lambda value: None,
}
"""What a field may turn into, from what it was. The text is none that could be read as a number."""


class AnswerEdit:
    """Stands in for `send`: holds an answer back, changes `field` of its rows, sends it on.

    `becomes` is a key of BECOMES and touches rows that have the field; None sets `value` in all.
    """

    def __init__(self, send: Send, field: str, becomes: str | None, value: Any) -> None:
        self._send = send
        self._field = field
        self._becomes = becomes
        self._value = value
        self._start: Message = {}
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            return
        self._body += message.get("body", b"")
        if message.get("more_body"):
            return
        if self._start["status"] == 200:
            self._body = self._edited(self._body)
            MutableHeaders(scope=self._start)["content-length"] = str(len(self._body))
        await self._send(self._start)
        await self._send({"type": "http.response.body", "body": self._body})

    def _edited(self, body: bytes) -> bytes:
        try:
            answer = orjson.loads(body)
        except orjson.JSONDecodeError:
            return body
        for row in _rows(answer):
            if self._becomes is None:
                row[self._field] = self._value
            elif self._becomes == "absent":
                row.pop(self._field, None)
            elif self._field in row:
                row[self._field] = BECOMES[self._becomes](row[self._field])
        return orjson.dumps(answer)


def _rows(answer: Any) -> Iterator[dict[str, Any]]:
    if not isinstance(answer, dict):
        return
    if "data" in answer:
        lists = [day["list"] for day in answer["data"]]
    else:
        named = [answer[name] for name in ("value", "stats") if name in answer]
        inside = named or list(answer.get("_embedded", {}).values())
        lists = inside or list(_lists(answer.get("result")))
    if "id" in answer or not lists:  # one row, its parts embedded
        yield answer
        return
    for rows in lists:
        if isinstance(rows, list):
            yield from (row for row in rows if isinstance(row, dict))


def _lists(result: Any) -> Iterator[list[Any]]:
    """`result` itself, what lies in it, and what lies in the results of several calls."""
    if isinstance(result, list):
        yield result
    elif isinstance(result, dict):
        for inside in result.values():
            yield from _lists(inside)
