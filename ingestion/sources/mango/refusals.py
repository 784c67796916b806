"""What Mango Office means by a code or a status, in words for the person who has to mend it.

Mango answers 200 and a code where others answer an error; codes of one thousand mean one kind.
"""

from __future__ import annotations

import httpx

from ingestion.http import Refusal

KEYS = "Check MANGO_API_KEY and MANGO_API_SALT"
_WRONG_KEYS = ("3102", "3105")


def of_code(code: str) -> Refusal:
    """The words for a `result` other than 1000."""
    if code in _WRONG_KEYS:
        return Refusal(
            f"the key or the signature was refused (code {code})",
            f"{KEYS}, then run again in two minutes: Mango shuts out who is wrong twice",
        )
    if code.startswith("2"):
        return Refusal(
            f"the account is restricted (code {code})",
            "See its balance and its services in Mango's personal account",
        )
    if code.startswith("3"):
        return Refusal(
            f"Mango finds the request wrong (code {code})",
            "This account does not understand what we ask for; report it with the code",
        )
    if code.startswith("5"):
        return Refusal(
            f"Mango cannot answer at present (code {code})",
            "Run again later; if it repeats, ask Mango's support whether the service is on",
        )
    return Refusal(f"Mango refuses the request (code {code})", "Ask Mango's support with the code")


def explain(response: httpx.Response) -> Refusal | None:
    """The words for a status that Mango uses in a way of its own."""
    if response.status_code == httpx.codes.UNAUTHORIZED:
        return Refusal(
            "Mango answers nothing for two minutes after wrong requests (401)",
            f"{KEYS}, wait two minutes, then run again",
        )
    return None
