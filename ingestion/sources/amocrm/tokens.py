"""The right to read an account: a long-lived token, or a pair of tokens that replaces itself.

amoCRM's refresh token works once: a refresh gives a new pair and kills the old one. So the new pair
is on the disk before it is used, and one process at a time refreshes, looking first whether another
one just did. What belongs here: tokens and nothing else. They stand in no `repr`, log or error.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import json
import os
import re
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from ingestion.errors import SettingsError, SourceError
from ingestion.http import TIMEOUT, RateLimiter

AHEAD_SECONDS = 300
"""A token is replaced so long before it expires: a request may be under way for minutes."""
ATTEMPTS = 3
GRANT_VARIABLES = ("AMOCRM_CLIENT_ID", "AMOCRM_CLIENT_SECRET", "AMOCRM_REDIRECT_URI")

Clock = Callable[[], float]
"""Unix seconds."""


class LongLivedToken(httpx.Auth):
    """A token made by an administrator for a private integration; it is never refreshed.

    Raises SourceError when its own expiry has passed, SettingsError when no header can carry it.
    """

    def __init__(self, token: str, now: float) -> None:
        if not (token.isascii() and token.isprintable()):
            raise SettingsError(
                "source amocrm: AMOCRM_TOKEN holds a line break or a letter no token has; "
                "copy it anew"
            )
        expires_at = expiry(token)
        if expires_at is not None and expires_at <= now:
            raise SourceError(
                "amocrm",
                None,
                f"AMOCRM_TOKEN expired on {datetime.fromtimestamp(expires_at, UTC):%Y-%m-%d}",
                "Make a new long-lived token in the integration's settings and set it",
            )
        self._header = f"Bearer {token}"

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = self._header
        yield request


@dataclass(frozen=True)
class Integration:
    """An OAuth integration and what a person gave us once to begin with: an authorisation code
    (valid for 20 minutes) or a refresh token; None when the pair we keep is enough.
    """

    client_id: str
    client_secret: str = field(repr=False)
    redirect_uri: str
    first_grant: Mapping[str, str] | None = field(repr=False)

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
        base_url: str,
        path: Path,
        limiter: RateLimiter,
        clock: Clock,
        sleep: Callable[[float], None],
    ) -> None:
        self._integration = integration
        self._url = f"{base_url.rstrip('/')}/oauth2/access_token"
        self._path = path
        self._limiter = limiter
        self._clock = clock
        self._sleep = sleep
        self._pair: _Pair | None = None
        self._mark: str | None = None
        if integration.first_grant is None and not path.exists():
            raise SettingsError(
                "source amocrm needs AMOCRM_AUTH_CODE (or AMOCRM_REFRESH_TOKEN) once: authorise "
                "the integration in amoCRM and set the code it shows, within 20 minutes"
            )

    def sync_auth_flow(
        self, request: httpx.Request
    ) -> Generator[httpx.Request, httpx.Response, None]:
        token = self._usable()
        request.headers["Authorization"] = f"Bearer {token}"
        response = yield request
        if response.status_code == httpx.codes.UNAUTHORIZED:
            request.headers["Authorization"] = f"Bearer {self._usable(refused=token)}"
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
                "amocrm",
                None,
                f"the file {self._path} does not hold a pair of tokens",
                f"Remove it. {_AUTHORISE_AGAIN}",
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
        response = self._post(
            {
                "client_id": self._integration.client_id,
                "client_secret": self._integration.client_secret,
                "redirect_uri": self._integration.redirect_uri,
                **grant,
            }
        )
        if response.status_code != httpx.codes.OK:
            kind = grant["grant_type"].replace("_", " ").replace("authorization", "authorisation")
            raise self._dead(f"the {kind} was refused (HTTP {response.status_code})")
        try:
            answer = response.json()
            access, refresh = str(answer["access_token"]), str(answer["refresh_token"])
            lives = float(answer.get("expires_in") or 0)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise self._dead("the answer to the refresh holds no pair of tokens") from None
        # Reckoned by our clock from their seconds: the two clocks may differ.
        expires_at = asked_at + lives if lives else expiry(access) or asked_at
        return _Pair(access, refresh, expires_at)

    def _post(self, body: Mapping[str, str]) -> httpx.Response:
        failure = ""
        with httpx.Client(timeout=TIMEOUT, headers={"User-Agent": USER_AGENT}) as client:
            for attempt in range(ATTEMPTS):
                if attempt:
                    self._sleep(2.0**attempt)
                self._limiter.wait()
                try:
                    response = client.post(self._url, json=dict(body))
                except httpx.TransportError as error:
                    failure = type(error).__name__
                    continue
                if response.status_code == 429 or response.status_code >= 500:
                    failure = f"HTTP {response.status_code}"
                    continue
                return response
        raise SourceError(
            "amocrm",
            None,
            f"the tokens cannot be refreshed: /oauth2/access_token does not answer ({failure})",
            "Check AMOCRM_BASE_URL and the network, then run again",
        )

    def _dead(self, what: str) -> SourceError:
        return SourceError("amocrm", None, what, _AUTHORISE_AGAIN)


USER_AGENT = "crm-source-of-truth"
_AUTHORISE_AGAIN = (
    "Authorise the integration in amoCRM again and set the code it shows as AMOCRM_AUTH_CODE, "
    "within 20 minutes"
)


def expiry(token: str) -> float | None:
    """When a JWT says it expires (unix seconds); None for a token that says nothing."""
    try:
        claims = token.split(".")[1]
        payload: Any = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
        return float(payload["exp"])
    except (IndexError, ValueError, KeyError, TypeError):
        return None


def tokens_for(
    values: Mapping[str, str],
    account_name: str,
    secrets_dir: Path,
    limiter: RateLimiter,
    clock: Clock,
    sleep: Callable[[float], None],
) -> httpx.Auth:
    """The long-lived token if one is set, else the integration's rotating pair.

    Raises SettingsError telling what is missing when neither way is complete.
    """
    if token := values.get("AMOCRM_TOKEN"):
        return LongLivedToken(token, clock())
    missing = [name for name in GRANT_VARIABLES if not values.get(name)]
    if missing:
        raise SettingsError(
            "source amocrm needs AMOCRM_TOKEN (a long-lived token), or an integration's "
            f"{', '.join(GRANT_VARIABLES)} with AMOCRM_AUTH_CODE; "
            f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} not set"
        )
    first_grant = None
    if code := values.get("AMOCRM_AUTH_CODE"):
        first_grant = {"grant_type": "authorization_code", "code": code}
    elif refresh := values.get("AMOCRM_REFRESH_TOKEN"):
        first_grant = {"grant_type": "refresh_token", "refresh_token": refresh}
    file_name = re.sub(r"[^\w-]", "_", account_name)
    return RotatingTokens(
        Integration(
            client_id=values["AMOCRM_CLIENT_ID"],
            client_secret=values["AMOCRM_CLIENT_SECRET"],
            redirect_uri=values["AMOCRM_REDIRECT_URI"],
            first_grant=first_grant,
        ),
        values["AMOCRM_BASE_URL"],
        secrets_dir / f"amocrm-{file_name}.json",
        limiter,
        clock,
        sleep,
    )
