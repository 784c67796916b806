"""Paging of amoCRM API v4: page numbers for what stands still, position by value for what moves.

A list ordered by `updated_at` moves under page numbers: a row edited during the run leaves its
place and pulls an unread row onto a page already read. So changed rows are read by position: each
next request starts at the last `updated_at` seen. Rows on the border come twice; the second copy is
left out.

An announced page that answers 204 shows that a list moved, or is a mistake of the source: what the
page belongs to (a list of numbered pages, or the rows from the present position on) is read again
from its start, once, and then believed, unless the page behind it has rows.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from typing import Any

from ingestion.errors import SourceError
from ingestion.http import ApiClient, Query, TooHeavyError
from ingestion.sources.amocrm.event_pages import event_page

SIZES = (250, 125, 25, 5)
"""Rows asked for at once: the most a list gives, then less after a 504. Each divides the one
before it, so that a page number can be found for the place reached.
"""
EVENTS_SIZES = (100, 50, 25, 5)
MOST_READINGS = 5
"""So often rows of one second are counted until a reading finds no new one."""
MOST_PAGES = 10_000
"""A numbered list that does not end within so many pages is not believed to be one."""
IDS_CHARACTERS = 1_500
"""Room for ids in an address: with host and path it stays below the 2,000 every proxy accepts."""

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

    def pages(
        self, table: str, path: str, query: Query = (), sizes: Sequence[int] = SIZES
    ) -> Iterator[Items]:
        """All pages by number, for lists whose rows keep their place during a run."""
        for items, _ in self.numbered(table, path, query, sizes):
            yield items

    def numbered(
        self,
        table: str,
        path: str,
        query: Query = (),
        sizes: Sequence[int] = SIZES,
        skip: int = 0,
    ) -> Iterator[tuple[Items, int]]:
        """Pages by number, each with the number of rows up to its end; `skip` goes on behind so
        many. Raises SourceError when a page in the middle never comes.
        """
        missing = yield from self._numbered_once(table, path, query, sizes, skip)
        if missing is None:
            return
        missing = yield from self._numbered_once(table, path, query, sizes, skip)
        # 204 behind the last page is an ordinary end of some lists, announced or not.
        if missing is not None:
            behind, _ = self._page(table, path, query, missing + sizes[0], list(sizes))
            if behind:
                raise SourceError(
                    self._api.source,
                    table,
                    "a page in the middle of the list came empty twice, and the one behind it "
                    f"has rows (/api/v4/{path})",
                    "The cursor stays where it was; run again, and if it repeats ask amoCRM's "
                    "support",
                )

    def changed(
        self, table: str, path: str, since: int, until: int, query: Query = ()
    ) -> Iterator[Items]:
        """Rows with `since` <= updated_at <= `until` (unix seconds), the oldest change first."""
        start, is_announced, again_at = since, False, -1
        on_border: set[tuple[Any, Any]] = set()
        sizes = list(SIZES)
        while True:
            where = [
                *query,
                *_range("updated_at", start, until),
                ("order[updated_at]", "asc"),
            ]
            items, has_more = self._page(table, path, where, 0, sizes)
            if items is None and is_announced and again_at != start:
                again_at = start
                continue
            if not items:
                return
            self._check_order(table, path, items, start, until)
            yield [item for item in items if (item["id"], item["updated_at"]) not in on_border]
            if not has_more:
                return
            last = items[-1]["updated_at"]
            if last > start:
                on_border = {(item["id"], last) for item in items if item["updated_at"] == last}
                start, is_announced = last, True
            else:
                yield from self._whole_second(table, path, start, query)
                start, on_border, is_announced = start + 1, set(), False

    def _whole_second(self, table: str, path: str, second: int, query: Query) -> Iterator[Items]:
        """All rows changed in that second, of which a bulk edit makes more than a page: they can
        only be counted, and one that is edited meanwhile pulls others onto a page already read. So
        they are read until a reading finds no new one.
        """
        seen: set[Any] = set()
        where: Query = [*query, *_range("updated_at", second, second), ("order[id]", "asc")]
        for number in range(MOST_READINGS):
            new: set[Any] = set()
            for items in self.pages(table, path, where):
                self._check_order(table, path, items, second, second)
                new.update(item["id"] for item in items)
                yield items
            if number > 0 and new <= seen:
                return
            seen |= new
        raise SourceError(
            self._api.source,
            table,
            f"rows of one second change while they are read ({MOST_READINGS} readings, "
            f"/api/v4/{path})",
            "The cursor stays where it was; run again when the bulk edit is over",
        )

    def changed_in_any_order(
        self, table: str, path: str, since: int, skip: int
    ) -> Iterator[tuple[Items, int]]:
        """Rows with `since` <= updated_at, the highest id first, of lists that cannot be ordered by
        change; each page with the number of rows up to its end.
        """
        query: Query = [("filter[updated_at][from]", since), ("order[id]", "desc")]
        for items, reached in self.numbered(table, path, query, skip=skip):
            if min(self._times(table, path, items, "updated_at"), default=since) < since:
                raise self._filter_ignored(table, path, "updated_at")
            yield items, reached

    def created(
        self,
        table: str,
        path: str,
        first: int,
        last: int,
        query: Query = (),
        sizes: Sequence[int] = SIZES,
        by: str = "created_at",
    ) -> Iterator[Items]:
        """Rows with `first` <= `by` <= `last` (unix seconds), by page number."""
        for items in self.pages(table, path, [*query, *_range(by, first, last)], sizes):
            times = self._times(table, path, items, by)
            if times and (min(times) < first or max(times) > last):
                raise self._filter_ignored(table, path, by)
            yield items

    def by_ids(
        self, table: str, path: str, ids: Iterable[int], query: Query = (), by: str = "id"
    ) -> Iterator[tuple[list[int], Items]]:
        """Some of `ids` at a time, with the rows that have them: none for a row that is gone."""
        for some in _chunks(sorted(ids), len(f"filter%5B{by}%5D%5B%5D=&")):
            where = [*query, *((f"filter[{by}][]", one) for one in some)]
            items = [item for page in self.pages(table, path, where) for item in page]
            field = "id" if by == "id" else by
            if not {item.get(field) for item in items} <= set(some):
                raise self._filter_ignored(table, path, by)
            yield some, items

    def _numbered_once(
        self, table: str, path: str, query: Query, sizes: Sequence[int], skip: int
    ) -> Generator[tuple[Items, int], None, int | None]:
        """As `numbered`; returns the number of rows before an announced page that was not there, or
        None when the list came to its end.
        """
        left = list(sizes)
        is_announced = False
        for _ in range(MOST_PAGES):
            items, has_more = self._page(table, path, query, skip, left)
            if items is None:
                return skip if is_announced else None
            skip += left[0]
            yield items, skip
            if not has_more:
                return None
            is_announced = True
        raise self._endless(table, path)

    def _page(
        self, table: str, path: str, query: Query, skip: int, sizes: list[int]
    ) -> tuple[Items | None, bool]:
        """The page behind `skip` rows (None for 204), and whether another one is announced.

        What is too heavy is asked for in smaller pages; then the larger ones leave `sizes`.
        """
        while True:
            page = [*query, ("limit", sizes[0]), ("page", skip // sizes[0] + 1)]
            try:
                answer = self._api.get(
                    table,
                    f"api/v4/{path}",
                    page,
                    is_divisible=len(sizes) > 1,
                    decode=event_page if table == "events" else None,
                )
                break
            except TooHeavyError:
                del sizes[0]
        if answer is None:
            return None, False
        embedded = answer.get("_embedded")
        key = path.rsplit("/", 1)[-1]
        if not isinstance(embedded, dict) or not isinstance(embedded.get(key), list):
            raise self._shape(table, path, f"the answer has no list _embedded.{key}")
        return embedded[key], "next" in (answer.get("_links") or {})

    def _check_order(self, table: str, path: str, items: Items, start: int, until: int) -> None:
        times = self._times(table, path, items, "updated_at")
        if times != sorted(times) or times[0] < start or times[-1] > until:
            raise self._filter_ignored(table, path, "updated_at")

    def _times(self, table: str, path: str, items: Items, by: str) -> list[int]:
        times = [time for item in items if isinstance(time := item.get(by), int)]
        if len(times) < len(items):
            raise self._shape(table, path, f"{by} of a row is not a moment in unix seconds")
        return times

    def _endless(self, table: str, path: str) -> SourceError:
        return SourceError(
            self._api.source,
            table,
            f"the list does not end: {MOST_PAGES:,} pages were read (/api/v4/{path})",
            "The cursor stays where it was; ask amoCRM's support whether this account pages its "
            "lists",
        )

    def _filter_ignored(self, table: str, path: str, by: str) -> SourceError:
        """Filters are switched per account, and a switched-off filter is ignored in silence."""
        return SourceError(
            self._api.source,
            table,
            f"the filter or the order by {by} is ignored (/api/v4/{path})",
            "Ask amoCRM's support to switch on the API filter of this account",
        )

    def _shape(self, table: str, path: str, what: str) -> SourceError:
        return SourceError(
            self._api.source,
            table,
            f"{what} (/api/v4/{path})",
            "Check that AMOCRM_BASE_URL is the account's own address and that API v4 answers there",
        )


def _range(by: str, first: int, last: int) -> list[tuple[str, str | int]]:
    return [(f"filter[{by}][from]", first), (f"filter[{by}][to]", last)]


def _chunks(ids: list[int], characters_each: int) -> Iterator[list[int]]:
    some: list[int] = []
    room = IDS_CHARACTERS
    for one in ids:
        needed = characters_each + len(str(one))
        if some and needed > room:
            yield some
            some, room = [], IDS_CHARACTERS
        some.append(one)
        room -= needed
    if some:
        yield some
