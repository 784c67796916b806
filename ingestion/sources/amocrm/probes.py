"""What `check` tries at amoCRM: one line a permission."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Any

from ingestion.catalog import Probe
from ingestion.errors import SourceError
from ingestion.http import Query
from ingestion.sources.amocrm.client import AmoClient

_NEWEST: Query = [("order[updated_at]", "desc")]


def probes(client: AmoClient) -> tuple[Probe, ...]:
    """The account, every list that is read, and whether the token sees all of it."""
    seen = partial(_newest, client)
    return (
        Probe("account", partial(_account, client)),
        Probe("administrator", partial(_administrator, client)),
        Probe("filter", partial(_filter, client)),
        Probe("pipelines", partial(_count, client, "leads/pipelines")),
        Probe("leads", partial(seen, "leads", _NEWEST)),
        Probe("contacts", partial(seen, "contacts", _NEWEST)),
        Probe("companies", partial(seen, "companies", _NEWEST)),
        Probe("tasks", partial(seen, "tasks", [("order[id]", "desc")])),
        Probe("events", partial(seen, "events", (), by="created_at")),
        Probe("notes of leads", partial(seen, "leads/notes", _NEWEST)),
        Probe("unsorted", partial(seen, "leads/unsorted", (), by="created_at")),
        Probe("customers", partial(_count, client, "customers"), needed=False),
        Probe("catalogs", partial(_count, client, "catalogs"), needed=False),
    )


def _account(client: AmoClient) -> str:
    account = client.one("account", "account")
    return f"account {account.get('id')}, {account.get('subdomain')}"


def _administrator(client: AmoClient) -> str:
    """Lists hold only what the token's user may see."""
    mine = client.one("account", "account").get("current_user_id")
    users = [user for page in client.pages("users", "users") for user in page]
    rights: dict[str, Any] = next((u.get("rights") or {} for u in users if u["id"] == mine), {})
    if not rights.get("is_admin"):
        raise SourceError(
            "amocrm",
            "users",
            f"the token's user ({mine}) is not known to be an administrator, so lists may be "
            "incomplete",
            "Let an administrator of the account make the token",
        )
    return f"the token's user is an administrator; {len(users)} users are seen"


def _filter(client: AmoClient) -> str:
    """Off, it is ignored in silence: then a run would read everything each time, and stops."""
    query: Query = [("with", "is_api_filter_enabled")]
    is_on = client.one("account", "account", query).get("is_api_filter_enabled")
    if is_on is False:
        raise SourceError(
            "amocrm",
            None,
            "the API filter of this account is switched off",
            "Ask amoCRM's support to switch it on",
        )
    return "switched on" if is_on else "the account does not say; every run checks what comes"


def _newest(client: AmoClient, path: str, query: Query, by: str = "updated_at") -> str:
    items = next(client.pages(path, path, query, sizes=(1,)), [])
    if not items:
        return "readable, nothing is there yet"
    moment = items[0].get(by)
    at = f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d %H:%M} UTC" if moment else "unknown"
    return f"readable, the newest one seen is of {at}"


def _count(client: AmoClient, path: str) -> str:
    items = next(client.pages(path, path), [])
    return f"readable, {len(items)} on the first page"
