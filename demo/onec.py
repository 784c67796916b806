"""A stand-in of the standard OData interface of 1C:Enterprise (OData 3) over a `Store`.

What belongs here: addresses, who may ask, and what each address answers. Not: which sets a base has
(`onec_infobase`), query options (`onec_query`), any data.

Kept quirks: `odata.count` is a string, `/$count` starts with a BOM, a misspelt field in `$filter`
gives an empty answer, `If-Match` is ignored, any access problem is 401, and without `$orderby` the
order changes from request to request, so that pages repeat and miss rows. Left out: `$expand`,
presentations, balances and turnovers, and writing other than erasing.
"""

from __future__ import annotations

import base64
import binascii
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from demo import onec_answers as answers
from demo import onec_atom as atom
from demo.company import EMPTY_KEY
from demo.odata_filter import BadFilterError, literal_value
from demo.onec_answers import ATOM, ODataError
from demo.onec_infobase import Infobase, Switches
from demo.onec_metadata import edmx
from demo.onec_query import Options, choose, cut, order, read_options, select
from demo.selections import Record, Selections

if TYPE_CHECKING:
    from demo.settings import ServerSettings
    from demo.store import Store

ROOT = "/odata/standard.odata"
_ADDRESS = re.compile(
    r"(?P<name>\w+)(?:\((?P<key>[^()]*)\))?"
    r"(?:/(?P<tail>\$count|\w+)(?:\((?P<arguments>.*)\))?)?/?"
)
_KEY_PART = re.compile(
    r"\s*(?:(?P<name>\w+)\s*=\s*)?"
    r"(?P<literal>(?:guid|datetime)?'[^']*'|\"[^\"]*\"|[\w-]+)\s*(?:,|$)"
)
_NODE = re.compile(r"'?.*/?(?P<plan>ExchangePlan_\w+)\(guid'(?P<key>[^']*)'\)'?")
# One shift of the rows per request without `$orderby`; a prime, so that pages rarely line up.
_SHIFT = 37
_SLICES = ("SliceLast", "SliceFirst")


@dataclass(frozen=True)
class Address:
    """What stands in a path after the root: `Set(key)/tail(arguments)`."""

    name: str
    key: str | None
    tail: str | None
    arguments: str


class OneC:
    """The interface's handlers."""

    def __init__(self, infobase: Infobase, selections: Selections, switches: Switches) -> None:
        self._infobase = infobase
        self._selections = selections
        self._switches = switches
        self._unordered_requests = 0

    def routes(self) -> list[Route]:
        return [
            Route(ROOT, self._service_document),
            Route(ROOT + "/{resource:path}", self._read),
            Route(ROOT + "/{resource:path}", self._erase, methods=["DELETE"]),
            Route(ROOT + "/SelectChanges", self._select_changes, methods=["POST"]),
            Route(ROOT + "/NotifyChangesReceived", self._confirm_changes, methods=["POST"]),
        ]

    # Reading

    async def _service_document(self, request: Request) -> Response:
        form = answers.asked_format(request, read_options(request.scope["query_string"]))
        entities = [{"name": name, "url": name} for name in self._infobase.names()]
        if form == ATOM:
            return _xml(atom.service_document(_root(request), self._infobase.names()))
        return self._json(request, "", {"value": entities}, form)

    async def _read(self, request: Request) -> Response:
        resource = request.path_params["resource"]
        if resource == "":
            return await self._service_document(request)
        if resource == "$metadata":
            return _xml(self._described())
        options = read_options(request.scope["query_string"])
        address = self._address(resource)
        if address.tail == "$count":
            counted = self._chosen(address.name, options)
            return Response("\ufeff" + str(len(counted)), media_type="text/plain")
        form = answers.asked_format(request, options)
        if address.tail is not None:
            name = self._infobase.record_type(address.name)
            sliced = self._sliced(address, options)
            return self._listed(request, name, sliced, options, form)
        if address.key is not None:
            return self._single(request, address.name, self._found(address), options, form)
        rows = self._chosen(address.name, options)
        return self._listed(request, address.name, rows, options, form)

    def _described(self) -> str:
        shapes = self._infobase.shapes()
        return edmx(shapes, [name for name in shapes if self._infobase.is_register(name)])

    def _address(self, resource: str) -> Address:
        """The parsed path of a set that is there and works; ODataError otherwise."""
        found = _ADDRESS.fullmatch(resource)
        if found is None:
            raise ODataError(400, answers.BAD_URL, f"Неверный адрес ресурса '{resource}'")
        name = found["name"]
        refused = self._switches.refusals.get(name)
        if refused == "forbidden":
            raise ODataError(401, answers.ACCESS, f"Нет прав на чтение '{name}'")
        if refused == "failing":
            raise ODataError(500, answers.HANDLER_FAILED, "Ошибка при вызове метода контекста")
        if self._infobase.rows(name) is None:
            raise ODataError(404, answers.NO_ENTITY_TYPE, f"Тип сущности '{name}' не найден")
        return Address(name, found["key"], found["tail"], found["arguments"] or "")

    def _chosen(self, name: str, options: Options) -> list[Record]:
        """The filtered rows in order. Without an order each request starts somewhere else.

        Only record sets of a register have an order of their own: any `$orderby` of them is
        ignored in silence, as measured on a live base by the authors of a public client.
        """
        is_set = self._infobase.is_record_set(name)
        condition, ordering = options.get("$filter", ""), options.get("$orderby", "")
        ordering = "" if is_set else ordering
        rows: list[Record] = self._selections.get(
            ("onec", "chosen", name, condition, ordering),
            lambda: self._selected(name, condition, ordering),
        )
        rows = self._allowed(rows, options)
        if ordering or is_set or not rows:
            return rows
        self._unordered_requests += 1
        start = self._unordered_requests * _SHIFT % len(rows)
        return rows[start:] + rows[:start]

    def _selected(self, name: str, condition: str, ordering: str) -> list[Record]:
        shape = self._infobase.shape(name)
        rows = choose(self._infobase.rows(name) or [], condition, shape)
        return order(rows, ordering, shape, self._infobase.order_of)

    def _allowed(self, rows: list[Record], options: Options) -> list[Record]:
        """The rows the user has a right to; without `allowedOnly` a hidden one is an error."""
        allowed = [record for record in rows if not self._infobase.is_hidden(record)]
        if len(allowed) < len(rows) and options.get("$allowedOnly") != "true":
            raise ODataError(401, answers.ACCESS, "Недостаточно прав для чтения данных")
        return allowed

    def _found(self, address: Address) -> Record:
        """The row an address names by its whole key."""
        key = self._read_key(address)
        record = self._infobase.find(address.name, key)
        if record is None:
            message = f"Экземпляр сущности '{address.name}' не найден по переданному ключу"
            raise ODataError(404, answers.NO_INSTANCE, message)
        if self._infobase.is_hidden(record):
            raise ODataError(401, answers.ACCESS, "Недостаточно прав для чтения данных")
        return record

    def _read_key(self, address: Address) -> dict[str, Any]:
        names = self._infobase.key_names(address.name)
        text, given, place = address.key or "", dict[str, Any](), 0
        while place < len(text):
            part = _KEY_PART.match(text, place)
            if part is None:
                raise ODataError(400, answers.BAD_URL, f"Неверный ключ '{text}'")
            name = part["name"] or (names[0] if len(names) == 1 else "")
            given[name] = _key_value(name, part["literal"])
            place = part.end()
        if missing := [name for name in names if name not in given]:
            message = f"Не хватает элемента ключа '{missing[0]}' сущности '{address.name}'"
            raise ODataError(400, answers.NO_KEY_PART, message)
        return given

    def _sliced(self, address: Address, options: Options) -> list[Record]:
        """`SliceLast` or `SliceFirst` of a register, its arguments in parentheses or as options."""
        if address.tail not in _SLICES or not self._infobase.is_register(address.name):
            raise ODataError(404, answers.NO_METHOD, f"Метод '{address.tail}' не найден")
        period = re.search(r"\bPeriod=datetime'([^']*)'", address.arguments)
        condition = re.search(r"\bCondition='(.*)'\s*$", address.arguments)
        rows = self._infobase.sliced(
            address.name,
            last=address.tail == "SliceLast",
            moment=period[1] if period else _unquoted(options.get("Period")),
        )
        shape = self._infobase.shape(self._infobase.record_type(address.name))
        rows = choose(rows, condition[1] if condition else options.get("Condition", ""), shape)
        rows = choose(rows, options.get("$filter", ""), shape)
        return order(rows, options.get("$orderby", ""), shape, self._infobase.order_of)

    # Changes and erasing

    async def _select_changes(self, request: Request) -> Response:
        message_no = self._message_no(request)
        self._selections.forget()
        root, updated = _root(request), _now()
        entries = []
        for name, key in self._infobase.exchange.select(message_no):
            found = self._infobase.find(name, self._read_key(Address(name, key, None, "")))
            if found is None:
                entries.append(atom.deleted_entry(root, name, key, when=updated))
            else:
                entries.append(atom.entry(root, name, key, found, updated=updated))
        return _xml(atom.feed(root, entries, updated=updated), "application/atom+xml;type=feed")

    async def _confirm_changes(self, request: Request) -> Response:
        message_no = self._message_no(request)
        self._selections.forget()
        try:
            self._infobase.exchange.confirm(message_no)
        except ValueError as error:
            raise ODataError(400, answers.BAD_VALUE, f"Неверный номер сообщения: {error}") from None
        return Response(status_code=200)

    def _message_no(self, request: Request) -> int:
        """The number of the message for a node that is there."""
        options = read_options(request.scope["query_string"])
        for name in ("DataExchangePoint", "MessageNo"):
            if name not in options:
                raise ODataError(400, answers.NO_ARGUMENT, f"Отсутствует аргумент '{name}'")
        node = _NODE.fullmatch(options["DataExchangePoint"])
        if node is None:
            raise ODataError(400, answers.BAD_URL, "DataExchangePoint is no address of a node")
        found = self._found(self._address(f"{node['plan']}(guid'{node['key']}')"))
        if found.get("ThisNode", True) or not options["MessageNo"].isdecimal():
            raise ODataError(400, answers.BAD_VALUE, "Неверный узел или номер сообщения")
        return int(options["MessageNo"])

    async def _erase(self, request: Request) -> Response:
        """Physical removal, whatever `If-Match` says. The company's ledger does not hear of it."""
        address = self._address(request.path_params["resource"])
        if address.key is None or address.tail is not None:
            raise ODataError(405, answers.FORBIDDEN_METHOD, "Удаляется только один объект")
        record = self._found(address)
        if not self._infobase.erase(address.name, record.get("Ref_Key", "")):
            raise ODataError(405, answers.FORBIDDEN_METHOD, "Доступно только чтение")
        return Response(status_code=204)

    # Showing

    def _listed(
        self, request: Request, name: str, rows: list[Record], options: Options, form: str
    ) -> Response:
        """The page of the rows the options ask for."""
        count = len(rows) if options.get("$inlinecount") == "allpages" else None
        shown = [self._shown(name, record, options) for record in cut(rows, options)]
        if form == ATOM:
            root, updated = _root(request), _now()
            entries = [
                atom.entry(root, name, key, record, updated=updated) for key, record in shown
            ]
            body = atom.feed(root, entries, updated=updated, count=count)
            return _xml(body, "application/atom+xml;type=feed")
        counted: Record = {} if count is None else {"odata.count": str(count)}
        values = [_with_links(name, key, record, form) for key, record in shown]
        return self._json(request, f"#{name}", counted | {"value": values}, form)

    def _single(
        self, request: Request, name: str, record: Record, options: Options, form: str
    ) -> Response:
        key, shown = self._shown(name, record, options)
        if form == ATOM:
            body = atom.single(_root(request), name, key, shown, updated=_now())
            return _xml(body, "application/atom+xml;type=entry")
        linked = _with_links(name, key, shown, form)
        return self._json(request, f"#{name}/@Element", linked, form)

    def _shown(self, name: str, record: Record, options: Options) -> tuple[str, Record]:
        """A row's key as its address has it, and its selected properties."""
        key, asked = self._infobase.address_key(name, record), options.get("$select", "*")
        return key, record if asked == "*" else select(record, asked, self._infobase.shape(name))

    def _json(self, request: Request, fragment: str, body: Record, form: str) -> Response:
        if form != "nometadata":
            body = {"odata.metadata": f"{_root(request)}/$metadata{fragment}", **body}
        return answers.json_answer(body, form)


class BasicAuthMiddleware:
    """HTTP Basic with one infobase user; 1C answers any access problem with 401."""

    def __init__(self, app: ASGIApp, user: str, password: str, switches: Switches) -> None:
        self._app = app
        self._expected = f"{user}:{password}".encode()
        self._switches = switches

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self._knows(dict(scope["headers"])):
            message = "Идентификация пользователя не выполнена"
            as_xml = self._switches.errors_as_xml
            refused = answers.refusal(401, answers.ACCESS, message, as_xml=as_xml)
            refused.headers["WWW-Authenticate"] = 'Basic realm="1C:Enterprise 8.3"'
            await refused(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _knows(self, headers: dict[bytes, bytes]) -> bool:
        scheme, _, shown = headers.get(b"authorization", b"").partition(b" ")
        try:
            credentials = base64.b64decode(shown, validate=True)
        except binascii.Error:
            return False
        return scheme.lower() == b"basic" and secrets.compare_digest(credentials, self._expected)


def build_app(
    store: Store, selections: Selections, settings: ServerSettings, switches: Switches
) -> Starlette:
    """The interface as an application to mount; its paths start with `/odata/standard.odata`."""
    infobase = Infobase(store, selections, switches, settings.onec_configuration)

    def refused(request: Request, error: Exception) -> Response:
        if isinstance(error, ODataError):
            status, code, message = error.status, error.code, str(error)
        elif getattr(error, "status_code", 500) == 405:
            status, code, message = 405, answers.FORBIDDEN_METHOD, "Метод запрещен"
        else:
            status, code = 404, answers.BAD_URL
            message = f"Неверный адрес ресурса '{request.url.path}'"
        wants_json = "json" in request.url.query + request.headers.get("accept", "")
        as_xml = switches.errors_as_xml or not wants_json
        return answers.refusal(status, code, message, as_xml=as_xml)

    return Starlette(
        routes=OneC(infobase, selections, switches).routes(),
        middleware=[
            Middleware(
                BasicAuthMiddleware,
                user=settings.onec_user,
                password=settings.onec_password,
                switches=switches,
            )
        ],
        exception_handlers={ODataError: refused, 404: refused, 405: refused},
    )


def _with_links(name: str, key: str, record: Record, form: str) -> Record:
    """With metadata, a link for every filled reference."""
    if form == "nometadata":
        return record
    links = {
        f"{one[:-4]}@navigationLinkUrl": f"{name}({key})/{one[:-4]}"
        for one, value in record.items()
        if one.endswith("_Key") and one != "Ref_Key" and value != EMPTY_KEY
    }
    return {**record, **links}


def _root(request: Request) -> str:
    return answers.root_address(request, ROOT)


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _xml(body: str, media_type: str = "application/xml") -> Response:
    return Response(body, media_type=f"{media_type};charset=utf-8")


def _key_value(name: str, literal: str) -> Any:
    """The value of one part of a key; a reference has to be spelt as one."""
    try:
        if (name.endswith("_Key") or name == "Recorder") and not literal.startswith("guid'"):
            raise BadFilterError(f"{literal} is no reference")
        return literal_value(literal.replace('"', "'"))
    except BadFilterError:
        raise ODataError(400, answers.BAD_URL, f"Неверный ключ '{name}={literal}'") from None


def _unquoted(moment: str | None) -> str | None:
    return moment and str(literal_value(moment))
