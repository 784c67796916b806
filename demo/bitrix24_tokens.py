"""Who may read the Bitrix24 stand-in: an incoming webhook, or an application's pair of tokens.

A code works once and for 30 seconds, a refresh token gives a new pair and is dead then. The token
server stands beside the portal here; the code the demo starts with does not age.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from demo.bitrix24_portal import WEBHOOK_USER
from demo.settings import BitrixApplication

ACCESS_LIVES_SECONDS = 3_600
CODE_LIVES_SECONDS = 30


class Tokens:
    """The application's tokens. `now` gives unix seconds."""

    def __init__(self, application: BitrixApplication, now: Callable[[], float]) -> None:
        self._application = application
        self._now = now
        self._codes = {application.code: float("inf")}
        self._access = self._refresh = ""
        self._expires_at = 0.0

    def routes(self) -> list[Route]:
        return [Route("/oauth/token/", self._token)]

    def is_known(self, token: str) -> bool:
        return bool(token) and secrets.compare_digest(token, self._access)

    def is_alive(self, token: str) -> bool:
        return self.is_known(token) and self._now() < self._expires_at

    def expire(self) -> None:
        self._expires_at = self._now()

    def new_code(self) -> str:
        code = secrets.token_hex(16)
        self._codes[code] = self._now() + CODE_LIVES_SECONDS
        return code

    async def _token(self, request: Request) -> Response:
        asked = request.query_params
        known = self._application
        if (asked.get("client_id"), asked.get("client_secret")) != (
            known.client_id,
            known.client_secret,
        ):
            return _refused("invalid_client", "Invalid client")
        if not self._is_granted(asked):
            return _refused("invalid_grant", "Invalid grant")
        self._access, self._refresh = secrets.token_hex(35), secrets.token_hex(35)
        self._expires_at = self._now() + ACCESS_LIVES_SECONDS
        return JSONResponse(
            {
                "access_token": self._access,
                "client_endpoint": str(request.url_for("rest", path="")),
                "domain": "oauth.bitrix.info",
                "expires": int(self._expires_at),
                "expires_in": ACCESS_LIVES_SECONDS,
                "member_id": "a223c6b3710f85df22e9377d6c4f7553",
                "refresh_token": self._refresh,
                "scope": "crm,task,user,department,telephony",
                "server_endpoint": "https://oauth.bitrix.info/rest/",
                "status": "L",
                "user_id": WEBHOOK_USER,
            }
        )

    def _is_granted(self, asked: Mapping[str, str]) -> bool:
        if asked.get("grant_type") == "authorization_code":
            return self._codes.pop(asked.get("code", ""), 0.0) > self._now()
        given = asked.get("refresh_token", "")
        return asked.get("grant_type") == "refresh_token" and given == self._refresh != ""


def _refused(error: str, description: str) -> Response:
    return JSONResponse({"error": error, "error_description": description}, 400)
