"""What Bitrix24 means by an error, in words for the person who has to mend it.

`error` is a code, a sentence, an empty text, a number or an object; codes and words alone are
repeated, never a description with a number in it: that may be a value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import httpx
import orjson

from ingestion.http import Refusal, Wait
from ingestion.sources.bitrix24.limits import Operating

NEEDED_SCOPES = ("crm", "user", "department", "task", "telephony")
_NO_RIGHT = Refusal(
    "access is denied: the user behind the webhook or the application may not read this",
    "Let an administrator of the portal make the webhook, or give its user the right",
)
_UNKNOWN_TO_US = Refusal(
    "the portal does not know the webhook or token",
    "Make the incoming webhook anew (Developer resources) and set BITRIX24_WEBHOOK, or authorise "
    "the application again",
)
_BY_CODE = {
    "ACCESS_DENIED": _NO_RIGHT,
    "INVALID_CREDENTIALS": _UNKNOWN_TO_US,
    "NO_AUTH_FOUND": _UNKNOWN_TO_US,
    "expired_token": Refusal(
        "the access token has expired, and a new one did not help",
        "Authorise the application again",
    ),
    "user_access_error": Refusal(
        "the application is installed, but not for this user",
        "Let an administrator of the portal give the user access to the application",
    ),
    "insufficient_scope": Refusal(
        "a permission is missing",
        f"Add it to the webhook or the application: {', '.join(NEEDED_SCOPES)} are needed",
    ),
    "OVERLOAD_LIMIT": Refusal(
        "Bitrix24 has blocked the portal's API by hand for its load",
        "Ask Bitrix24's support to lift the block",
    ),
    "PORTAL_DELETED": Refusal(
        "the portal is closed or deleted",
        "See whether it opens in a browser; a server of one's own may be temporarily closed",
    ),
    "QUERY_LIMIT_EXCEEDED": Refusal(
        "Bitrix24 asks for fewer requests",
        "Another program may ask from this address; lower BITRIX24_REQUESTS_PER_SECOND, run again",
    ),
    "OPERATION_TIME_LIMIT": Refusal(
        "the method worked too long within ten minutes and rests",
        "Run again later; what was read is kept",
    ),
}
_ONLY_PAID = Refusal(
    "the portal's tariff has no API", "Choose a commercial tariff of Bitrix24, then run again"
)
_ONLY_HTTPS = Refusal("the portal answers to https:// alone", "Set BITRIX24_BASE_URL with https://")
_NO_ITEMS = Refusal(
    "this portal has no crm.item.list: it is older",
    "Set BITRIX24_LISTS=old, which reads the lists it has",
)
_NO_METHOD = Refusal(
    "the portal has no such method",
    "Check BITRIX24_BASE_URL; a server of one's own may lack a module, such as telephony",
)


def explain(operating: Operating, response: httpx.Response) -> Refusal | Wait | None:
    """The words for an answer that Bitrix24 explains itself; None leaves it to the general ones."""
    try:
        body = orjson.loads(response.content)
    except orjson.JSONDecodeError:  # a page for people
        return None
    if not isinstance(body, dict) or "error" not in body:
        return None
    method = response.request.url.path.rstrip("/").rpartition("/")[2]
    told = refused(body, response.status_code, method)
    code, _ = _said(body)
    if code == "QUERY_LIMIT_EXCEEDED":
        return Wait(told.what, told.what_to_do, None, is_for_all=True)
    if code == "OPERATION_TIME_LIMIT":
        return Wait(told.what, told.what_to_do, operating.rest(method), is_for_all=False)
    if response.status_code >= httpx.codes.INTERNAL_SERVER_ERROR and code not in _BY_CODE:
        return None
    return told


def refused(body: Mapping[str, Any], status: int, method: str) -> Refusal:
    """What an error says, with its status and code where it has one."""
    code, description = _said(body)
    known = _BY_CODE.get(code)
    if "commercial plans" in description:
        known = _ONLY_PAID
    elif "https required" in description.lower():
        known = _ONLY_HTTPS
    elif code == "ERROR_METHOD_NOT_FOUND":
        known = _NO_ITEMS if method.startswith("crm.item.") else _NO_METHOD
    elif known is None and description.lower().startswith("access denied"):
        known = _NO_RIGHT
    mark = ", ".join(one for one in (str(status) if status != 200 else "", _word(code)) if one)
    if known is not None:
        return Refusal(f"{known.what} ({mark})" if mark else known.what, known.what_to_do)
    words = description if re.fullmatch(r"[^\W\d_][^\d@+]{0,150}", description) else ""
    told = ": ".join(one for one in (mark, words.rstrip(". ")) if one)
    return Refusal(
        f"Bitrix24 finds the request wrong ({told or 'it does not say why'})",
        "This portal does not understand what we ask for; report it with these words",
    )


def _said(body: Mapping[str, Any]) -> tuple[str, str]:
    """The code and the description, wherever they lie."""
    error = body.get("error")
    if isinstance(error, Mapping):
        return str(error.get("code") or ""), str(error.get("message") or "")
    return str(error or ""), str(body.get("error_description") or "")


def _word(code: str) -> str:
    return code if re.fullmatch(r"[A-Za-z_]{2,60}", code) else ""
