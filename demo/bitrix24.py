"""A stand-in of the Bitrix24 REST API over a `Store`: the demo company as if it worked there too.

    /rest/{user}/{code}/{method}   an incoming webhook
    /rest/{method}?auth=…          an application
    /oauth/token/                  the token server, which lies elsewhere in truth

Shapes follow the vendor's documentation and recorded answers, with their strings for numbers, flags
of two kinds and errors that are not always codes. Belongs here: who may call, and the envelope.
Does not belong: what methods answer (`bitrix24_methods`), several calls in one (`bitrix24_batch`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from demo.bitrix24_batch import run_batch
from demo.bitrix24_company import moment
from demo.bitrix24_methods import Answer, Methods
from demo.bitrix24_portal import Bucket, Operating, Portal
from demo.bitrix24_query import BitrixError, Params, read_params
from demo.bitrix24_tokens import Tokens
from demo.wire import Wire

if TYPE_CHECKING:
    pass

UNCOUNTED = ("crm.status.list", "department.get")
"""Methods whose `time` says nothing of the seconds they worked."""


class Bitrix24:
    """The portal."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._webhook = wire.settings.bitrix24_webhook
        self._portal = Portal()
        self._tokens = Tokens(wire.settings.bitrix24_application, wire.now)
        self._bucket = Bucket(wire.settings.haste, wire.clock)
        self._operating = Operating(wire.now)
        self._methods = Methods(wire.store, wire.selections, self._portal, wire.now)

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
        self._wire.selections.forget()
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
            return JSONResponse(error.body, error.status)

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
        scope, answer = self._methods.find(method)
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
        at = self._wire.now()
        began = at - self._portal.work_seconds
        told = moment(int(at))
        # A moment is a whole number here and a fraction there.
        time: Answer = {
            "start": int(began) if method.startswith("crm.") else began,
            "finish": at,
            "duration": self._portal.work_seconds,
            "processing": 0,
            "date_start": told,
            "date_finish": told,
        }
        if method not in UNCOUNTED:
            time["operating_reset_at"] = self._operating.reset_at(method)
            time["operating"] = self._operating.spent(method)
        return time
