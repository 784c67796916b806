"""A stand-in of the amoCRM v4 REST API over a `Store`: read only, as the product reads it.

What belongs here: routes and what answers them. Not: lists and dictionaries (`amocrm_lists`), the
language of filters (`amocrm_query`), how a record is shown (`amocrm_items`, `amocrm_links`),
envelopes (`amocrm_answers`), tokens (`amocrm_tokens`), the rate limit (`rate_limit`), planted
faults (`faults`), any data.

Shapes follow the vendor's documentation. Where it is silent this stand-in assumes: ranges include
both ends, a limit above the cap is cut down to it, an unasked order is by id (events: newest
first), everything about customers is 402 where the tariff has none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from demo.amocrm_account import Account
from demo.amocrm_answers import dictionary, hal, invalid, nothing, page_of, problem, self_link
from demo.amocrm_items import Items, pipeline_item
from demo.amocrm_links import SHOWN, Links
from demo.amocrm_lists import COLLECTIONS, CUSTOMERS, EVENT_TYPES, LEADS, LINKS, NOTED, NOTES
from demo.amocrm_query import (
    BadQueryError,
    Collection,
    Condition,
    ListQuery,
    Record,
    chosen,
    ordered,
    read_pairs,
    read_query,
)
from demo.amocrm_tokens import TokenMiddleware, TokenOffice
from demo.amocrm_webhooks import Webhooks
from demo.rate_limit import RateLimiter, RateLimitMiddleware
from demo.selections import Selections

if TYPE_CHECKING:
    from demo.store import Store

Handler = Callable[[Request], Any]


class AmoCrm:
    """The API's handlers. Reads the store on every request; never changes it."""

    def __init__(self, store: Store, selections: Selections, account: Account) -> None:
        self._store = store
        self._selections = selections
        self._account = account
        self._links = Links(store, selections)
        self._items = Items(store, self._links, account)

    def routes(self) -> list[Route]:
        """Fixed paths before `{id}` paths: Starlette takes the first that fits."""
        api = "/api/v4/"
        routes = [
            Route(api + "account", self._describe_account),
            Route(api + "events/types", self._event_types),
            Route(api + "leads/pipelines", self._pipelines),
            Route(api + "leads/pipelines/{id}", self._pipeline),
            Route(api + "leads/pipelines/{id}/statuses", self._statuses),
            Route(api + "leads/pipelines/{id}/statuses/{status_id:int}", self._status),
        ]
        for kind in NOTED:
            of_one = f"{api}{kind}/{{entity_id:int}}"
            routes += [
                Route(f"{api}{kind}/links", self._links_of(kind)),
                Route(f"{of_one}/links", self._links_of(kind)),
                Route(f"{of_one}/notes", self._list(NOTES[kind])),
                Route(f"{of_one}/notes/{{id}}", self._one(NOTES[kind])),
            ]
        for collection in COLLECTIONS:
            path = api + collection.path.replace("{catalog_id}", "{catalog_id:int}")
            routes.append(Route(path, self._list(collection)))
            routes.append(Route(f"{path}/{{id}}", self._one(collection)))
        return routes

    def _list(self, collection: Collection) -> Handler:
        async def handler(request: Request) -> Response:
            if self._is_unpaid(collection.path):
                return _unpaid()
            pairs = read_pairs(request.scope["query_string"])
            query = self._understood(read_query(pairs, collection), request)
            rows = self._chosen(collection, query)
            start = (query.page - 1) * query.limit
            page = rows[start : start + query.limit]
            if not page:
                return nothing()
            suffix = f"?{urlencode({'page': query.page, 'limit': query.limit})}"
            return hal(
                page_of(
                    request,
                    pairs,
                    collection.embedded_key,
                    [
                        self._items.show(request, collection, row, query.extras, suffix)
                        for row in page
                    ],
                    page=query.page,
                    limit=query.limit,
                    total=len(rows),
                    counts_total=collection.counts_total,
                )
            )

        return handler

    def _one(self, collection: Collection) -> Handler:
        async def handler(request: Request) -> Response:
            if self._is_unpaid(collection.path):
                return _unpaid()
            record = self._find(collection.store_key, request.path_params["id"])
            if record is None or not _is_under(record, request):
                return nothing()
            query = read_query(read_pairs(request.scope["query_string"]), collection)
            return hal(self._items.show(request, collection, record, query.extras))

        return handler

    def _links_of(self, kind: str) -> Handler:
        """The links of one card, or of those that `filter[entity_id][]` names."""

        async def handler(request: Request) -> Response:
            if self._is_unpaid(kind):
                return _unpaid()
            pairs = read_pairs(request.scope["query_string"])
            query = read_query(pairs, LINKS)
            asked = {one.field: one.operand for one in query.conditions}
            named = asked.pop("entity_id", ())
            owner = request.path_params.get("entity_id")
            owners = named if owner is None else [owner]
            if not owners:
                return invalid("filter[entity_id]", "This value should not be blank")
            cards = self._store.amocrm[kind]
            links = [
                link if owner is not None else {"entity_id": one, "entity_type": kind, **link}
                for one in sorted(int(one) for one in owners if str(one).isdecimal())
                if one in cards and self._account.shows(cards[one])
                for link in self._links.of(kind, one, *SHOWN[kind])
                if all(_end_of(link, field) in wanted for field, wanted in asked.items())
            ]
            start = (query.page - 1) * query.limit
            shown = links[start : start + query.limit]
            if not shown:
                return nothing()
            page = page_of(
                request, pairs, "links", shown, page=query.page, limit=query.limit, total=len(links)
            )
            return hal({"_total_items": len(links), **page})

        return handler

    def _is_unpaid(self, path: str) -> bool:
        return path.startswith(CUSTOMERS.path) and self._account.customers_mode == "disabled"

    def _understood(self, query: ListQuery, request: Request) -> ListQuery:
        """The query without its filters where the account ignores them, and with what the path
        says about the owner of the rows.
        """
        kept = tuple(
            condition
            for condition in query.conditions
            if self._account.is_filter_enabled or condition.kind == "words"
        )
        owners = tuple(
            Condition("any", field, frozenset({str(value)}))
            for field, value in request.path_params.items()
        )
        return replace(query, conditions=kept + owners)

    def _chosen(self, collection: Collection, query: ListQuery) -> list[Record]:
        deleted = collection is LEADS and "only_deleted" in query.extras
        if deleted:
            records: Mapping[Any, Record] = self._store.deleted_leads
        else:
            records = self._store.amocrm.get(collection.store_key, {})
        seen_by = self._account.visible_to
        sorting = ("amocrm", collection.store_key, deleted, seen_by, query.order)
        rows = self._selections.get(
            sorting,
            lambda: ordered(
                (record for record in records.values() if self._account.shows(record)), query.order
            ),
        )
        question = (*sorting, query.conditions)
        return self._selections.get(question, lambda: chosen(rows, query))

    def _find(self, store_key: str, key: str) -> Record | None:
        records = self._store.amocrm.get(store_key, {})
        found = records.get(key)
        if found is None and key.isdecimal():
            found = records.get(int(key))
        return found if found is not None and self._account.shows(found) else None

    async def _describe_account(self, request: Request) -> Response:
        extras = request.query_params.get("with", "").split(",")
        body = self._account.described(list(self._store.amocrm["groups"].values()), extras)
        return hal({**body, "_links": self_link(str(request.url))})

    async def _event_types(self, request: Request) -> Response:
        types = [
            {"key": key, "type": number, "lang": name}
            for number, (key, name) in enumerate(EVENT_TYPES.items(), start=1)
        ]
        return hal(dictionary(request, "events_types", types))

    async def _pipelines(self, request: Request) -> Response:
        pipelines = sorted(self._store.amocrm["pipelines"].values(), key=lambda one: one["sort"])
        shown = [pipeline_item(request, pipeline) for pipeline in pipelines]
        return hal(dictionary(request, "pipelines", shown))

    async def _pipeline(self, request: Request) -> Response:
        pipeline = self._find("pipelines", request.path_params["id"])
        return nothing() if pipeline is None else hal(pipeline_item(request, pipeline))

    async def _statuses(self, request: Request) -> Response:
        statuses = self._statuses_of(request)
        return hal(dictionary(request, "statuses", statuses)) if statuses else nothing()

    async def _status(self, request: Request) -> Response:
        asked = request.path_params["status_id"]
        found = [status for status in self._statuses_of(request) if status["id"] == asked]
        return hal(found[0]) if found else nothing()

    def _statuses_of(self, request: Request) -> list[Record]:
        pipeline = self._find("pipelines", request.path_params["id"])
        if pipeline is None:
            return []
        statuses: list[Record] = pipeline_item(request, pipeline)["_embedded"]["statuses"]
        return statuses


def build_app(
    store: Store,
    selections: Selections,
    account: Account,
    office: TokenOffice,
    webhooks: Webhooks,
    limiter: RateLimiter,
) -> Starlette:
    """The API as an application to mount; its paths start with `/api/v4/` and `/oauth2/`."""
    crm = AmoCrm(store, selections, account)
    return Starlette(
        routes=[*office.routes(), *webhooks.routes(), *crm.routes()],
        middleware=[
            Middleware(RateLimitMiddleware, limiter=limiter),
            Middleware(TokenMiddleware, office=office),
        ],
        exception_handlers={BadQueryError: _bad_query, 404: _not_found, 405: _not_allowed},
    )


def _is_under(record: Record, request: Request) -> bool:
    """Whether the record lies under the owner its address names."""
    owners = ((name, one) for name, one in request.path_params.items() if name != "id")
    return all(record.get(name) == one for name, one in owners)


def _end_of(link: Record, field: str) -> str:
    """What a filter of links compares, as text."""
    if field == "to_catalog_id":
        return str((link["metadata"] or {}).get("catalog_id"))
    return str(link[field])


def _unpaid() -> Response:
    return problem(402, "Payment Required", "Customers are not part of the account's tariff")


def _bad_query(request: Request, error: Exception) -> Response:
    return invalid(error.parameter if isinstance(error, BadQueryError) else "", str(error))


def _not_found(request: Request, error: Exception) -> Response:
    return problem(404, "Not Found", f"No such method: {request.url.path}")


def _not_allowed(request: Request, error: Exception) -> Response:
    return problem(405, "Method Not Allowed", "The demo company's amoCRM is read only")
