"""The right to read a portal: an incoming webhook, whose secret lies in its address, or an
application with a pair of tokens that replaces itself (`ingestion.tokens`).

Tokens are asked for at Bitrix24's own server, never at the portal.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

import httpx

from ingestion.catalog import RunContext
from ingestion.errors import SettingsError
from ingestion.http import RateLimiter, Refusal
from ingestion.tokens import USER_AGENT, Integration, RotatingTokens

GRANT_VARIABLES = ("BITRIX24_CLIENT_ID", "BITRIX24_CLIENT_SECRET")


@dataclass(frozen=True)
class Access:
    """Where methods are called and how; `web_url` is where people look at cards."""

    base_url: str = field(repr=False)
    web_url: str
    credentials: str
    auth: httpx.Auth | None = None


def family_of(values: Mapping[str, str]) -> str:
    """Which of the two lists of cards are read. Raises SettingsError for anything else."""
    family = values["BITRIX24_LISTS"]
    if family not in ("items", "old"):
        raise SettingsError(f"BITRIX24_LISTS={family} is neither items nor old; correct it")
    return family


def access_of(
    values: Mapping[str, str], account_name: str, context: RunContext, limiter: RateLimiter
) -> Access:
    """The webhook if one is set, else the application's rotating pair.

    Raises SettingsError telling what is missing or does not fit.
    """
    web_url = values["BITRIX24_BASE_URL"].rstrip("/")
    if webhook := values.get("BITRIX24_WEBHOOK"):
        return Access(
            f"{web_url}/rest/{_user_and_code(webhook, web_url)}", web_url, "BITRIX24_WEBHOOK"
        )
    missing = [name for name in GRANT_VARIABLES if not values.get(name)]
    if missing:
        raise SettingsError(
            "source bitrix24 needs BITRIX24_WEBHOOK (an incoming webhook), or an application's "
            f"{' and '.join(GRANT_VARIABLES)} with BITRIX24_AUTH_CODE; "
            f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} not set"
        )
    opened_at = context.monotonic()
    file_name = re.sub(r"[^\w-]", "_", account_name)
    tokens = RotatingTokens(
        _application(values),
        context.secrets_dir / f"bitrix24-{file_name}.json",
        limiter,
        lambda: context.now.timestamp() + context.monotonic() - opened_at,
        context.sleep,
    )
    return Access(f"{web_url}/rest", web_url, "the application's tokens", tokens)


def _application(values: Mapping[str, str]) -> Integration:
    first_grant = None
    if code := values.get("BITRIX24_AUTH_CODE"):
        first_grant = {"grant_type": "authorization_code", "code": code}
    elif refresh := values.get("BITRIX24_REFRESH_TOKEN"):
        first_grant = {"grant_type": "refresh_token", "refresh_token": refresh}
    return Integration(
        "bitrix24",
        values["BITRIX24_CLIENT_ID"],
        first_grant,
        partial(_question, values),
        _show,
        begin="BITRIX24_REFRESH_TOKEN (or BITRIX24_AUTH_CODE, which lives 30 seconds) once: "
        "authorise the application and set what it was given",
        authorise_again="Authorise the application again and set the refresh token it was given "
        "as BITRIX24_REFRESH_TOKEN",
        address="BITRIX24_OAUTH_URL",
        explain=_unpaid,
    )


def _question(values: Mapping[str, str], grant: Mapping[str, str]) -> httpx.Request:
    known = {
        "client_id": values["BITRIX24_CLIENT_ID"],
        "client_secret": values["BITRIX24_CLIENT_SECRET"],
    }
    address = f"{values['BITRIX24_OAUTH_URL'].rstrip('/')}/oauth/token/"
    return httpx.Request(
        "GET", address, params={**grant, **known}, headers={"User-Agent": USER_AGENT}
    )


def _show(request: httpx.Request, token: str) -> None:
    request.url = request.url.copy_set_param("auth", token)


def _unpaid(response: httpx.Response) -> Refusal | None:
    if b"PAYMENT_REQUIRED" not in response.content:
        return None
    return Refusal(
        "the application is not paid for, so it is given no tokens",
        "Renew the application's subscription, then run again",
    )


def _user_and_code(webhook: str, web_url: str) -> str:
    """`1/abc` out of `https://<portal>/rest/1/abc/`, as the portal shows it, or as it is."""
    portal, slash, path = webhook.rpartition("/rest/")
    if slash and portal != web_url:
        raise SettingsError(
            "source bitrix24: BITRIX24_WEBHOOK is of another portal than BITRIX24_BASE_URL"
        )
    path = path.strip("/")
    if not re.fullmatch(r"\d+/[\w-]+", path, re.ASCII):
        raise SettingsError(
            "source bitrix24: BITRIX24_WEBHOOK is not the address of an incoming webhook "
            "(https://<portal>/rest/<user>/<code>/); copy it anew"
        )
    return path
