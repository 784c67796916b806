"""What amoCRM means by an error, in words for the person who has to mend it.

Codes and names of fields are repeated, never a `detail`: that one may hold a value.
"""

from __future__ import annotations

import re
from typing import Any

import httpx
import orjson

from ingestion.http import Refusal

_BY_CODE = {
    "110": Refusal(
        "the login was refused (401, code 110)",
        "Make a new token of the integration in amoCRM and set it",
    ),
    "113": Refusal(
        "this server's address is not in the account's list of allowed ones (code 113)",
        "Ask the account's administrator to allow it, or to take the restriction away",
    ),
}


def explain(response: httpx.Response) -> Refusal | None:
    """The words for an answer that amoCRM explains itself; None leaves it to the general ones."""
    status = response.status_code
    if status == httpx.codes.BAD_REQUEST:
        return _invalid(_body(response))
    if status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        return _BY_CODE.get(_code(_body(response)))
    if status == httpx.codes.NOT_FOUND:
        return Refusal(
            "there is no such list (404)",
            "Check AMOCRM_BASE_URL; a tariff may lack a part, such as customers or catalogs",
        )
    if status == httpx.codes.PAYMENT_REQUIRED:
        return Refusal(
            "amoCRM says that this is not paid for (402)",
            "Renew the subscription, or choose a tariff that has this part, then run again",
        )
    return None


def _body(response: httpx.Response) -> dict[str, Any]:
    try:
        body = orjson.loads(response.content)
    except orjson.JSONDecodeError:  # a page for people
        return {}
    return body if isinstance(body, dict) else {}


def _code(body: dict[str, Any]) -> str:
    inside = body.get("response")
    code = inside.get("error_code") if isinstance(inside, dict) else None
    return str(body.get("code") or body.get("error_code") or code or "")


def _invalid(body: dict[str, Any]) -> Refusal | None:
    """Which parts of a request amoCRM found wrong: `path: code`."""
    found = [
        f"{_word(error.get('path'))}: {_word(error.get('code'))}"
        for request in body.get("validation-errors") or []
        for error in request.get("errors") or []
    ]
    if not found:
        return None
    return Refusal(
        f"amoCRM finds the request wrong (400: {', '.join(found[:3])})",
        "This account does not understand what we ask for; report it with the name of the field",
    )


def _word(value: object) -> str:
    text = str(value or "?")
    return text if re.fullmatch(r"[\w.\[\]-]{1,80}", text) else "?"
