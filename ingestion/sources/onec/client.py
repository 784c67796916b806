"""Paging of the 1C OData interface (version 3, JSON). There is no next-link: we ask for `$top` rows
at a time, and always in an order, without which pages repeat and lose rows.

Documents and records are read by position (`Date ge <last seen>`), not by a growing `$skip`: deep
skips are slow, and a row edited meanwhile would push others off the page. Catalogs have no such
column and are paged by `$skip`; that none of their objects slipped from page to page is seen by
counting.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ingestion.errors import SourceError, TableRefusedError
from ingestion.http import AnswerRefusedError, ApiClient, Query
from ingestion.sources.onec.refusals import of_table

PAGE = 1000
KEYS_PER_REQUEST = 20  # an address should stay below the 2,000 characters every proxy lets through
READINGS = 3

Items = list[dict[str, Any]]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Position:
    """What rows are dated by, and what orders those of one moment."""

    by: str
    then: tuple[str, ...]

    @property
    def order(self) -> str:
        return ",".join((self.by, *self.then))

    def key(self, item: dict[str, Any]) -> tuple[Any, ...]:
        return tuple(item[name] for name in (self.by, *self.then))


DOCUMENT = Position("Date", ("Ref_Key",))


class OneCClient:
    """Reads entity sets of one infobase. `only_allowed`: rows the user may not see are left out by
    1C, instead of refusing the whole set.
    """

    def __init__(self, api: ApiClient, *, only_allowed: bool) -> None:
        self._api = api
        self.only_allowed = only_allowed

    @property
    def base_url(self) -> str:
        return self._api.base_url

    def names(self) -> frozenset[str]:
        """The entity sets the base publishes."""
        return frozenset(str(item["name"]) for item in self._list(None, "", []))

    def metadata(self) -> bytes:
        return self._api.body(None, "$metadata")

    def catalog(self, table: str, entity: str) -> Iterator[Items]:
        """A whole catalog. A page may be repeated when objects moved while it was read.

        Raises TableRefusedError when they do not stop moving.
        """
        for _ in range(READINGS):
            held = None
            seen: set[str] = set()
            for skip in range(0, 10**9, PAGE):
                items = self._page(table, entity, orderby="Ref_Key", skip=skip)
                seen.update(item["Ref_Key"] for item in items)
                if items:
                    yield items
                if len(items) < PAGE:
                    break
                held = self._count(table, entity) if held is None else held
            if held is None or len(seen) >= held:
                return
            logger.info("onec.%s: objects moved while %s was read; again", table, entity)
        raise TableRefusedError(
            "onec",
            table,
            f"{entity} changed so much while it was read {READINGS} times that objects are missing",
            "The table keeps its rows; run again when nobody edits the catalog in bulk",
        )

    def first(self, table: str, entity: str, orderby: str) -> Items:
        """One object of the entity, or none: whether it may be read."""
        return self._page(table, entity, orderby=orderby, skip=0, top=1)

    def dated(
        self,
        table: str,
        entity: str,
        position: Position,
        *,
        since: str | None,
        before: str | None = None,
        select: Sequence[str] = (),
    ) -> Iterator[Items]:
        """Rows dated within [since, before) (1C's local times), oldest first.

        `select` has to contain what the position is made of.
        """
        start, skip = since, 0
        on_border: set[tuple[Any, ...]] = set()
        while True:
            bounds = [("ge", start), ("lt", before)]
            condition = " and ".join(
                f"{position.by} {comparison} datetime'{bound}'"
                for comparison, bound in bounds
                if bound
            )
            items = self._page(
                table, entity, where=condition, orderby=position.order, skip=skip, select=select
            )
            if new := [item for item in items if position.key(item) not in on_border]:
                yield new
            if len(items) < PAGE:
                return
            last = str(items[-1][position.by])
            on_border = {position.key(item) for item in items if item[position.by] == last}
            # More than a page of one moment: only then count within it.
            start, skip = (last, 0) if last != start else (start, skip + PAGE)

    def by_keys(self, table: str, entity: str, keys: Iterable[str]) -> Iterator[Items]:
        """The objects with these keys, as many of them as still exist."""
        wanted = list(keys)
        for start in range(0, len(wanted), KEYS_PER_REQUEST):
            some = wanted[start : start + KEYS_PER_REQUEST]
            condition = " or ".join(f"Ref_Key eq guid'{key}'" for key in some)
            items = self._page(table, entity, where=condition, orderby="Ref_Key", skip=0)
            if items:
                yield items

    def one(self, table: str, address: str) -> dict[str, Any]:
        """The object at an address, such as a node of an exchange plan."""
        return self._api.get(table, address, [_JSON]) or {}

    def call(self, table: str, function: str, arguments: Query) -> bytes:
        """What one of the two functions of an exchange answers; both may be called again."""
        return self._api.body(table, function, arguments, method="POST")

    def _count(self, table: str, entity: str) -> int:
        """`$inlinecount` would make 1C ignore `$top`; `/$count` is plain text behind a BOM."""
        path = f"{entity}/$count"
        body = self._api.body(table, path, self._rights()).decode("utf-8-sig", "replace")
        if not body.strip().isdecimal():
            raise SourceError(
                "onec",
                table,
                f"the answer is no number (/{path})",
                "Check that ONEC_BASE_URL ends in /odata/standard.odata",
            )
        return int(body)

    def _page(
        self,
        table: str,
        entity: str,
        *,
        orderby: str,
        skip: int,
        where: str = "",
        select: Sequence[str] = (),
        top: int | None = None,
    ) -> Items:
        query: list[tuple[str, str | int]] = [*self._rights()]
        if where:
            query.append(("$filter", where))
        if select:
            query.append(("$select", ",".join(select)))
        query += [("$orderby", orderby), ("$top", PAGE if top is None else top), ("$skip", skip)]
        try:
            return self._list(table, entity, query)
        except AnswerRefusedError as error:
            raise of_table(error, table, entity) from None

    def _list(self, table: str | None, path: str, query: Query) -> Items:
        items = (self._api.get(table, path, [_JSON, *query]) or {}).get("value")
        if not isinstance(items, list):
            raise SourceError(
                "onec",
                table,
                f"the answer has no list of objects (/{path})",
                "Check that ONEC_BASE_URL ends in /odata/standard.odata",
            )
        return items

    def _rights(self) -> Query:
        return [("allowedOnly", "true")] if self.only_allowed else []


_JSON = ("$format", "application/json;odata=nometadata")
