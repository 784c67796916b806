"""One way to ask a source for JSON: limited in rate, retried with patience, failing in one
sentence.

What belongs here: the limiter, retries and the words for each kind of failure. What does not:
paging, endpoints and credentials of a particular API. Sentences hold the path only, never a query,
a body or a header: those carry phones, names and tokens.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import httpx

from ingestion.errors import SettingsError, SourceError

ATTEMPTS = 5
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 60.0
_RUN_AGAIN = (
    "Nothing of this run was loaded; run again, and if it repeats look at the proxy in between"
)
TIMEOUT = httpx.Timeout(60.0, connect=10.0)

Query = Sequence[tuple[str, str | int]]

logger = logging.getLogger(__name__)


class RateLimiter:
    """Lets calls through no more often than `per_second`, evenly spaced, from any number of
    threads.

    A limit of an API counts calls of an account, so one limiter belongs to one account.
    """

    def __init__(
        self,
        per_second: float,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._interval = 1.0 / per_second
        self._monotonic = monotonic
        self._sleep = sleep
        self._lock = threading.Lock()
        self._next_at = float("-inf")

    def wait(self) -> None:
        with self._lock:
            now = self._monotonic()
            turn = max(now, self._next_at)
            self._next_at = turn + self._interval
        if turn > now:
            self._sleep(turn - now)


class _RetryError(Exception):
    """An attempt failed in a way that may pass; carries the words for the case that it does not."""

    def __init__(self, what: str, what_to_do: str, pause: float | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.what_to_do = what_to_do
        self.pause = pause


class ApiClient:
    """GET requests to one account of one source, answered with parsed JSON (numbers with a point as
    Decimal).

    `credentials` and `address` name the variables a person has to look at when access is refused
    or the source not found. Raises SettingsError when they cannot be sent at all. Not for writing.
    """

    def __init__(
        self,
        source: str,
        base_url: str,
        limiter: RateLimiter,
        *,
        credentials: str,
        address: str,
        headers: Mapping[str, str] | None = None,
        auth: httpx.Auth | None = None,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
        is_final: Callable[[httpx.Response], str | None] = lambda response: None,
    ) -> None:
        _refuse_unusable(source, base_url, address, headers or {}, credentials)
        self.source = source
        self.base_url = base_url.rstrip("/")
        self._limiter = limiter
        self._credentials = credentials
        self._address = address
        self._sleep = sleep
        self._is_final = is_final
        # httpx logs every address with its query at INFO, and a query can hold a phone or a name.
        # Said for each client, because whoever configures logging after an import resets levels.
        for chatty in ("httpx", "httpcore"):
            logging.getLogger(chatty).setLevel(logging.WARNING)
        self._client = httpx.Client(
            headers=dict(headers or {}), auth=auth, transport=transport, timeout=TIMEOUT
        )

    def close(self) -> None:
        self._client.close()

    def get(self, table: str, path: str, query: Query = ()) -> dict[str, Any] | None:
        """Returns the answer's JSON object, or None for 204. Raises SourceError after bounded
        retries.
        """
        for attempt in range(ATTEMPTS):
            try:
                return self._attempt(table, path, query)
            except _RetryError as failure:
                if attempt + 1 == ATTEMPTS:
                    raise SourceError(
                        self.source,
                        table,
                        f"{failure.what} ({ATTEMPTS} attempts, /{path})",
                        failure.what_to_do,
                    ) from None
                pause = failure.pause or FIRST_PAUSE_SECONDS * 2**attempt
                logger.info("%s.%s: %s; trying again", self.source, table, failure.what)
                self._sleep(min(pause, LONGEST_PAUSE_SECONDS))
        raise AssertionError("unreachable")

    def _attempt(self, table: str, path: str, query: Query) -> dict[str, Any] | None:
        self._limiter.wait()
        try:
            response = self._client.get(self._url(path, query))
        except (httpx.RemoteProtocolError, httpx.ReadError) as error:
            raise _RetryError(
                f"the answer was cut short ({type(error).__name__})",
                _RUN_AGAIN,
            ) from None
        except httpx.TimeoutException:
            raise _RetryError(
                "no answer in time", "See whether the source is overloaded, then run again"
            ) from None
        except httpx.TransportError as error:
            raise _RetryError(
                f"the source cannot be reached ({type(error).__name__})",
                f"Check {self._address} and the network, then run again",
            ) from None
        self._refuse_bad_status(table, path, response)
        if response.status_code == httpx.codes.NO_CONTENT:
            return None
        return self._parse(table, path, response)

    def _refuse_bad_status(self, table: str, path: str, response: httpx.Response) -> None:
        status = response.status_code
        if status in (httpx.codes.OK, httpx.codes.NO_CONTENT):
            return
        if status == httpx.codes.UNAUTHORIZED:
            what, to_do = (
                "access was refused (401)",
                f"Check {self._credentials}: wrong, expired or not allowed to read this",
            )
        elif status == httpx.codes.FORBIDDEN:
            what = "access is forbidden (403): no right to read this, or the integration is blocked"
            to_do = f"Ask the source's administrator about the rights behind {self._credentials}"
        elif status == httpx.codes.PAYMENT_REQUIRED:
            what, to_do = (
                "the account is not paid for (402)",
                "Renew the subscription, then run again",
            )
        elif final := self._is_final(response):
            what, to_do = final, "Show this to the source's administrator"
        elif status == httpx.codes.TOO_MANY_REQUESTS:
            raise _RetryError(
                "the source asks for fewer requests (429)",
                "Lower the requests per second of this source, then run again",
                _retry_after(response),
            )
        elif status >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise _RetryError(
                f"the source fails (HTTP {status})",
                "See whether the source works in a browser, then run again",
                _retry_after(response),
            )
        else:
            what = f"unexpected answer (HTTP {status})"
            to_do = f"Check {self._address} and the source's version"
        raise SourceError(self.source, table, f"{what} (/{path})", to_do)

    def _parse(self, table: str, path: str, response: httpx.Response) -> dict[str, Any]:
        text = response.content.decode("utf-8-sig", "replace").strip()
        if text.startswith("<"):
            raise SourceError(
                self.source,
                table,
                f"a web page came instead of data (/{path})",
                f"Check that {self._address} is the API's address, not a login page's or a proxy's",
            )
        try:
            answer = json.loads(text, parse_float=Decimal)
        except json.JSONDecodeError:
            raise _RetryError(
                "the answer was cut short or is not JSON",
                _RUN_AGAIN,
            ) from None
        if not isinstance(answer, dict):
            raise SourceError(
                self.source,
                table,
                f"the answer is JSON of an unknown shape (/{path})",
                f"Check {self._address} and the source's version",
            )
        return answer

    def _url(self, path: str, query: Query) -> str:
        # %20 for a space, not "+": some 1C publications refuse the plus.
        pairs = "&".join(
            f"{quote(name, safe='$')}={quote(str(value), safe='')}" for name, value in query
        )
        return f"{self.base_url}/{quote(path)}" + (f"?{pairs}" if pairs else "")


def _refuse_unusable(
    source: str, base_url: str, address: str, headers: Mapping[str, str], credentials: str
) -> None:
    """What no repetition heals: no web address, or a character that no header may carry."""
    try:
        url = httpx.URL(base_url)
    except httpx.InvalidURL:
        url = httpx.URL()
    if url.scheme not in ("http", "https") or not url.host or url.userinfo:
        raise SettingsError(
            f"source {source}: {address} is not a web address; it begins with https:// or http:// "
            "and holds no user and no password"
        )
    if not all(value.isascii() and value.isprintable() for value in headers.values()):
        raise SettingsError(
            f"source {source}: {credentials} holds a line break or a letter no token has; "
            "copy it anew"
        )


def _retry_after(response: httpx.Response) -> float | None:
    value = response.headers.get("retry-after", "")
    return float(value) if value.isdigit() else None
