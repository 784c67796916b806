"""A pair of tokens that replaces itself, as OAuth integrations of CRMs have it.

A refresh token works once: a refresh gives a new pair and kills the old one. So the new pair is on
the disk before it is used, and one process at a time refreshes, looking first whether another one
just did. What belongs here: keeping, replacing and showing a pair. What does not: how a vendor
wants to be asked for it (each source's own). Tokens stand in no `repr`, log or error.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from ingestion.errors import SettingsError, SourceError
from ingestion.http import TIMEOUT, RateLimiter, Refusal

AHEAD_SECONDS = 300
"""A token is replaced so long before it expires: a request may be under way for minutes."""
ATTEMPTS = 3
USER_AGENT = "crm-source-of-truth"

Clock = Callable[[], float]
"""Unix seconds."""


@dataclass(frozen=True)
class Integration:
    """An integration as its vendor knows it, and what a person gave us once to begin with.

    `first_grant` is an authorisation code or a refresh token with its `grant_type`; None when the
    pair we keep is enough. `question` makes the request for a pair out of a grant (with
    USER_AGENT), `show` puts an access token into a request, `expiry` reads when a token says it
    expires, `explain` may put a refused grant into the vendor's own words. `begin`,
    `authorise_again` and `address` are what a person is told: what to set at first, what to do with
    a dead pair, which variable to check.
    """

    source: str
    client_id: str
    first_grant: Mapping[str, str] | None = field(repr=False)
    question: Callable[[Mapping[str, str]], httpx.Request] = field(repr=False)
    show: Callable[[httpx.Request, str], None] = field(repr=False)
    begin: str
    authorise_again: str
    address: str
    expiry: Callable[[str], float | None] = lambda token: None
    explain: Callable[[httpx.Response], Refusal | None] = lambda response: None

    @property
    def mark(self) -> str | None:
        """Tells one thing given from another without telling the thing."""
        if self.first_grant is None:
            return None
        given = json.dumps([self.client_id, dict(self.first_grant)], sort_keys=True)
        return hashlib.sha256(given.encode()).hexdigest()


@dataclass(frozen=True)
class _Pair:
    access: str = field(repr=False)
    refresh: str = field(repr=False)
    expires_at: float


class RotatingTokens(httpx.Auth):
    """The pair of an integration, kept in `path`. A 401 refreshes it once and repeats the request
    once.

    Raises SourceError with the way to authorise again when the pair is dead.
    """

    def __init__(
        self,
        integration: Integration,
        path: Path,
        limiter: RateLimiter,
        clock: Clock,
        sleep: Callable[[float], None],
    ) -> None:
        self._integration = integration
        self._path = path
        self._limiter = limiter
        self._clock = clock
        self._sleep = sleep
        self._pair: _Pair | None = None
        self._mark: str | None = None
        if integration.first_grant is None and not path.exists():
            raise SettingsError(f"source {integration.source} needs {integration.begin}")

    def sync_auth_flow(
        self, request: httpx.Request
    ) -> Generator[httpx.Request, httpx.Response, None]:
        token = self._usable()
        self._integration.show(request, token)
        response = yield request
        if response.status_code == httpx.codes.UNAUTHORIZED:
            self._integration.show(request, self._usable(refused=token))
            yield request

    def _usable(self, refused: str | None = None) -> str:
        """An access token that has not expired and is not the `refused` one."""

        def is_good(pair: _Pair | None) -> bool:
            return (
                pair is not None
                and pair.access != refused
                and pair.expires_at - AHEAD_SECONDS > self._clock()
            )

        if self._pair is None or not is_good(self._pair):
            with self._alone():
                pair = self._read()  # another thread or process may have been here before us
                if pair is None or not is_good(pair):
                    pair = self._replaced(pair)
                    self._keep(pair)
                self._pair = pair
        return self._pair.access

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keeps other threads and processes out; a process that dies lets them in again."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(self._path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _read(self) -> _Pair | None:
        """The pair we keep, unless a person gave us something newer since."""
        try:
            kept = json.loads(self._path.read_text(encoding="utf-8"))
            pair = _Pair(kept["access_token"], kept["refresh_token"], float(kept["expires_at"]))
            self._mark = kept["mark"]
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError):
            raise SourceError(
                self._integration.source,
                None,
                f"the file {self._path} does not hold a pair of tokens",
                f"Remove it. {self._integration.authorise_again}",
            ) from None
        return pair if self._integration.mark in (None, self._mark) else None

    def _keep(self, pair: _Pair) -> None:
        """On the disk before anybody uses it: the old pair is dead already."""
        body = {
            "access_token": pair.access,
            "refresh_token": pair.refresh,
            "expires_at": pair.expires_at,
            "mark": self._integration.mark or self._mark,
        }
        new = self._path.with_suffix(".new")
        new.unlink(missing_ok=True)
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(body, file)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _replaced(self, pair: _Pair | None) -> _Pair:
        grant = self._integration.first_grant
        if pair is not None:
            grant = {"grant_type": "refresh_token", "refresh_token": pair.refresh}
        if grant is None:
            raise self._dead("nothing to begin with is set")
        asked_at = self._clock()
        response = self._asked(grant)
        if response.status_code != httpx.codes.OK:
            kind = grant["grant_type"].replace("_", " ").replace("authorization", "authorisation")
            if told := self._integration.explain(response):
                raise SourceError(self._integration.source, None, told.what, told.what_to_do)
            raise self._dead(f"the {kind} was refused (HTTP {response.status_code})")
        try:
            answer = response.json()
            access, refresh = str(answer["access_token"]), str(answer["refresh_token"])
            lives = float(answer.get("expires_in") or 0)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise self._dead("the answer to the refresh holds no pair of tokens") from None
        # Reckoned by our clock from their seconds: the two clocks may differ.
        expires_at = asked_at + lives if lives else self._integration.expiry(access) or asked_at
        return _Pair(access, refresh, expires_at)

    def _asked(self, grant: Mapping[str, str]) -> httpx.Response:
        failure = ""
        question = self._integration.question(grant)
        with httpx.Client(timeout=TIMEOUT) as client:
            for attempt in range(ATTEMPTS):
                if attempt:
                    self._sleep(2.0**attempt)
                self._limiter.wait()
                try:
                    response = client.send(question)
                except httpx.TransportError as error:
                    failure = type(error).__name__
                    continue
                if response.status_code == 429 or response.status_code >= 500:
                    failure = f"HTTP {response.status_code}"
                    continue
                return response
        raise SourceError(
            self._integration.source,
            None,
            f"the tokens cannot be refreshed: {question.url.path} does not answer ({failure})",
            f"Check {self._integration.address} and the network, then run again",
        )

    def _dead(self, what: str) -> SourceError:
        return SourceError(self._integration.source, None, what, self._integration.authorise_again)
