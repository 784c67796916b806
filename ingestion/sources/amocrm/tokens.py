"""The right to read an account: a long-lived token, or a pair of tokens that replaces itself.

What belongs here: what amoCRM calls things and how it is asked. What does not: keeping and
replacing the pair (`ingestion.tokens`). Tokens stand in no `repr`, log or error.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Generator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from ingestion.errors import SettingsError, SourceError
from ingestion.http import RateLimiter
from ingestion.tokens import USER_AGENT, Clock, Integration, RotatingTokens

GRANT_VARIABLES = ("AMOCRM_CLIENT_ID", "AMOCRM_CLIENT_SECRET", "AMOCRM_REDIRECT_URI")


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
        _integration(values, first_grant),
        secrets_dir / f"amocrm-{file_name}.json",
        limiter,
        clock,
        sleep,
    )


def _integration(values: Mapping[str, str], first_grant: Mapping[str, str] | None) -> Integration:
    def question(grant: Mapping[str, str]) -> httpx.Request:
        body = {
            "client_id": values["AMOCRM_CLIENT_ID"],
            "client_secret": values["AMOCRM_CLIENT_SECRET"],
            "redirect_uri": values["AMOCRM_REDIRECT_URI"],
            **grant,
        }
        address = f"{values['AMOCRM_BASE_URL'].rstrip('/')}/oauth2/access_token"
        return httpx.Request("POST", address, json=body, headers={"User-Agent": USER_AGENT})

    def show(request: httpx.Request, token: str) -> None:
        request.headers["Authorization"] = f"Bearer {token}"

    return Integration(
        "amocrm",
        values["AMOCRM_CLIENT_ID"],
        first_grant,
        question,
        show,
        begin="AMOCRM_AUTH_CODE (or AMOCRM_REFRESH_TOKEN) once: authorise the integration in "
        "amoCRM and set the code it shows, within 20 minutes",
        authorise_again="Authorise the integration in amoCRM again and set the code it shows as "
        "AMOCRM_AUTH_CODE, within 20 minutes",
        address="AMOCRM_BASE_URL",
        expiry=expiry,
    )
