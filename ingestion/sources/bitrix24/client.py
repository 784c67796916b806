"""Questions to a Bitrix24 portal: single ones, lists by page, lists by id, several in one.

A list that is ordered by id and asked for what lies behind the last id seen loses nothing to rows
that come, go or change meanwhile. A page has 50 rows and two requests a second are allowed, so a
list that turns out long is read by `batch`: up to 50 pages in one request, each behind the last id
of the page before, which the portal itself fills in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from ingestion.errors import SourceError
from ingestion.http import AnswerRefusedError, ApiClient, TooHeavyError
from ingestion.sources.bitrix24.limits import Operating
from ingestion.sources.bitrix24.lists import Listing
from ingestion.sources.bitrix24.refusals import refused

PAGE = 50
MOST_PAGES_AT_ONCE = 50
IDS_AT_ONCE = 20 * PAGE
"""Rows asked for by id in one request; a request may work for a minute at most."""
MOST_PAGES = 10_000
"""A numbered list that does not end within so many pages is not believed to be one."""

Items = list[dict[str, Any]]


class BitrixClient:
    """One portal."""

    def __init__(self, api: ApiClient, operating: Operating) -> None:
        self._api = api
        self._operating = operating

    def one(self, table: str, method: str, asked: Mapping[str, Any] | None = None) -> Any:
        """The `result` of a method."""
        return self._call(table, method, asked or {})["result"]

    def now(self, table: str) -> datetime:
        """The portal's own time: what changed is told by that clock and not by ours."""
        moment = _moment(self.one(table, "server.time"))
        if moment is None:
            raise self._shape(table, "server.time", "the portal does not tell its time")
        return moment.astimezone(UTC)

    def numbered(self, table: str, method: str, asked: Mapping[str, Any]) -> Iterator[Items]:
        """Pages of a list that stands still during a run, by what the portal calls the next."""
        start: Any = 0
        for _ in range(MOST_PAGES):
            answer = self._call(table, method, {**asked, "start": start})
            result = answer["result"]
            yield self._checked(table, method, result)
            start = answer.get("next")
            if start is None:
                return
        raise SourceError(
            self._api.source,
            table,
            f"the list does not end: {MOST_PAGES:,} pages were read (/{method})",
            "Ask Bitrix24's support why this list has no end",
        )

    def between(
        self,
        table: str,
        listing: Listing,
        by: str,
        first: datetime | None,
        end: datetime,
        last: int = 0,
    ) -> Iterator[Items]:
        """Pages of the rows with `first` <= `by` <= `end`, as `behind` reads them.

        A row may be edited between the portal's choice and its answer: it comes as it is by then.
        """
        where = {f"<={by}": end.isoformat()}
        if first is not None:
            where[f">={by}"] = first.isoformat()
        for items in self.behind(table, listing, where, last):
            for item in items:
                moment = _moment(listing.of_row(item, by))
                if moment is None:
                    raise self._shape(table, listing.method, f"{by} of a row is not a moment")
                if first is not None and moment < first:
                    raise self._ignored(table, listing.method, by)
            yield items

    def behind(
        self, table: str, listing: Listing, where: Mapping[str, Any], last: int = 0
    ) -> Iterator[Items]:
        """Pages of the rows that `where` holds for, the lowest id first, from behind `last`."""
        at_once, most = 1, MOST_PAGES_AT_ONCE
        while True:
            try:
                pages = self._pages(table, listing, where, last, at_once)
            except TooHeavyError:
                at_once = most = max(1, at_once // 4)
                continue
            for items in pages:
                last = self._checked_order(table, listing, items, last)
                if items:
                    yield items
                if len(items) < PAGE:
                    return
            # Fewer pages than asked for came only when one of them was refused.
            at_once = min(at_once * 2, most) if len(pages) == at_once else 1

    def by_ids(
        self, table: str, listing: Listing, ids: Iterable[int]
    ) -> Iterator[tuple[list[int], Items]]:
        """Some of `ids` at a time, with the rows that have them: none for a row that is gone."""
        for many in _chunks(sorted(ids), IDS_AT_ONCE):
            parts = _chunks(many, PAGE)
            asked = [listing.asked({listing.by_ids: part}) for part in parts]
            results = self._together(table, listing, asked)
            for part, result in zip(parts, results, strict=False):
                items = self._rows(table, listing, result)
                if not {int(listing.of_row(item, listing.id)) for item in items} <= set(part):
                    raise self._ignored(table, listing.method, listing.by_ids)
                yield part, items
            for part in parts[len(results) :]:  # the request that was refused says why by itself
                answer = self._call(table, listing.method, listing.asked({listing.by_ids: part}))
                yield part, self._rows(table, listing, answer["result"])

    def _pages(
        self, table: str, listing: Listing, where: Mapping[str, Any], last: int, at_once: int
    ) -> list[Items]:
        """The next pages, at most `at_once`; fewer when the portal refused one of them."""
        after = f">{listing.id}"
        asked = [listing.asked({**where, after: last})]
        shown = f"[{listing.key}]" if listing.key else ""
        id_name = listing.shown.get(listing.id, listing.id)
        for place in range(at_once - 1):
            found = f"$result[p{place}]{shown}[{PAGE - 1}][{id_name}]"
            asked.append(listing.asked({**where, after: found}))
        if at_once == 1:
            results = [self._call(table, listing.method, asked[0])["result"]]
        else:
            results = self._together(table, listing, asked)
        return [self._rows(table, listing, result) for result in results]

    def _together(self, table: str, listing: Listing, asked: list[dict[str, Any]]) -> list[Any]:
        """The results of one method called several times in one request, up to the first one that
        was refused. Raises TooHeavyError when it was too much for one request.
        """
        if len(asked) == 1:
            return [self._call(table, listing.method, asked[0])["result"]]
        commands = {
            f"p{place}": f"{listing.method}?{urlencode(_as_php(one))}"
            for place, one in enumerate(asked)
        }
        answer = self._api.call(table, "batch", {"halt": 1, "cmd": commands}, is_divisible=True)
        inside = answer.get("result")
        if not isinstance(inside, dict):
            raise self._refused_or_shape(table, "batch", answer)
        results = inside.get("result") or {}
        times = inside.get("result_time") or {}
        for key in commands.keys() & (times.keys() if isinstance(times, dict) else set()):
            self._operating.note(listing.method, times[key])
        came = []
        for key in commands:
            if key not in results:
                break
            came.append(results[key])
        return came

    def _call(self, table: str, method: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        answer = self._api.call(table, method, asked)
        if "result" not in answer:
            raise self._refused_or_shape(table, method, answer)
        self._operating.note(method, answer.get("time"))
        return answer

    def _rows(self, table: str, listing: Listing, result: Any) -> Items:
        return self._checked(table, listing.method, listing.rows_of(result))

    def _checked(self, table: str, method: str, rows: Any) -> Items:
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise self._shape(table, method, "the answer has no list of rows where one belongs")
        return rows

    def _checked_order(self, table: str, listing: Listing, items: Items, last: int) -> int:
        """The last id of a page whose ids ascend from behind `last`."""
        for item in items:
            try:
                number = int(listing.of_row(item, listing.id))
            except (TypeError, ValueError):
                raise self._shape(table, listing.method, "a row has no id") from None
            if number <= last:
                raise self._ignored(table, listing.method, listing.id)
            last = number
        return last

    def _ignored(self, table: str, method: str, name: str) -> SourceError:
        return SourceError(
            self._api.source,
            table,
            f"the filter or the order by {name.lstrip('@')} is ignored (/{method})",
            "The cursor stays where it was; ask Bitrix24's support why this list cannot be paged",
        )

    def _refused_or_shape(self, table: str, method: str, answer: Mapping[str, Any]) -> SourceError:
        if "error" in answer:
            told = refused(answer, 200, method)
            return AnswerRefusedError(
                self._api.source, table, f"{told.what} (/{method})", told.what_to_do, 200
            )
        return self._shape(table, method, "the answer has no result")

    def _shape(self, table: str, method: str, what: str) -> SourceError:
        return SourceError(
            self._api.source,
            table,
            f"{what} (/{method})",
            "Check that BITRIX24_BASE_URL is the portal's own address",
        )


def _moment(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else None


def _chunks(ids: list[int], size: int) -> list[list[int]]:
    return [ids[start : start + size] for start in range(0, len(ids), size)]


def _as_php(asked: Mapping[str, Any]) -> dict[str, Any]:
    """`{"filter": {">ID": 5}}` as `filter[>ID]=5`."""
    flat: dict[str, Any] = {}

    def put(name: str, value: Any) -> None:
        if isinstance(value, Mapping):
            for key, inside in value.items():
                put(f"{name}[{key}]", inside)
        elif isinstance(value, list | tuple):
            for place, inside in enumerate(value):
                put(f"{name}[{place}]", inside)
        else:
            flat[name] = value

    for name, value in asked.items():
        put(name, value)
    return flat
