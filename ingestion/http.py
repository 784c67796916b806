"""One way to ask a source for JSON: limited in rate, retried with patience, failing in one
sentence.

What belongs here: the limiter, retries and the words for each kind of failure. What does not:
paging, endpoints and credentials of a particular API. Sentences hold the path and the id the source
gave the request, never a query, a body or another header: those carry phones, names and tokens.
"""

from __future__ import annotations

import fcntl
import json
import logging
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar
from urllib.parse import quote

import httpx
import orjson

from ingestion.errors import SettingsError, SourceError

if TYPE_CHECKING:
    from ingestion.catalog import RunContext

ATTEMPTS = 5
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 600.0
"""A source that asks for a longer one is left alone until the next run."""
RATE_MARGIN = 1.04
"""Turns lie this much further apart than the limit says: between a turn and the moment its request
arrives lie scheduling and the network, up to 40 ms a second.
"""
_RUN_AGAIN = (
    "Nothing of this run was loaded; run again, and if it repeats look at the proxy in between"
)
TIMEOUT = httpx.Timeout(60.0, connect=10.0)
ANSWERED = (httpx.codes.OK, httpx.codes.NO_CONTENT)
"""Statuses of an answer that is one, unless the caller knows others."""

Query = Sequence[tuple[str, str | int]]
Answer = TypeVar("Answer")

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Refusal:
    """A failure no repetition heals, in words: what it is and what the reader should do."""

    what: str
    what_to_do: str


@dataclass(frozen=True)
class Wait:
    """A failure that passes, in words for the case that it does not: ask again after `seconds`
    (None: soon, then later and later). `is_for_all`: no request of the account is let through till
    then, not only this one.
    """

    what: str
    what_to_do: str
    seconds: float | None
    is_for_all: bool


class AnswerRefusedError(SourceError):
    """The source answered with an error that no repetition heals; `status` is its HTTP status."""

    def __init__(
        self, source: str, table: str | None, what: str, what_to_do: str, status: int
    ) -> None:
        super().__init__(source, table, what, what_to_do)
        self.status = status

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.source, self.table, self.what, self.what_to_do, self.status)


class TooHeavyError(SourceError):
    """The source could not put so much into one answer (504); fewer rows may be asked for."""


class RateLimiter:
    """Lets calls through no more often than `per_second` in any second, from any number of threads.

    A limit of an API counts calls of an account, so one limiter belongs to one account. Turns are
    spaced from one release to the next, so nothing is caught up after a stall; where an API counts
    with a bucket, `burst` calls go at once and as many are caught up.
    """

    def __init__(
        self,
        per_second: float,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        *,
        burst: int = 1,
        shared: Path | None = None,
    ) -> None:
        self._interval = RATE_MARGIN / per_second
        self._shared = shared
        self._ahead = (burst - 1) * self._interval
        self._monotonic = monotonic
        self._sleep = sleep
        self._turn = threading.Lock()
        self._next_at = float("-inf")

    def wait(self) -> None:
        """Returns when it is the caller's turn."""
        # Both held while sleeping: whoever comes next starts from our real release.
        with self._turn, self._alone():
            while (pause := self._next_at - self._monotonic()) > 0:
                self._sleep(pause)
            self._next_at = max(self._next_at, self._monotonic() - self._ahead) + self._interval

    def hold(self, seconds: float) -> None:
        """No turn for anybody for so long: the source asked for it; then one by one."""
        self._next_at = max(self._next_at, self._monotonic() + seconds)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Takes over the next turn as the last process left it, and leaves it to the next one."""
        if self._shared is None:
            yield
            return
        self._shared.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._shared.open("a+", encoding="ascii") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            said = file.read()
            # The clock begins anew with the machine: what lies too far ahead is of its last life.
            if said and float(said) <= self._monotonic() + LONGEST_PAUSE_SECONDS:
                self._next_at = max(self._next_at, float(said))
            yield
            file.truncate(0)
            file.write(repr(self._next_at))


def limiter_of(
    context: RunContext, account: str, per_second: float, *, burst: int = 1
) -> RateLimiter:
    """The limiter of an account, called as the vendor counts it (`amocrm-main`), shared with every
    process of this VAR_DIR that asks the same one: a check beside a run.
    """
    return RateLimiter(
        per_second,
        context.monotonic,
        context.sleep,
        burst=burst,
        shared=context.turns_of(account),
    )


def exact_json(body: bytes) -> Any:
    """Parsed JSON, numbers with a point as Decimal. Raises ValueError."""
    return json.loads(body.decode("utf-8-sig", "replace"), parse_float=Decimal)


def fast_json(body: bytes) -> Any:
    """Parsed JSON, numbers with a point as float: for sources whose numbers have few digits (up to
    15, `repr` of the float gives them back). Raises ValueError.
    """
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:  # stricter than needed: halves of surrogate pairs, a BOM
        return json.loads(body.decode("utf-8-sig", "replace"))


class _RetryError(Exception):
    """An attempt failed in a way that may pass; carries the words for the case that it does not."""

    def __init__(self, what: str, what_to_do: str, response: httpx.Response | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.what_to_do = what_to_do
        self.status = response.status_code if response is not None else 0
        self.pause = _retry_after(response) if response is not None else None
        self.request_id = _request_id(response) if response is not None else ""
        self.is_for_all = self.status == httpx.codes.TOO_MANY_REQUESTS


class ApiClient:
    """Requests to one account of one source, answered with JSON as `decode` parses it, or in bytes.

    `credentials` and `address` name the variables a person has to look at when access is refused
    or the source not found. `explain` may put an error answer into the API's own words before ours
    are used. Requests that `auth` adds take a turn like all others. Raises SettingsError when they
    cannot be sent at all. Not for writing.
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
        explain: Callable[[httpx.Response], Refusal | Wait | None] = lambda response: None,
        decode: Callable[[bytes], Any] = exact_json,
    ) -> None:
        _refuse_unusable(source, base_url, address, headers or {}, credentials)
        self.source = source
        self.base_url = base_url.rstrip("/")
        self._limiter = limiter
        self._credentials = credentials
        self._address = address
        self._sleep = sleep
        self._explain = explain
        self._decode = decode
        self._is_closed = False
        # httpx logs every address with its query at INFO, and a query can hold a phone or a name.
        # Said for each client, because whoever configures logging after an import resets levels.
        for chatty in ("httpx", "httpcore"):
            logging.getLogger(chatty).setLevel(logging.WARNING)
        self._client = httpx.Client(
            headers=dict(headers or {}),
            auth=auth,
            transport=transport,
            timeout=TIMEOUT,
            event_hooks={"request": [lambda request: limiter.wait()]},
        )

    def close(self) -> None:
        """Also ends what other threads still ask: at their next attempt."""
        self._is_closed = True
        self._client.close()

    def get(
        self,
        table: str | None,
        path: str,
        query: Query = (),
        *,
        is_divisible: bool = False,
        decode: Callable[[bytes], Any] | None = None,
    ) -> dict[str, Any] | None:
        """Returns the answer's JSON object, or None for 204; `decode` parses this one answer
        instead of the client's. Raises SourceError after bounded retries; TooHeavyError at the
        first 504 if the caller can ask for less (`is_divisible`).
        """
        read = partial(self._parse, table, path, decode or self._decode)
        return self._asked("GET", table, path, query, read, is_divisible)

    def call(
        self, table: str | None, path: str, asked: Any, *, is_divisible: bool = False
    ) -> dict[str, Any]:
        """As `get`, of a function of the source that is asked by posting JSON and only reads."""
        read = partial(self._parse, table, path, self._decode)
        content = orjson.dumps(asked)
        return self._asked("POST", table, path, (), read, is_divisible, content) or {}

    def body(
        self, table: str | None, path: str, query: Query = (), *, method: str = "GET"
    ) -> bytes:
        """Returns an answer that is not JSON as it came. `method` POST calls a function of the
        source, which has to be one that may be called twice: retries are the same.
        """
        return self._asked(method, table, path, query, lambda response: response.content)

    def post(
        self, table: str | None, path: str, content: bytes, *, answered: Sequence[int] = ANSWERED
    ) -> httpx.Response:
        """Posts JSON that asks a question, which may be asked twice: retries are the same. Returns
        an answer whose status is one of `answered` as it came.
        """
        return self._asked(
            "POST", table, path, (), lambda response: response, content=content, answered=answered
        )

    def _asked(
        self,
        method: str,
        table: str | None,
        path: str,
        query: Query,
        read: Callable[[httpx.Response], Answer],
        is_divisible: bool = False,
        content: bytes | None = None,
        answered: Sequence[int] = ANSWERED,
    ) -> Answer:
        for attempt in range(ATTEMPTS):
            try:
                response = self._attempt(method, table, path, query, content)
                if response.status_code not in answered:
                    self._refuse_bad_status(table, path, response)
                return read(response)
            except _RetryError as failure:
                place = f"/{path}{failure.request_id}"
                if is_divisible and failure.status == httpx.codes.GATEWAY_TIMEOUT:
                    raise TooHeavyError(
                        self.source, table, f"{failure.what} ({place})", failure.what_to_do
                    ) from None
                pause = failure.pause or FIRST_PAUSE_SECONDS * 2**attempt
                if attempt + 1 == ATTEMPTS or pause > LONGEST_PAUSE_SECONDS:
                    attempts = f"{attempt + 1} attempt{'s' if attempt else ''}"
                    raise SourceError(
                        self.source,
                        table,
                        f"{failure.what} ({attempts}, {place})",
                        failure.what_to_do,
                    ) from None
                logger.info("%s.%s: %s (%s); trying again", self.source, table, failure.what, place)
                if failure.is_for_all:
                    self._limiter.hold(pause)
                else:
                    self._sleep(pause)
        raise AssertionError("unreachable")

    def _attempt(
        self, method: str, table: str | None, path: str, query: Query, content: bytes | None
    ) -> httpx.Response:
        if self._is_closed:
            raise SourceError(self.source, table, "reading was stopped", "Run again")
        try:
            return self._client.request(method, self._url(path, query), content=content)
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

    def _refuse_bad_status(
        self, table: str | None, path: str, response: httpx.Response
    ) -> NoReturn:
        status = response.status_code
        told = self._explain(response) or self._in_our_words(response)
        if isinstance(told, Wait):
            failure = _RetryError(told.what, told.what_to_do, response)
            failure.pause, failure.is_for_all = told.seconds, told.is_for_all
            raise failure
        if told:
            raise AnswerRefusedError(
                self.source,
                table,
                f"{told.what} (/{path}{_request_id(response)})",
                told.what_to_do,
                status,
            )
        if status == httpx.codes.TOO_MANY_REQUESTS:
            raise _RetryError(
                "the source asks for fewer requests (429)",
                "Lower the requests per second of this source, then run again",
                response,
            )
        raise _RetryError(
            f"the source fails (HTTP {status})",
            "See whether the source works in a browser, then run again",
            response,
        )

    def _in_our_words(self, response: httpx.Response) -> Refusal | None:
        """What a status means with any API; None for those that may pass."""
        status = response.status_code
        if status == httpx.codes.UNAUTHORIZED:
            return Refusal(
                "access was refused (401)",
                f"Check {self._credentials}: wrong, expired or not allowed to read this",
            )
        if status == httpx.codes.FORBIDDEN:
            return Refusal(
                "access is forbidden (403): no right to read this, or the integration is blocked",
                f"Ask the source's administrator about the rights behind {self._credentials}",
            )
        if status == httpx.codes.PAYMENT_REQUIRED:
            return Refusal(
                "the account is not paid for (402)", "Renew the subscription, then run again"
            )
        if status == httpx.codes.TOO_MANY_REQUESTS or status >= httpx.codes.INTERNAL_SERVER_ERROR:
            return None
        return Refusal(
            f"unexpected answer (HTTP {status})",
            f"Check {self._address} and the source's version",
        )

    def _parse(
        self,
        table: str | None,
        path: str,
        decode: Callable[[bytes], Any],
        response: httpx.Response,
    ) -> dict[str, Any] | None:
        if response.status_code == httpx.codes.NO_CONTENT:
            return None
        body = response.content
        if body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<":
            raise SourceError(
                self.source,
                table,
                f"a web page came instead of data (/{path}{_request_id(response)})",
                f"Check that {self._address} is the API's address, not a login page's or a proxy's",
            )
        try:
            answer = decode(body)
        except ValueError:
            raise _RetryError(
                "the answer was cut short or is not JSON", _RUN_AGAIN, response
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
        return f"{self.base_url}/{quote(path, safe='/$()')}" + (f"?{pairs}" if pairs else "")


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
    """Seconds the source asks us to wait; it may write a number or a date."""
    value = response.headers.get("retry-after", "")
    if value.isdigit():
        return float(value)
    try:
        until = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (until - datetime.now(UTC)).total_seconds()) if until.tzinfo else None


def _request_id(response: httpx.Response) -> str:
    """How the source's support finds this request, for a sentence; "" when it gave no id."""
    given = response.headers.get("x-request-id") or response.headers.get("requestid", "")
    return f", request {given}" if re.fullmatch(r"[\w.-]{1,64}", given) else ""
