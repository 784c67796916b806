"""Paging of the 1C OData interface (version 3, JSON). There is no next-link: we ask for `$top` rows
at a time.

Documents are read by position (`Date ge <last seen>`), not by a growing `$skip`: deep skips are
slow, and a document edited meanwhile would push others off the page. Catalogs have no such column
and are paged by `$skip`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import httpx

from ingestion.errors import SourceError
from ingestion.http import ApiClient

PAGE = 1000
KEYS_PER_REQUEST = 20  # an address should stay below the 2,000 characters every proxy lets through

Items = list[dict[str, Any]]


class OneCClient:
    """Reads entity sets of one infobase."""

    def __init__(self, api: ApiClient) -> None:
        self._api = api

    def catalog(self, table: str, entity: str) -> Iterator[Items]:
        """A whole catalog, ordered by key."""
        skip = 0
        while True:
            items = self._page(table, entity, orderby="Ref_Key", skip=skip)
            if items:
                yield items
            if len(items) < PAGE:
                return
            skip += PAGE

    def first(self, table: str, entity: str) -> Items:
        """One object of the entity, or none: whether it may be read."""
        return self._page(table, entity, orderby="Ref_Key", skip=0, top=1)

    def documents(
        self,
        table: str,
        entity: str,
        *,
        since: str | None,
        before: str | None = None,
        select: Sequence[str] = (),
    ) -> Iterator[Items]:
        """Documents with `since` <= Date < `before` (1C's local times), oldest first.

        `select` has to contain Date: it is the position.
        """
        start, skip = since, 0
        on_border: set[str] = set()
        while True:
            bounds = [("ge", start), ("lt", before)]
            condition = " and ".join(
                f"Date {comparison} datetime'{bound}'" for comparison, bound in bounds if bound
            )
            items = self._page(
                table, entity, where=condition, orderby="Date,Ref_Key", skip=skip, select=select
            )
            if new := [item for item in items if item["Ref_Key"] not in on_border]:
                yield new
            if len(items) < PAGE:
                return
            last = str(items[-1]["Date"])
            on_border = {item["Ref_Key"] for item in items if item["Date"] == last}
            # More than a page of documents of one second: only then count within it.
            start, skip = (last, 0) if last != start else (start, skip + PAGE)

    def by_keys(self, table: str, entity: str, keys: Iterable[str]) -> Iterator[Items]:
        """The documents with these keys, as many of them as still exist."""
        for some in _chunks(list(keys), KEYS_PER_REQUEST):
            condition = " or ".join(f"Ref_Key eq guid'{key}'" for key in some)
            items = self._page(table, entity, where=condition, orderby="Ref_Key", skip=0)
            if items:
                yield items

    def _page(
        self,
        table: str,
        entity: str,
        *,
        orderby: str,
        skip: int,
        where: str = "",
        select: Sequence[str] = (),
        top: int = PAGE,
    ) -> Items:
        query: list[tuple[str, str | int]] = [("$format", "application/json;odata=nometadata")]
        if where:
            query.append(("$filter", where))
        if select:
            query.append(("$select", ",".join(select)))
        query += [("$orderby", orderby), ("$top", top), ("$skip", skip)]
        answer = self._api.get(table, entity, query) or {}
        items = answer.get("value")
        if not isinstance(items, list):
            raise SourceError(
                self._api.source,
                table,
                f"the answer has no list of objects (/{entity})",
                "Check that ONEC_BASE_URL ends in /odata/standard.odata",
            )
        return items


def final_failure(response: httpx.Response) -> str | None:
    """Failures no repetition heals: 1C's own code broke, or the entity is not published."""
    try:
        code = str(response.json()["odata.error"]["code"])
    except (json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError):
        return None  # errors may come as XML even for a JSON request
    if code == "-1":
        return "a handler inside 1C failed (code -1)"
    if code == "8":
        return "the entity is not published in the OData interface of this base (code 8)"
    return f"1C refused the request (code {code})"


def _chunks(keys: list[str], size: int) -> Iterator[list[str]]:
    for start in range(0, len(keys), size):
        yield keys[start : start + size]
