"""The only place of this package that reads the environment.

Anything a company sets differently for itself is here or in `policy.yml`; nothing else reads
`os.environ`. Secrets are kept out of `repr`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from alerts.models import AlertsError

CHANNELS = ("file", "telegram")
_CHAT_PREFIX = "TELEGRAM_CHAT_"


@dataclass(frozen=True)
class Settings:
    """What alerting needs to know. `chats`: every TELEGRAM_CHAT_… variable that is set."""

    reader_url: str = field(repr=False)
    loader_url: str = field(repr=False)
    schema_prefix: str
    zone: ZoneInfo
    fixed_now: datetime | None
    channel: str
    outbox: Path
    policy_file: Path
    telegram_base_url: str
    telegram_token: str = field(repr=False)
    chats: Mapping[str, str] = field(repr=False)

    def now(self) -> datetime:
        """The moment rules are judged at, in the business time zone: BUSINESS_NOW or the clock."""
        return (self.fixed_now or datetime.now(UTC)).astimezone(self.zone)


def load(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the environment. Raises AlertsError naming the variable that is missing or wrong."""
    env = os.environ if environment is None else environment
    var_dir = Path(env.get("VAR_DIR") or "var")
    channel = env.get("ALERTS_CHANNEL") or "file"
    if channel not in CHANNELS:
        raise AlertsError(f"ALERTS_CHANNEL must be one of {', '.join(CHANNELS)}, not {channel!r}.")
    return Settings(
        reader_url=_required(env, "WAREHOUSE_READER_URL"),
        loader_url=_required(env, "WAREHOUSE_LOADER_URL"),
        schema_prefix=env.get("WAREHOUSE_PREFIX", ""),
        zone=_zone(env.get("BUSINESS_TIMEZONE") or "Europe/Moscow"),
        fixed_now=_instant(env.get("BUSINESS_NOW", "")),
        channel=channel,
        outbox=Path(env.get("ALERTS_FILE") or var_dir / "alerts" / "outbox.jsonl"),
        policy_file=Path(env.get("ALERTS_POLICY") or Path(__file__).with_name("policy.yml")),
        telegram_base_url=env.get("TELEGRAM_BASE_URL") or "https://api.telegram.org",
        telegram_token=env.get("TELEGRAM_BOT_TOKEN", "").strip(),
        chats={
            name: value.strip()
            for name, value in env.items()
            if name.startswith(_CHAT_PREFIX) and value.strip()
        },
    )


def _required(env: Mapping[str, str], name: str) -> str:
    value = env.get(name, "")
    if not value:
        raise AlertsError(
            f"{name} is not set: start with `scripts/run`, which sets it:"
            " `scripts/run python -m alerts preview`."
        )
    return value


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise AlertsError(f"BUSINESS_TIMEZONE {name!r} is not a known time zone.") from None


def _instant(text: str) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise AlertsError(
            "BUSINESS_NOW must be an ISO moment with its offset, such as 2026-11-20T12:00:00+03:00."
        )
    return moment
