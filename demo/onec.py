"""A stand-in of the standard OData interface of 1C:Enterprise (OData 3, JSON) over a `Store`.

What belongs here: the service document, entity sets, single entities, counts and errors as 1C
gives them. Not: the `$filter` language (`odata_filter`), any data.

Kept quirks: `odata.count` is a string, `/$count` starts with a BOM, a misspelt field in `$filter`
gives an empty answer, and without `$orderby` the order changes from request to request, so that
pages repeat and miss rows. Left out: Atom, `$metadata`, `$expand`, virtual tables and writing.
"""

from __future__ import annotations

import base64
import binascii
import re
import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl
from uuid import UUID

import orjson
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from demo.odata_filter import BadFilterError, Filter, parse_filter
from demo.selections import Record, Selections

if TYPE_CHECKING:
    from demo.store import Store

EMPTY_GUID = "00000000-0000-0000-0000-000000000000"
ACCESS, BAD_URL, NO_ENTITY_TYPE, NO_INSTANCE, BAD_PROPERTY, BAD_OPTION = 20, 6, 8, 9, 10, 14

_ROOT = "/odata/standard.odata"
_RESOURCE = re.compile(r"(?P<entity>\w+)(?:\(guid'(?P<key>[^']*)'\))?(?P<count>/\$count)?/?")
_ORDER = re.compile(r"\s*(?P<field>\w+)(?:\s+(?P<direction>asc|desc))?\s*")
_KNOWN_OPTIONS = {"$filter", "$orderby", "$top", "$skip", "$select", "$inlinecount", "$format",
                  "$allowedOnly"}  # fmt: skip
# One shift of the rows per request without `$orderby`; a prime, so that pages rarely line up.
_SHIFT = 37


class ODataError(Exception):
    """An answer in the vendor's error shape."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class OneC:
    """The interface's handlers. Reads the store on every request; never changes it."""

    def __init__(self, store: Store, selections: Selections) -> None:
        self._store = store
        self._selections = selections
        self._unordered_requests = 0

    def routes(self) -> list[Route]:
        return [
            Route(_ROOT, self._service_document),
            Route(_ROOT + "/{resource:path}", self._resource),
        ]

    async def _service_document(self, request: Request) -> Response:
        metadata = _metadata_detail(request, _options(request))
        entities = [{"name": name, "url": name} for name in self._store.onec]
        body: Record = {"value": entities}
        return _json(_with_address(request, "", body, metadata), metadata)

    async def _resource(self, request: Request) -> Response:
        resource = request.path_params["resource"]
        if resource == "":
            return await self._service_document(request)
        if resource == "$metadata":
            raise ODataError(501, BAD_URL, "The demo company's 1C does not publish $metadata")
        found = _RESOURCE.fullmatch(resource)
        if found is None:
            raise ODataError(400, BAD_URL, f"Неверный адрес ресурса '{resource}'")
        entity, key = found["entity"], found["key"]
        records = self._store.onec.get(entity)
        if records is None:
            raise ODataError(404, NO_ENTITY_TYPE, f"Тип сущности '{entity}' не найден")
        options = _options(request)
        if found["count"]:
            rows = self._rows(entity, records, options)
            return Response("\ufeff" + str(len(rows)), media_type="text/plain")
        metadata = _metadata_detail(request, options)
        if key is not None:
            record = _shown(entity, _single(records, entity, key), options, metadata)
            return _json(_with_address(request, f"#{entity}/@Element", record, metadata), metadata)
        body = self._page(entity, records, options, metadata)
        return _json(_with_address(request, f"#{entity}", body, metadata), metadata)

    def _page(
        self, entity: str, records: Mapping[str, Record], options: dict[str, str], metadata: str
    ) -> Record:
        """The body of an entity set; `$skip` acts before `$top`."""
        rows = self._rows(entity, records, options)
        skip = _whole(options, "$skip") or 0
        top = _whole(options, "$top")
        page = rows[skip:] if top is None else rows[skip : skip + top]
        body: Record = {}
        if options.get("$inlinecount") == "allpages":
            body["odata.count"] = str(len(rows))
        body["value"] = [_shown(entity, record, options, metadata) for record in page]
        return body

    def _rows(
        self, entity: str, records: Mapping[str, Record], options: dict[str, str]
    ) -> list[Record]:
        """Filtered and ordered rows. Without an order each request starts somewhere else."""
        condition, order = options.get("$filter", ""), options.get("$orderby", "")
        question = ("onec", entity, condition, order)
        rows = self._selections.get(question, lambda: _choose(records, condition, order))
        if order or not rows:
            return rows
        self._unordered_requests += 1
        start = self._unordered_requests * _SHIFT % len(rows)
        return rows[start:] + rows[:start]


class BasicAuthMiddleware:
    """HTTP Basic with one infobase user; 1C answers any access problem with 401."""

    def __init__(self, app: ASGIApp, user: str, password: str) -> None:
        self._app = app
        self._expected = f"{user}:{password}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self._knows(dict(scope["headers"])):
            refusal = _error(401, ACCESS, "Идентификация пользователя не выполнена")
            refusal.headers["WWW-Authenticate"] = 'Basic realm="1C:Enterprise 8.3"'
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _knows(self, headers: dict[bytes, bytes]) -> bool:
        scheme, _, shown = headers.get(b"authorization", b"").partition(b" ")
        try:
            credentials = base64.b64decode(shown, validate=True)
        except binascii.Error:
            return False
        return scheme.lower() == b"basic" and secrets.compare_digest(credentials, self._expected)


def build_app(store: Store, selections: Selections, user: str, password: str) -> Starlette:
    """The interface as an application to mount; its paths start with `/odata/standard.odata`."""
    return Starlette(
        routes=OneC(store, selections).routes(),
        middleware=[Middleware(BasicAuthMiddleware, user=user, password=password)],
        exception_handlers={ODataError: _refused, 404: _no_such_address, 405: _read_only},
    )


def _refused(request: Request, error: Exception) -> Response:
    status, code = (error.status, error.code) if isinstance(error, ODataError) else (500, -1)
    return _error(status, code, str(error))


def _no_such_address(request: Request, error: Exception) -> Response:
    return _error(404, BAD_URL, f"Неверный адрес ресурса '{request.url.path}'")


def _read_only(request: Request, error: Exception) -> Response:
    return _error(405, ACCESS, "The demo company's 1C is read only")


def _error(status: int, code: int, message: str) -> Response:
    body = {"odata.error": {"code": str(code), "message": {"lang": "ru", "value": message}}}
    return Response(orjson.dumps(body), status, media_type="application/json")


def _json(body: Record, metadata: str) -> Response:
    media_type = f"application/json;odata={metadata};charset=utf-8"
    return Response(orjson.dumps(body), media_type=media_type)


def _options(request: Request) -> dict[str, str]:
    """The decoded query options; raises ODataError for one this stand-in does not speak."""
    query = request.scope["query_string"].decode("latin-1")
    options = dict(parse_qsl(query, keep_blank_values=True))
    if "allowedOnly" in options:  # the vendor's own text writes it both ways
        options["$allowedOnly"] = options.pop("allowedOnly")
    unknown = sorted(options.keys() - _KNOWN_OPTIONS)
    if unknown:
        raise ODataError(501, BAD_OPTION, f"Not spoken by the demo company's 1C: {unknown[0]}")
    return options


def _metadata_detail(request: Request, options: dict[str, str]) -> str:
    """ "nometadata", "minimalmetadata" or "fullmetadata"; JSON has to be asked for."""
    asked = options.get("$format") or request.headers.get("accept", "")
    if "json" not in asked:
        raise ODataError(
            501, BAD_OPTION, "Only JSON here: add $format=json or Accept: application/json"
        )
    found = re.search(r"odata=(nometadata|minimalmetadata|fullmetadata)", asked)
    return found.group(1) if found else "minimalmetadata"


def _with_address(request: Request, fragment: str, body: Record, metadata: str) -> Record:
    if metadata == "nometadata":
        return body
    url = request.url
    root = f"{url.scheme}://{url.netloc}{request.scope.get('root_path', '')}{_ROOT}"
    return {"odata.metadata": f"{root}/$metadata{fragment}", **body}


def _single(records: Mapping[str, Record], entity: str, key: str) -> Record:
    try:
        record = records.get(str(UUID(key)))
    except ValueError:
        raise ODataError(400, BAD_URL, f"Неверный ключ '{key}'") from None
    if record is None:
        raise ODataError(404, NO_INSTANCE, f"Экземпляр сущности '{entity}' не найден")
    return record


def _choose(records: Mapping[str, Record], condition: str, order: str) -> list[Record]:
    if not records:
        return []
    properties = next(iter(records.values())).keys()
    rows = list(records.values())
    if condition:
        rows = _filtered(rows, condition, properties)
    for field, descending in reversed(_read_order(order, properties)):
        rows.sort(key=lambda record: record[field], reverse=descending)
    return rows


def _filtered(rows: list[Record], condition: str, properties: Any) -> list[Record]:
    try:
        parsed: Filter = parse_filter(condition)
    except BadFilterError as error:
        raise ODataError(400, BAD_OPTION, f"Ошибка разбора опции $filter: {error}") from None
    if not parsed.names <= properties:
        return []
    return [record for record in rows if parsed.test(record)]


def _read_order(order: str, properties: Any) -> list[tuple[str, bool]]:
    """(field, descending) of each part of `$orderby`. DataVersion cannot be ordered by."""
    keys = []
    for part in order.split(",") if order else []:
        found = _ORDER.fullmatch(part)
        if found is None:
            raise ODataError(400, BAD_OPTION, f"Ошибка разбора опции $orderby: '{part}'")
        field = found["field"]
        if field not in properties or field == "DataVersion":
            raise ODataError(400, BAD_PROPERTY, f"Сортировка по полю '{field}' невозможна")
        keys.append((field, found["direction"] == "desc"))
    return keys


def _whole(options: dict[str, str], name: str) -> int | None:
    text = options.get(name)
    if text is None:
        return None
    if not text.isdecimal():
        raise ODataError(400, BAD_OPTION, f"Ошибка разбора опции {name}: '{text}'")
    return int(text)


def _shown(entity: str, record: Record, options: dict[str, str], metadata: str) -> Record:
    """The selected properties; with metadata also a link for every filled reference."""
    shown = _selected(record, options.get("$select", "*"))
    if metadata == "nometadata":
        return shown
    address = f"{entity}(guid'{record['Ref_Key']}')"
    links = {
        f"{name[:-4]}@navigationLinkUrl": f"{address}/{name[:-4]}"
        for name, value in shown.items()
        if name.endswith("_Key") and name != "Ref_Key" and value != EMPTY_GUID
    }
    return {**shown, **links}


def _selected(record: Record, select: str) -> Record:
    """`*` is all, `**` all but the tabular parts (arrays), otherwise the named properties."""
    shown: Record = {}
    for name in (part.strip() for part in select.split(",")):
        if name == "*":
            shown |= record
        elif name == "**":
            shown |= {key: value for key, value in record.items() if not isinstance(value, list)}
        elif name in record:
            shown[name] = record[name]
        else:
            raise ODataError(400, BAD_PROPERTY, f"Свойство '{name}' не найдено")
    return shown
