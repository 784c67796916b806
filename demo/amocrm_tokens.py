"""Who may read the amoCRM stand-in: a long-lived token, or a pair that replaces itself.

As the vendor does it: a code or a refresh token works once and gives a new pair, which kills the
old one; access tokens are JWTs with `exp`. What the vendor leaves open: a refused grant is 400 with
a `hint` here, and the code the demo starts with does not age.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from demo import company
from demo.amocrm_answers import problem
from demo.settings import Integration

ACCESS_LIVES_SECONDS = 86_400
CODE_LIVES_SECONDS = 1_200
TOKEN_PATH = "/oauth2/access_token"


@dataclass(frozen=True)
class _Pair:
    access: str
    refresh: str
    expires_at: float


class TokenOffice:
    """Issues and checks the tokens of one integration. `now` gives unix seconds."""

    def __init__(self, integration: Integration, long_lived: str, now: Callable[[], float]) -> None:
        self._integration = integration
        self._long_lived = long_lived
        self._now = now
        self._key = secrets.token_bytes(32)
        self._codes = {integration.code: float("inf")}
        self._pair: _Pair | None = None
        self.lifetime_seconds = ACCESS_LIVES_SECONDS

    def routes(self) -> list[Route]:
        return [Route(TOKEN_PATH, self._access_token, methods=["POST"])]

    def admits(self, token: str) -> bool:
        """Whether a request with this bearer token is let through."""
        if secrets.compare_digest(token.encode(), self._long_lived.encode()):
            return True
        pair = self._pair
        return (
            pair is not None
            and secrets.compare_digest(token.encode(), pair.access.encode())
            and self._now() < pair.expires_at
        )

    def new_code(self) -> str:
        """What an administrator gets for authorising the integration once more."""
        code = secrets.token_hex(32)
        self._codes[code] = self._now() + CODE_LIVES_SECONDS
        return code

    def expire(self) -> None:
        """The living access token expires now; its refresh token still works."""
        if self._pair is not None:
            self._pair = _Pair(self._pair.access, self._pair.refresh, self._now())

    def revoke(self) -> None:
        """The integration is switched off: nothing issued works any more."""
        self._codes.clear()
        self._pair = None

    async def _access_token(self, request: Request) -> Response:
        try:
            asked = orjson.loads(await request.body())
        except orjson.JSONDecodeError:
            asked = None
        if not isinstance(asked, dict):
            return _refused("Check the body: a JSON object is expected")
        hint = self._objection(asked)
        if hint is not None:
            return _refused(hint)
        self._codes.pop(str(asked.get("code")), None)
        self._pair = pair = self._new_pair()
        return JSONResponse(
            {
                "token_type": "Bearer",
                "expires_in": self.lifetime_seconds,
                "server_time": int(self._now()),
                "access_token": pair.access,
                "refresh_token": pair.refresh,
            }
        )

    def _objection(self, asked: dict[str, Any]) -> str | None:
        """Why the grant is refused, as `hint`; None grants it."""
        for name in ("client_id", "client_secret", "redirect_uri"):
            if asked.get(name) != getattr(self._integration, name):
                return f"Check the `{name}` parameter"
        if asked.get("grant_type") == "authorization_code":
            good_until = self._codes.get(str(asked.get("code")), float("-inf"))
            return None if self._now() < good_until else "Authorization code has been revoked"
        if asked.get("grant_type") == "refresh_token":
            known = self._pair is not None and asked.get("refresh_token") == self._pair.refresh
            return None if known else "Token has been revoked"
        return "Check the `grant_type` parameter"

    def _new_pair(self) -> _Pair:
        now = int(self._now())
        expires_at = now + self.lifetime_seconds
        claims = {
            "aud": self._integration.client_id,
            "jti": secrets.token_hex(16),
            "iat": now,
            "nbf": now,
            "exp": expires_at,
            "sub": str(company.HEAD_OF_SALES_ID),
            "account_id": company.ACCOUNT_ID,
            "scopes": ["crm", "notifications"],
        }
        return _Pair(_jwt(claims, self._key), f"def50200{secrets.token_hex(64)}", expires_at)


class TokenMiddleware:
    """Lets through who shows a good bearer token, and everybody who asks for one."""

    def __init__(self, app: ASGIApp, office: TokenOffice) -> None:
        self._app = app
        self._office = office

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not scope["path"].endswith(TOKEN_PATH):
            shown = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
            if not self._office.admits(shown.removeprefix("Bearer ")):
                refusal = problem(401, "Unauthorized", "Invalid or expired access token")
                await refusal(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _refused(hint: str) -> Response:
    body = {
        "hint": hint,
        "title": "Некорректный запрос",
        "type": "https://developers.amocrm.ru/v3/errors/OAuthProblemJson",
        "status": 400,
        "detail": "В запросе отсутствует ряд параметров или параметры невалидны",
    }
    return JSONResponse(body, 400, media_type="application/problem+json")


def _jwt(claims: dict[str, Any], key: bytes) -> str:
    """A JSON Web Token signed with HS256."""
    head = _base64(orjson.dumps({"typ": "JWT", "alg": "HS256"}))
    signed = f"{head}.{_base64(orjson.dumps(claims))}"
    signature = hmac.new(key, signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{_base64(signature)}"


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
