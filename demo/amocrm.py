"""A stand-in of the amoCRM v4 REST API over a `Store`: read only, as the product reads it.

What belongs here: routes, envelopes, links and error shapes of amoCRM. Not: its lists and
dictionaries (`amocrm_lists`), the language of filters (`amocrm_query`), the rate limit
(`rate_limit`), planted faults (`faults`), any data.

Shapes follow the vendor's documentation. Where it is silent this stand-in assumes: ranges include
both ends, a limit above the cap is cut down to it, an unasked order is by id (events: newest
first).
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import orjson
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from demo.amocrm_lists import (
    ACCOUNT,
    COLLECTIONS,
    DATETIME_SETTINGS,
    EVENT_TYPES,
    EVENTS,
    LEADS,
    NOTED,
    NOTES,
    TASK_TYPES,
    UNSORTED,
    USERS,
)
from demo.amocrm_query import (
    BadQueryError,
    Collection,
    ListQuery,
    Pairs,
    Record,
    chosen,
    ordered,
    read_pairs,
    read_query,
)
from demo.rate_limit import RateLimiter, RateLimitMiddleware
from demo.selections import Selections

if TYPE_CHECKING:
    from demo.store import Store


class AmoCrm:
    """The API's handlers. Reads the store on every request; never changes it."""

    def __init__(self, store: Store, selections: Selections) -> None:
        self._store = store
        self._selections = selections

    def routes(self) -> list[Route]:
        """Fixed paths before `{id}` paths: Starlette takes the first that fits."""
        api = "/api/v4/"
        routes = [
            Route(api + "account", self._account),
            Route(api + "events/types", self._event_types),
            Route(api + "leads/pipelines", self._pipelines),
            Route(api + "leads/pipelines/{id}", self._pipeline),
            Route(api + "leads/pipelines/{id}/statuses", self._statuses),
        ]
        for kind in NOTED:
            routes.append(Route(f"{api}{kind}/{{entity_id:int}}/notes", self._list(NOTES[kind])))
        for collection in COLLECTIONS:
            routes.append(Route(api + collection.path, self._list(collection)))
            routes.append(Route(f"{api}{collection.path}/{{id}}", self._one(collection)))
        return routes

    def _list(self, collection: Collection) -> Callable[[Request], Any]:
        async def handler(request: Request) -> Response:
            pairs = read_pairs(request.scope["query_string"])
            if "entity_id" in request.path_params:
                entity_id = str(request.path_params["entity_id"])
                asked = (*pairs, ("filter[entity_id]", entity_id))
            else:
                asked = pairs
            query = read_query(asked, collection)
            rows = self._chosen(collection, query)
            start = (query.page - 1) * query.limit
            page = rows[start : start + query.limit]
            if not page:
                return _nothing()
            suffix = f"?{urlencode({'page': query.page, 'limit': query.limit})}"
            items = [self._item(request, collection, row, query.extras, suffix) for row in page]
            return _hal(_envelope(request, pairs, collection, query, items, len(rows)))

        return handler

    def _one(self, collection: Collection) -> Callable[[Request], Any]:
        async def handler(request: Request) -> Response:
            record = self._find(collection.store_key, request.path_params["id"])
            if record is None:
                return _nothing()
            query = read_query(read_pairs(request.scope["query_string"]), collection)
            return _hal(self._item(request, collection, record, query.extras))

        return handler

    def _chosen(self, collection: Collection, query: ListQuery) -> list[Record]:
        deleted = collection is LEADS and "only_deleted" in query.extras
        if deleted:
            records: Mapping[Any, Record] = self._store.deleted_leads
        else:
            records = self._store.amocrm.get(collection.store_key, {})
        sorting = ("amocrm", collection.store_key, deleted, query.order)
        rows = self._selections.get(sorting, lambda: ordered(records.values(), query.order))
        question = (*sorting, query.conditions)
        return self._selections.get(question, lambda: chosen(rows, query))

    def _find(self, store_key: str, key: str) -> Record | None:
        records = self._store.amocrm.get(store_key, {})
        found = records.get(key)
        if found is None and key.isdecimal():
            found = records.get(int(key))
        return found

    def _item(
        self,
        request: Request,
        collection: Collection,
        record: Record,
        extras: frozenset[str],
        suffix: str = "",
    ) -> Record:
        """The record as this list shows it: own address and the embedded parts asked for.

        `suffix` is the page's own query, which links of a list carry in live answers.
        """
        base = _api_base(request)
        key = record["uid"] if collection is UNSORTED else record["id"]
        links = _self(f"{base}{collection.path}/{key}{suffix}")
        if collection is LEADS and "only_deleted" in extras:
            shown = {name: record[name] for name in ("id", "updated_at", "updated_by")}
            return {**shown, "is_deleted": True, "_links": links}
        item = {**record, "_links": links}
        embedded = dict(record.get("_embedded") or {})
        if collection is LEADS:
            self._embed_in_lead(item, embedded, extras)
        elif collection is EVENTS:
            embedded["entity"] = _entity_of(record, base)
        elif collection is USERS:
            embedded = self._embed_in_user(record, extras)
        for kind in NOTED:
            if kind in embedded:
                embedded[kind] = [
                    {**part, "_links": _self(f"{base}{kind}/{part['id']}{suffix}")}
                    for part in embedded[kind]
                ]
        if embedded:
            item["_embedded"] = embedded
        return item

    def _embed_in_lead(self, item: Record, embedded: Record, extras: frozenset[str]) -> None:
        """Tags and companies always; contacts, the loss reason and `source_id` when asked."""
        embedded.setdefault("tags", [])
        embedded.setdefault("companies", [])
        contacts = embedded.pop("contacts", [])
        if "contacts" in extras:
            embedded["contacts"] = contacts
        if "loss_reason" in extras:
            reason = self._store.amocrm["loss_reasons"].get(item.get("loss_reason_id") or 0)
            embedded["loss_reason"] = [reason] if reason else []
        if "source_id" in extras:
            item.setdefault("source_id", None)
        else:
            item.pop("source_id", None)

    def _embed_in_user(self, record: Record, extras: frozenset[str]) -> Record:
        embedded: Record = {}
        if "group" in extras:
            group = self._store.amocrm["groups"].get(record["rights"]["group_id"] or 0)
            embedded["groups"] = [{"id": group["id"], "name": group["name"]}] if group else []
        if "role" in extras:
            embedded["roles"] = []
        return embedded

    async def _account(self, request: Request) -> Response:
        extras = request.query_params.get("with", "").split(",")
        parts = {
            "users_groups": list(self._store.amocrm["groups"].values()),
            "task_types": TASK_TYPES,
            "datetime_settings": DATETIME_SETTINGS,
        }
        body: Record = {**ACCOUNT, "_links": _self(str(request.url))}
        if "is_api_filter_enabled" in extras:
            body["is_api_filter_enabled"] = True
        embedded = {name: part for name, part in parts.items() if name in extras}
        if embedded:
            body["_embedded"] = embedded
        return _hal(body)

    async def _event_types(self, request: Request) -> Response:
        types = [
            {"key": key, "type": number, "lang": name}
            for number, (key, name) in enumerate(EVENT_TYPES.items(), start=1)
        ]
        return _hal(_dictionary(request, "events_types", types))

    async def _pipelines(self, request: Request) -> Response:
        pipelines = sorted(self._store.amocrm["pipelines"].values(), key=lambda one: one["sort"])
        shown = [_pipeline_item(request, pipeline) for pipeline in pipelines]
        return _hal(_dictionary(request, "pipelines", shown))

    async def _pipeline(self, request: Request) -> Response:
        pipeline = self._find("pipelines", request.path_params["id"])
        return _nothing() if pipeline is None else _hal(_pipeline_item(request, pipeline))

    async def _statuses(self, request: Request) -> Response:
        pipeline = self._find("pipelines", request.path_params["id"])
        if pipeline is None:
            return _nothing()
        statuses = _pipeline_item(request, pipeline)["_embedded"]["statuses"]
        return _hal(_dictionary(request, "statuses", statuses))


class TokenMiddleware:
    """Lets through who shows the bearer token, as a long-lived token of a private integration."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._expected = f"Bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            shown = dict(scope["headers"]).get(b"authorization", b"")
            if not secrets.compare_digest(shown, self._expected):
                refusal = problem(401, "Unauthorized", "Invalid or expired access token")
                await refusal(scope, receive, send)
                return
        await self._app(scope, receive, send)


def build_app(store: Store, selections: Selections, token: str, limiter: RateLimiter) -> Starlette:
    """The API as an application to mount; its paths start with `/api/v4/`."""
    return Starlette(
        routes=AmoCrm(store, selections).routes(),
        middleware=[
            Middleware(RateLimitMiddleware, limiter=limiter),
            Middleware(TokenMiddleware, token=token),
        ],
        exception_handlers={BadQueryError: _bad_query, 404: _not_found, 405: _not_allowed},
    )


def problem(status: int, title: str, detail: str, **more: Any) -> Response:
    """An error in the vendor's shape, `application/problem+json`."""
    body = {
        **more,
        "title": title,
        "type": f"https://httpstatus.es/{status}",
        "status": status,
        "detail": detail,
    }
    return _respond(body, status, "application/problem+json")


def _bad_query(request: Request, error: Exception) -> Response:
    parameter = error.parameter if isinstance(error, BadQueryError) else ""
    errors = [{"code": "InvalidValue", "path": parameter, "detail": str(error)}]
    return problem(
        400,
        "Bad Request",
        f"{parameter}: {error}",
        **{"validation-errors": [{"request_id": "0", "errors": errors}]},
    )


def _not_found(request: Request, error: Exception) -> Response:
    return problem(404, "Not Found", f"No such method: {request.url.path}")


def _not_allowed(request: Request, error: Exception) -> Response:
    return problem(405, "Method Not Allowed", "The demo company's amoCRM is read only")


def _respond(body: Any, status: int, media_type: str) -> Response:
    headers = {"X-Request-Id": uuid.uuid4().hex}
    return Response(orjson.dumps(body), status, headers=headers, media_type=media_type)


def _hal(body: Record) -> Response:
    return _respond(body, 200, "application/hal+json")


def _nothing() -> Response:
    return Response(status_code=204)


def _self(href: str) -> Record:
    return {"self": {"href": href}}


def _api_base(request: Request) -> str:
    """This server's own address up to and with `/api/v4/`."""
    url = request.url
    return f"{url.scheme}://{url.netloc}{request.scope.get('root_path', '')}/api/v4/"


def _entity_of(event: Record, base: str) -> Record:
    """What the event is about; its type is singular in events and plural in addresses."""
    kind = event["entity_type"]
    plural = "companies" if kind == "company" else f"{kind}s"
    return {"id": event["entity_id"], "_links": _self(f"{base}{plural}/{event['entity_id']}")}


def _envelope(
    request: Request,
    pairs: Pairs,
    collection: Collection,
    query: ListQuery,
    items: list[Record],
    total: int,
) -> Record:
    """A page of a list. `_page` is missing with limit=1, as seen in live answers."""
    last = -(-total // query.limit)
    body: Record = {"_page": query.page} if query.limit > 1 else {}
    if collection.counts_total:
        body |= {"_total_items": total, "_page": query.page, "_page_count": last}
    numbers = {"self": query.page}
    if query.page < last:
        numbers["next"] = query.page + 1
    if query.page > 1:
        numbers |= {"first": 1, "prev": query.page - 1}
    kept = [pair for pair in pairs if pair[0] not in ("page", "limit")]
    address = f"{request.url.scheme}://{request.url.netloc}{request.url.path}"
    body["_links"] = {
        name: {"href": f"{address}?{urlencode([*kept, ('limit', query.limit), ('page', number)])}"}
        for name, number in numbers.items()
    }
    body["_embedded"] = {collection.embedded_key: items}
    return body


def _dictionary(request: Request, key: str, items: list[Record]) -> Record:
    """A list without pages: everything at once, with its count."""
    links = _self(str(request.url))
    return {"_total_items": len(items), "_links": links, "_embedded": {key: items}}


def _pipeline_item(request: Request, pipeline: Record) -> Record:
    address = f"{_api_base(request)}leads/pipelines/{pipeline['id']}"
    statuses = [
        {**status, "_links": _self(f"{address}/statuses/{status['id']}")}
        for status in pipeline["_embedded"]["statuses"]
    ]
    return {**pipeline, "_links": _self(address), "_embedded": {"statuses": statuses}}
