"""Paging of amoCRM API v4: plain page numbers for what stands still, position by value for what
moves.

A list ordered by `updated_at` moves under page numbers: a row edited during the run leaves its
place and pulls an unread row onto a page already read. So changed rows are read by position: each
next request starts at the last `updated_at` seen. Rows on the border come twice; the second copy is
left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ingestion.errors import SourceError
from ingestion.http import ApiClient, Query

PAGE = 250  # the most a list gives; events give 100
EVENTS_PAGE = 100

Items = list[dict[str, Any]]


class AmoClient:
    """Reads lists of one amoCRM account. Paths are relative to /api/v4."""

    def __init__(self, api: ApiClient) -> None:
        self._api = api

    def one(self, table: str, path: str, query: Query = ()) -> dict[str, Any]:
        """A single object, such as the account."""
        answer = self._api.get(table, f"api/v4/{path}", query)
        if answer is None:
            raise self._shape(table, path, "nothing came where one object is expected")
        return answer

    def pages(self, table: str, path: str, query: Query = (), limit: int = PAGE) -> Iterator[Items]:
        """All pages by number, for lists whose rows keep their place during a run."""
        page = 1
        while True:
            items, more = self._page(table, path, [*query, ("limit", limit), ("page", page)], page)
            if items:
                yield items
            if not more:
                return
            page += 1

    def changed(
        self, table: str, path: str, since: int, until: int, query: Query = ()
    ) -> Iterator[Items]:
        """Rows with `since` <= updated_at <= `until` (unix seconds), the oldest change first."""
        start, page = since, 1
        on_border: set[Any] = set()
        while True:
            items, more = self._page(
                table,
                path,
                [
                    *query,
                    ("filter[updated_at][from]", start),
                    ("filter[updated_at][to]", until),
                    ("order[updated_at]", "asc"),
                    ("limit", PAGE),
                    ("page", page),
                ],
                page,
            )
            if not items:
                return
            self._check_order(table, path, items, start, until)
            yield [item for item in items if item["id"] not in on_border]
            if not more:
                return
            last = items[-1]["updated_at"]
            on_border = {item["id"] for item in items if item["updated_at"] == last}
            # A bulk edit gives more than a page of rows one second: then count pages within it.
            start, page = (last, 1) if last > start else (start, page + 1)

    def _page(self, table: str, path: str, query: Query, page: int) -> tuple[Items, bool]:
        answer = self._api.get(table, f"api/v4/{path}", query)
        if answer is None and page > 1:
            # An announced page may answer 204 by mistake; the second answer is believed.
            answer = self._api.get(table, f"api/v4/{path}", query)
        if answer is None:
            return [], False
        embedded = answer.get("_embedded")
        key = path.rsplit("/", 1)[-1]
        if not isinstance(embedded, dict) or not isinstance(embedded.get(key), list):
            raise self._shape(table, path, f"the answer has no list _embedded.{key}")
        return embedded[key], "next" in (answer.get("_links") or {})

    def _check_order(self, table: str, path: str, items: Items, start: int, until: int) -> None:
        """Filters are switched per account, and a switched-off filter is ignored in silence."""
        times = [time for item in items if isinstance(time := item.get("updated_at"), int)]
        if len(times) < len(items):
            raise self._shape(table, path, "updated_at of a row is not a moment in unix seconds")
        if times != sorted(times) or times[0] < start or times[-1] > until:
            raise SourceError(
                self._api.source,
                table,
                f"the filter or the order by updated_at is ignored (/api/v4/{path})",
                "Ask amoCRM's support to switch on the API filter of this account",
            )

    def _shape(self, table: str, path: str, what: str) -> SourceError:
        return SourceError(
            self._api.source,
            table,
            f"{what} (/api/v4/{path})",
            "Check that AMOCRM_BASE_URL is the account's own address and that API v4 answers there",
        )
