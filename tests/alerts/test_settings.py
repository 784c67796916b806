"""The environment: what is missing is named, what is secret is not shown."""

from pathlib import Path

import pytest

from alerts import settings
from alerts.models import AlertsError

ENV = {
    "WAREHOUSE_READER_URL": "postgresql://reader:hidden@127.0.0.1/warehouse",
    "WAREHOUSE_LOADER_URL": "postgresql://loader:hidden@127.0.0.1/warehouse",
    "TELEGRAM_BOT_TOKEN": "1:hidden",
    "TELEGRAM_CHAT_SALES_HEAD": "hidden",
}


def test_defaults_are_the_file_channel_under_var() -> None:
    loaded = settings.load(ENV)
    assert (loaded.channel, loaded.outbox) == ("file", Path("var/alerts/outbox.jsonl"))
    assert settings.load({**ENV, "VAR_DIR": "/x"}).outbox == Path("/x/alerts/outbox.jsonl")
    assert settings.load({**ENV, "ALERTS_FILE": "/y"}).outbox == Path("/y")


def test_secrets_are_not_in_the_repr() -> None:
    assert "hidden" not in repr(settings.load(ENV))


def test_now_is_the_given_moment_in_the_business_time_zone() -> None:
    loaded = settings.load({**ENV, "BUSINESS_NOW": "2026-11-20T09:00:00+00:00"})
    assert loaded.now().isoformat() == "2026-11-20T12:00:00+03:00"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WAREHOUSE_READER_URL", ""),
        ("WAREHOUSE_LOADER_URL", ""),
        ("ALERTS_CHANNEL", "pigeon"),
        ("BUSINESS_TIMEZONE", "Mars/Olympus"),
        ("BUSINESS_NOW", "yesterday"),
        ("BUSINESS_NOW", "2026-11-20T09:00:00"),
    ],
)
def test_a_missing_or_wrong_variable_is_named(name: str, value: str) -> None:
    with pytest.raises(AlertsError, match=name):
        settings.load({**ENV, name: value})
