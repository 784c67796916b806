"""A stand-in of the Bitrix24 REST API over a `Store`: the demo company as if it worked there too.

    /rest/{user}/{code}/{method}   an incoming webhook
    /rest/{method}?auth=…          an application
    /oauth/token/                  the token server, which lies elsewhere in truth

Shapes follow the vendor's documentation and recorded answers, with their strings for numbers, flags
of two kinds and errors that are not always codes. Belongs here: methods, who may call them, and the
envelope. Does not belong: records (`bitrix24_cards`, `bitrix24_acts`, `bitrix24_company`), how a
list is asked (`bitrix24_query`), several calls in one (`bitrix24_batch`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from demo import bitrix24_acts, bitrix24_company
from demo.bitrix24_batch import run_batch
from demo.bitrix24_cards import Cards
from demo.bitrix24_fields import COMPANY, CONTACT, DEAL, FIELDS, LEAD, as_item
from demo.bitrix24_portal import WEBHOOK_USER, Bucket, Operating, Portal
from demo.bitrix24_query import BitrixError, Params, Rows, page_of, read_params
from demo.bitrix24_tokens import Tokens
from demo.selections import Selections
from demo.settings import ServerSettings

if TYPE_CHECKING:
    from demo.store import Record, Store

OLD_LISTS = {"lead": LEAD, "deal": DEAL, "contact": CONTACT, "company": COMPANY}
UNCOUNTED = ("crm.status.list", "department.get")
"""Methods whose `time` says nothing of the seconds they worked."""
_ASKED_FOR = ("PHONE", "EMAIL", "CONTACT_IDS")
"""What a list of the old family gives only when it is named (the last one never)."""

Answer = dict[str, Any]


class Bitrix24:
    """The portal. `clock` counts for the bucket, `now` is the world's (unix seconds)."""

    def __init__(
        self,
        store: Store,
        selections: Selections,
        settings: ServerSettings,
        clock: Callable[[], float],
        now: Callable[[], float],
    ) -> None:
        self._store = store
        self._selections = selections
        self._webhook = settings.bitrix24_webhook
        self._portal = portal = Portal()
        self._tokens = Tokens(settings.bitrix24_application, now)
        self._now = now
        self._bucket = Bucket(settings.bitrix24_haste, clock)
        self._operating = Operating(now)
        self._methods: dict[str, tuple[str, Callable[[Params], Answer]]] = {
            "server.time": ("", lambda params: {"result": bitrix24_company.moment(int(now()))}),
            "scope": ("", lambda params: {"result": list(portal.scopes)}),
            "profile": ("", self._profile),
            "crm.item.list": ("crm", self._items),
            "crm.item.fields": ("crm", self._item_fields),
            "crm.category.list": ("crm", self._categories),
            "crm.status.list": ("crm", lambda params: self._plain(self._statuses(), params)),
            "crm.stagehistory.list": ("crm", self._stage_history),
            "crm.activity.list": ("crm", self._activities),
            "tasks.task.list": ("task", self._tasks),
            "user.get": ("user", lambda params: self._plain(self._users(), params)),
            "department.get": ("department", self._departments),
            "voximplant.statistic.get": ("telephony", self._calls),
        }
        for word, entity in OLD_LISTS.items():
            self._methods[f"crm.{word}.list"] = ("crm", self._old_list(entity))
            self._methods[f"crm.{word}.fields"] = ("crm", self._old_fields(entity))

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                *self._tokens.routes(),
                Route("/rest/{path:path}", self._rest, methods=["GET", "POST"], name="rest"),
            ]
        )

    def switch_route(self) -> Route:
        return Route("/demo/portal", self._switch, methods=["POST"])

    async def _switch(self, request: Request) -> Response:
        """Any field of `Portal`, and `{"expire": true}` for the living access token; answers the
        portal and a fresh code.
        """
        try:
            asked = orjson.loads(await request.body())
            if asked.pop("expire", False):
                self._tokens.expire()
            self._portal.switch(asked)
        except (orjson.JSONDecodeError, AttributeError, TypeError, ValueError) as error:
            return JSONResponse({"error": str(error)}, 400)
        self._selections.forget()
        return JSONResponse({**vars(self._portal), "code": self._tokens.new_code()})

    async def _rest(self, request: Request) -> Response:
        try:
            if not self._bucket.take():
                raise BitrixError(503, "QUERY_LIMIT_EXCEEDED", "Too many requests")
            params = await read_params(request)
            method = self._admitted(request.path_params["path"], params)
            if method == "batch":
                answer = run_batch(params, self.call)
                return JSONResponse(answer | {"time": self._time("batch")})
            return JSONResponse(self.call(method, params))
        except BitrixError as error:
            body = {"error": error.error, "error_description": error.description}
            return JSONResponse(body, error.status)

    def _admitted(self, path: str, params: Params) -> str:
        """The method that is called, once whoever calls it has shown a right to."""
        *credentials, method = path.strip("/").split("/")
        name = method.lower().removesuffix(".json")
        if credentials:
            if "/".join(credentials) != self._webhook:
                raise BitrixError(401, "INVALID_CREDENTIALS", "Invalid request credentials")
            return name
        token = str(params.get("auth", ""))
        if not self._tokens.is_known(token):
            raise BitrixError(401, "NO_AUTH_FOUND", "Wrong authorization data")
        if not self._tokens.is_alive(token):
            raise BitrixError(401, "expired_token", "The access token provided has expired.")
        return name

    def call(self, method: str, params: Params) -> Answer:
        """One method's answer with its `time`; raises BitrixError."""
        scope, answer = self._methods.get(method, ("", None))
        is_hidden = method.startswith("crm.item.") and not self._portal.has_item_lists
        if answer is None or is_hidden:
            raise BitrixError(404, "ERROR_METHOD_NOT_FOUND", "Method not found!")
        if scope and scope not in self._portal.scopes:
            raise BitrixError(
                403,
                "insufficient_scope",
                "The request requires higher privileges than provided by the webhook token",
            )
        if self._operating.is_over(method):
            raise BitrixError(
                429,
                "OPERATION_TIME_LIMIT",
                "Method is blocked due to operation time limit.",
            )
        done = answer(params)
        self._operating.add(method, self._portal.work_seconds)
        return done | {"time": self._time(method)}

    def _time(self, method: str) -> Answer:
        at = self._now()
        began = at - self._portal.work_seconds
        moment = bitrix24_company.moment(int(at))
        # A moment is a whole number here and a fraction there.
        time: Answer = {
            "start": int(began) if method.startswith("crm.") else began,
            "finish": at,
            "duration": self._portal.work_seconds,
            "processing": 0,
            "date_start": moment,
            "date_finish": moment,
        }
        if method not in UNCOUNTED:
            time["operating_reset_at"] = self._operating.reset_at(method)
            time["operating"] = self._operating.spent(method)
        return time

    # -- Cards ---------------------------------------------------------------------------------

    def _cards(self) -> Cards:
        return self._selections.get("bitrix24", lambda: Cards(self._store))

    def _of(self, entity: int) -> Rows:
        def rows() -> Rows:
            cards = self._cards()
            lists = {
                LEAD: cards.leads,
                DEAL: cards.deals,
                CONTACT: cards.contacts,
                COMPANY: cards.companies,
            }
            return self._visible(list(lists[entity]()))

        return self._selections.get(("bitrix24", entity), rows)

    def _visible(self, rows: list[Record], id_name: str = "ID") -> Rows:
        return Rows.of((row for row in rows if self._portal.shows(row)), id_name)

    def _old_list(self, entity: int) -> Callable[[Params], Answer]:
        def answer(params: Params) -> Answer:
            page, total, following = page_of(self._of(entity), params)
            named = [name for name in _ASKED_FOR[:2] if name in (params.get("select") or [])]
            shown = [
                {
                    name: value
                    for name, value in row.items()
                    if name not in _ASKED_FOR or name in named
                }
                for row in page
            ]
            return _list(shown, total, following)

        return answer

    def _old_fields(self, entity: int) -> Callable[[Params], Answer]:
        def answer(params: Params) -> Answer:
            fields = {one.name: one.described() for one in FIELDS[entity]}
            for name, field in fields.items():
                if name.startswith("UF_"):  # the old family tells people's word elsewhere
                    field["formLabel"], field["title"] = field["title"], name
            return {"result": fields}

        return answer

    def _items(self, params: Params) -> Answer:
        entity = self._entity_of(params)
        rows = self._selections.get(
            ("bitrix24 items", entity),
            lambda: Rows.of(
                (as_item(entity, card) for card in self._of(entity).rows), "id", strict=True
            ),
        )
        page, total, following = page_of(rows, params)
        return _list({"items": page}, total, following)

    def _item_fields(self, params: Params) -> Answer:
        fields = FIELDS[self._entity_of(params)]
        return {"result": {"fields": {one.item_name: one.described() for one in fields}}}

    def _entity_of(self, params: Params) -> int:
        entity = int(params.get("entitytypeid") or 0)
        if entity not in FIELDS:
            raise BitrixError(400, "NOT_FOUND", "Smart process not found")
        return entity

    # -- What happened -------------------------------------------------------------------------

    def _stage_history(self, params: Params) -> Answer:
        entity = int(params.get("entitytypeid") or 0)
        if entity not in (LEAD, DEAL):
            raise BitrixError(400, 0, "Entity is not supported")
        rows = self._selections.get(
            ("bitrix24 history", entity),
            lambda: Rows.of(bitrix24_acts.stage_history(self._cards().paths)[entity]),
        )
        page, total, following = page_of(rows, params)
        return _list({"items": page}, total, following)

    def _activities(self, params: Params) -> Answer:
        rows = self._selections.get(
            "bitrix24 activities",
            lambda: self._visible(list(bitrix24_acts.activities(self._store))),
        )
        page, total, following = page_of(rows, params)
        if "COMMUNICATIONS" not in (params.get("select") or []):
            page = [{k: v for k, v in row.items() if k != "COMMUNICATIONS"} for row in page]
        return _list(page, total, following)

    def _tasks(self, params: Params) -> Answer:
        rows = self._selections.get(
            "bitrix24 tasks",
            lambda: self._visible(
                list(bitrix24_acts.tasks(self._store, self._cards().paths)), "id"
            ),
        )
        page, total, following = page_of(rows, params)
        return _list({"tasks": page}, total, following)

    def _calls(self, params: Params) -> Answer:
        if self._portal.visible_to is not None:
            raise BitrixError(403, "ACCESS_DENIED", "Access denied!")
        every = self._selections.get("bitrix24 calls", lambda: bitrix24_acts.telephony(self._store))
        now = self._now()
        ended = [
            {name: value for name, value in row.items() if name != "ends_at"}
            for row in every
            if row["ends_at"] <= now
        ]
        return _list(*page_of(Rows.of(ended), params))

    # -- Dictionaries --------------------------------------------------------------------------

    def _plain(self, rows: Rows, params: Params) -> Answer:
        return _list(*page_of(rows, params))

    def _statuses(self) -> Rows:
        return Rows.of(bitrix24_company.statuses())

    def _users(self) -> Rows:
        founded = min(
            (reason["created_at"] for reason in self._store.amocrm["loss_reasons"].values()),
            default=0,
        )
        return Rows.of(bitrix24_company.users(founded))

    def _departments(self, params: Params) -> Answer:
        return self._plain(Rows.of(bitrix24_company.departments()), params)

    def _categories(self, params: Params) -> Answer:
        if int(params.get("entitytypeid") or 0) != DEAL:
            raise BitrixError(400, "NOT_FOUND", "Smart process not found")
        categories = bitrix24_company.categories()
        return {"result": {"categories": categories}, "total": len(categories)}

    def _profile(self, params: Params) -> Answer:
        return {
            "result": {
                "ID": str(WEBHOOK_USER),
                "ADMIN": self._portal.visible_to is None,
                "NAME": "Ирина",
                "LAST_NAME": "Соболева",
                "PERSONAL_GENDER": "",
            }
        }


def _list(result: Any, total: int, following: int | None) -> Answer:
    answer = {"result": result, "total": total}
    return answer if following is None else answer | {"next": following}
