"""amoCRM's limit of requests: 429 with an HTML page above the rate, 403 for those who go on.

The vendor documents neither the algorithm nor how long a block lasts. Here it is a bucket that
refills evenly, and the block is short, so that a demo recovers by itself.
"""

from collections import deque
from collections.abc import Callable
from enum import Enum

from starlette.responses import HTMLResponse, JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

REJECTIONS_FORGIVEN = 20
REJECTIONS_WINDOW_SECONDS = 10.0
BLOCK_SECONDS = 30.0

TOO_MANY_PAGE = "<html><head><title>429</title></head><body>Too Many Requests</body></html>"


class Verdict(Enum):
    ALLOWED = "allowed"
    TOO_MANY = "too many"
    BLOCKED = "blocked"


class RateLimiter:
    """Decides about one request at a time. `clock` gives seconds and never goes back."""

    def __init__(self, requests_per_second: int, clock: Callable[[], float]) -> None:
        self._rate = requests_per_second
        self._clock = clock
        self._allowance = float(requests_per_second)
        self._counted_at = clock()
        self._rejected_at: deque[float] = deque()
        self._blocked_until = float("-inf")

    def check(self) -> Verdict:
        """Count this request and say what becomes of it."""
        now = self._clock()
        if now < self._blocked_until:
            return Verdict.BLOCKED
        self._allowance += (now - self._counted_at) * self._rate
        self._allowance = min(self._allowance, float(self._rate))
        self._counted_at = now
        if self._allowance >= 1:
            self._allowance -= 1
            return Verdict.ALLOWED
        return self._reject(now)

    def _reject(self, now: float) -> Verdict:
        self._rejected_at.append(now)
        while self._rejected_at[0] <= now - REJECTIONS_WINDOW_SECONDS:
            self._rejected_at.popleft()
        if len(self._rejected_at) <= REJECTIONS_FORGIVEN:
            return Verdict.TOO_MANY
        self._rejected_at.clear()
        self._blocked_until = now + BLOCK_SECONDS
        return Verdict.BLOCKED


class RateLimitMiddleware:
    """Stands before the whole amoCRM API: a request counts even when its token is wrong."""

    def __init__(self, app: ASGIApp, limiter: RateLimiter) -> None:
        self._app = app
        self._limiter = limiter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        verdict = self._limiter.check()
        if verdict is Verdict.ALLOWED:
            await self._app(scope, receive, send)
        elif verdict is Verdict.TOO_MANY:
            await HTMLResponse(TOO_MANY_PAGE, 429)(scope, receive, send)
        else:
            await _blocked()(scope, receive, send)


def _blocked() -> JSONResponse:
    body = {
        "title": "Forbidden",
        "type": "https://httpstatus.es/403",
        "status": 403,
        "detail": "Requests are blocked: the rate limit was exceeded again and again",
    }
    return JSONResponse(body, 403, media_type="application/problem+json")
