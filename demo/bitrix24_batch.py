"""Several calls in one: `batch` of Bitrix24, with results of one call in the parameters of the
next (`$result[first][0][ID]`).

An unknown result becomes an empty text here; the vendor does not say what it becomes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from demo.bitrix24_query import BitrixError, Params, nested

MOST_COMMANDS = 50
_RESULT = re.compile(r"\$result((?:\[[^\]]*\])+)")

Call = Callable[[str, Params], dict[str, Any]]


def run_batch(params: Params, call: Call) -> dict[str, Any]:
    """The answer without its `time`. Empty maps come as lists, as PHP writes them."""
    asked = params.get("cmd") or {}
    commands = asked if isinstance(asked, dict) else {str(n): one for n, one in enumerate(asked)}
    halts = str(params.get("halt", 0)).lower() in ("1", "true")
    parts: dict[str, dict[str, Any]] = {
        name: {} for name in ("result", "error", "total", "next", "time")
    }
    for place, (key, command) in enumerate(commands.items()):
        try:
            if place >= MOST_COMMANDS:
                raise BitrixError(400, "ERROR_BATCH_LENGTH_EXCEEDED", "Max batch length exceeded")
            answer = _run(str(command), parts["result"], call)
        except BitrixError as error:
            parts["error"][key] = error.body
            if halts:
                break
        else:
            for name, part in answer.items():
                parts[name][key] = part
    result = parts.pop("result")
    return {
        "result": {"result": result or []}
        | {f"result_{name}": part or [] for name, part in parts.items()}
    }


def _run(command: str, results: dict[str, Any], call: Call) -> dict[str, Any]:
    method, _, query = command.partition("?")
    method = method.lower()
    if method == "batch":
        raise BitrixError(
            405, "ERROR_BATCH_METHOD_NOT_ALLOWED", "Method is not allowed for batch usage"
        )
    pairs = [
        (_RESULT.sub(lambda found: _found(found[1], results), name_or_value[0]),
         _RESULT.sub(lambda found: _found(found[1], results), name_or_value[1]))
        for name_or_value in parse_qsl(query, True)
    ]  # fmt: skip
    params = {name.lower(): value for name, value in nested(pairs).items()}
    return call(method, params)


def _found(path: str, results: dict[str, Any]) -> str:
    place: Any = results
    for part in re.findall(r"\[([^\]]*)\]", path):
        try:
            place = place[int(part)] if isinstance(place, list) else place[part]
        except (KeyError, IndexError, TypeError, ValueError):
            return ""
    return str(place)
