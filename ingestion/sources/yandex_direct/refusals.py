"""What Direct means by an error, in words for the person who has to mend it.

An error is a code in JSON, in an answer of 400 or of 200. Codes are repeated, never their details:
those hold values of the request.
"""

from __future__ import annotations

import httpx
import orjson

from ingestion.http import Refusal

BUSY = (56, 506, 9000)
"""Too many requests, connections or queued reports: their turn comes."""
FAILING = (52, 1000, 1001, 1002)
"""Direct's own servers fail; it may pass."""
TOO_MUCH = httpx.codes.BAD_GATEWAY
"""The report could not be made in the time that Direct allows itself."""

_LOGIN = "Check YANDEX_DIRECT_LOGIN and to whom YANDEX_DIRECT_TOKEN belongs"
_BY_CODE = {
    53: Refusal(
        "the token was refused (code 53)",
        "Make a new token of the application and set YANDEX_DIRECT_TOKEN",
    ),
    54: Refusal(
        "the token's owner has no right to this advertiser (code 54)",
        f"{_LOGIN}: of an agency, it has to be the agency's",
    ),
    58: Refusal(
        "the application may not use Direct's API yet (code 58)",
        "Ask for access in Direct, on the page «API», and wait until it is granted",
    ),
    152: Refusal(
        "the points of the API are used up (code 152)",
        "They come back hour by hour: run again later, and see what else uses this advertiser's",
    ),
    513: Refusal("this login has no account in Direct (code 513)", _LOGIN),
    3000: Refusal(
        "this login may not use the API (code 3000)",
        "Ask the advertiser, or its agency, to allow the API in Direct's settings",
    ),
}
_OF_SERVICE = {
    56: "requests of this kind come too often",
    506: "too many connections are open",
    9000: "five reports are queued already",
    52: "Yandex's server of tokens does not answer",
}


def code_of(response: httpx.Response) -> int | None:
    """The code of the error that an answer tells, if it tells one."""
    if response.content[:1] != b"{":
        return None
    try:
        return int(orjson.loads(response.content)["error"]["error_code"])
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
        return None


def of_code(code: int) -> Refusal:
    """The words for an error that no waiting heals."""
    return _BY_CODE.get(code) or Refusal(
        f"Direct finds the request wrong (code {code})",
        "This account does not understand what we ask for; check YANDEX_DIRECT_GOALS and "
        "YANDEX_DIRECT_ATTRIBUTION, or report it with the code",
    )


def of_waiting(code: int) -> Refusal:
    """The words for an error that should have passed."""
    why = _OF_SERVICE.get(code, "Direct's server fails")
    return Refusal(
        f"{why} (code {code}), and it did not pass",
        "Run again later; see which other programs ask this advertiser's reports",
    )


def explain(response: httpx.Response) -> Refusal | None:
    """The words for a status that Direct uses in a way of its own."""
    if response.status_code == TOO_MUCH and response.url.path.endswith("/reports"):
        return Refusal(
            "Direct could not make the report in time (502)",
            "Run again later; if it repeats, ask for fewer days at once with `backfill`",
        )
    return None
