"""The right to read a portal: an incoming webhook, whose secret lies in its address."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx

from ingestion.catalog import RunContext
from ingestion.errors import SettingsError
from ingestion.http import RateLimiter


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
    """Raises SettingsError telling what is missing or does not fit."""
    web_url = values["BITRIX24_BASE_URL"].rstrip("/")
    webhook = values.get("BITRIX24_WEBHOOK")
    if not webhook:
        raise SettingsError("source bitrix24 needs BITRIX24_WEBHOOK")
    return Access(
        base_url=f"{web_url}/rest/{_user_and_code(webhook, web_url)}",
        web_url=web_url,
        credentials="BITRIX24_WEBHOOK",
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
