"""Yandex Direct, API v5 with its service of reports: the face of the source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta

from ingestion.catalog import OpenSource, RunContext, SourceSpec, Variable
from ingestion.errors import SettingsError
from ingestion.sources.yandex_direct.tables import TABLES

__all__ = ["DIRECT"]

MOST_GOALS = 10


@contextmanager
def open_yandex_direct(values: Mapping[str, str], context: RunContext) -> Iterator[OpenSource]:
    """Opens one HTTP client for the run; the token never leaves its headers."""
    from ingestion.http import ApiClient, limiter_of
    from ingestion.settings import positive_number, zone
    from ingestion.sources.yandex_direct.client import HEADERS, DirectClient
    from ingestion.sources.yandex_direct.refusals import explain
    from ingestion.sources.yandex_direct.resources import WINDOW, DirectReaders
    from ingestion.windows import ByWindow

    def number(name: str) -> float:
        return positive_number(name, values[name])

    windows = ByWindow(
        WINDOW,
        timedelta(days=number("YANDEX_DIRECT_HISTORY_DAYS")),
        timedelta(days=number("YANDEX_DIRECT_REREAD_DAYS")),
    )
    account_name = values["YANDEX_DIRECT_ACCOUNT"]
    goals = _goals(values.get("YANDEX_DIRECT_GOALS", ""))
    api = ApiClient(
        "yandex_direct",
        values["YANDEX_DIRECT_BASE_URL"],
        limiter_of(
            context, f"yandex_direct-{account_name}", number("YANDEX_DIRECT_REQUESTS_PER_SECOND")
        ),
        credentials="YANDEX_DIRECT_TOKEN and YANDEX_DIRECT_LOGIN",
        address="YANDEX_DIRECT_BASE_URL",
        headers={
            **HEADERS,
            "Authorization": f"Bearer {values['YANDEX_DIRECT_TOKEN']}",
            "Client-Login": values["YANDEX_DIRECT_LOGIN"],
        },
        sleep=context.sleep,
        explain=explain,
    )
    try:
        yield DirectReaders(
            DirectClient(api, context.sleep, context.now),
            account_name,
            zone("YANDEX_DIRECT_TIMEZONE", values["YANDEX_DIRECT_TIMEZONE"]),
            goals,
            values["YANDEX_DIRECT_ATTRIBUTION"],
            windows,
            context.now,
            context.held,
        ).opened()
    finally:
        api.close()


def _goals(text: str) -> tuple[str, ...]:
    """The ids that a list with commas names. Raises SettingsError for what is no id."""
    goals = tuple(part.strip() for part in text.split(",") if part.strip())
    if len(goals) > MOST_GOALS or not all(goal.isdecimal() for goal in goals):
        raise SettingsError(
            f"YANDEX_DIRECT_GOALS={text} is not a list of at most {MOST_GOALS} ids of goals, such "
            "as 20002,20003; Metrica shows them beside the goals' names"
        )
    return goals


DIRECT = SourceSpec(
    name="yandex_direct",
    title="Yandex Direct, API v5",
    tables=TABLES,
    variables=(
        Variable("YANDEX_DIRECT_LOGIN", "the advertiser's login; of an agency, its client's"),
        Variable("YANDEX_DIRECT_TOKEN", "an OAuth token with the right direct:api", secret=True),
        Variable(
            "YANDEX_DIRECT_BASE_URL", "the API's address", "https://api.direct.yandex.com/json/v501"
        ),
        Variable(
            "YANDEX_DIRECT_ACCOUNT", "a short name of the advertiser, part of every id", "main"
        ),
        Variable("YANDEX_DIRECT_TIMEZONE", "zone of the cabinet's days", "Europe/Moscow"),
        Variable(
            "YANDEX_DIRECT_GOALS",
            "ids of Metrica's goals to be counted; without them all goals of the counter",
            may_be_absent=True,
        ),
        Variable("YANDEX_DIRECT_ATTRIBUTION", "which click a conversion belongs to", "LSC"),
        Variable(
            "YANDEX_DIRECT_REQUESTS_PER_SECOND",
            "Direct allows 20 requests for reports in 10 s",
            "2",
        ),
        Variable("YANDEX_DIRECT_HISTORY_DAYS", "days so far back are read at first", "760"),
        Variable(
            "YANDEX_DIRECT_REREAD_DAYS",
            "days so far back are read again in every run: Direct restates them",
            "30",
        ),
    ),
    account_variable="YANDEX_DIRECT_ACCOUNT",
    open=open_yandex_direct,
)
