"""What 1C means by an error, in words for the person who has to mend it.

Codes and names of entities are repeated, never a message: that one may hold a value. Errors may
come as XML even for a JSON request.
"""

from __future__ import annotations

import json
import re

import httpx

from ingestion.errors import TableRefusedError
from ingestion.http import AnswerRefusedError, Refusal

_CODE_IN_XML = re.compile(rb"<(?:\w+:)?code>\s*(-?\d+)\s*<")
_PUBLISH = "Publish it in 1C (standard OData interface, composition), or name another entity in "
_BY_CODE = {
    "-1": Refusal(
        "a handler inside 1C failed (code -1)",
        "Show this to the base's administrator: the text stands in 1C's event log",
    ),
    "8": Refusal(
        "the entity is not published in the OData interface of this base (code 8)",
        f"{_PUBLISH}ONEC_ENTITIES",
    ),
    "9": Refusal(
        "there is no such object in the base (code 9)",
        "Check the reference in ONEC_EXCHANGE_NODE",
    ),
}


def explain(response: httpx.Response) -> Refusal | None:
    """The words for an answer that 1C explains itself; None leaves it to the general ones."""
    code = _code(response.content)
    if response.status_code == httpx.codes.UNAUTHORIZED:
        told = f"401, code {code}" if code else "401"
        return Refusal(
            f"access was refused ({told})",
            "Check ONEC_USER and ONEC_PASSWORD, and that this user may use the OData interface",
        )
    if code is None:
        return None
    return _BY_CODE.get(code) or Refusal(
        f"1C does not understand the request (code {code})",
        "Report it with the version of 1C's platform: this base speaks another OData than we know",
    )


def of_table(error: AnswerRefusedError, table: str, entity: str) -> TableRefusedError:
    """A refusal of one entity, when the base itself lets us in: the other tables go on."""
    if error.status != httpx.codes.UNAUTHORIZED:
        return TableRefusedError("onec", table, error.what, error.what_to_do)
    return TableRefusedError(
        "onec",
        table,
        f"the user may not read {entity}, or not all of its rows (401)",
        "The table keeps its rows. Give the user the right in 1C; or set ONEC_ALLOWED_ONLY=yes to "
        "read what the user may see, and miss the rest without a word",
    )


def not_published(table: str, entities: tuple[str, ...]) -> TableRefusedError:
    """For a table that has to be there."""
    return TableRefusedError(
        "onec",
        table,
        f"{' or '.join(entities)} is not published in the OData interface of this base",
        f"The table keeps its rows. {_PUBLISH}ONEC_ENTITIES={table}=…",
    )


def _code(body: bytes) -> str | None:
    try:
        return str(json.loads(body.decode("utf-8-sig", "replace"))["odata.error"]["code"])
    except (ValueError, KeyError, TypeError):
        found = _CODE_IN_XML.search(body)
        return found[1].decode() if found else None
