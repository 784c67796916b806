"""What `check` tries at a Bitrix24 portal: one line a permission."""

from __future__ import annotations

from functools import partial

from ingestion.catalog import Probe
from ingestion.errors import SourceError
from ingestion.sources.bitrix24.client import BitrixClient
from ingestion.sources.bitrix24.lists import ENTITIES, Listing, listings, stage_history
from ingestion.sources.bitrix24.resources import OPTIONAL


def probes(client: BitrixClient, family: str) -> tuple[Probe, ...]:
    """The portal, whether all of it is seen, and every list that is read."""
    lists = {**listings(family), "stage history": stage_history(ENTITIES["deals"])}
    return (
        Probe("portal", partial(_portal, client)),
        Probe("administrator", partial(_administrator, client)),
        Probe("stages", partial(_count, client, "crm.status.list")),
        Probe("users", partial(_count, client, "user.get")),
        Probe("departments", partial(_count, client, "department.get"), needed=False),
        *(
            Probe(name, partial(_newest, client, listing), needed=name not in OPTIONAL)
            for name, listing in lists.items()
        ),
    )


def _portal(client: BitrixClient) -> str:
    scopes = client.one("portal", "scope")
    return f"its time is {client.now('portal'):%Y-%m-%d %H:%M} UTC; granted: {', '.join(scopes)}"


def _administrator(client: BitrixClient) -> str:
    """Lists hold only what the user may see."""
    profile = client.one("portal", "profile")
    if not profile.get("ADMIN"):
        raise SourceError(
            "bitrix24",
            "portal",
            f"the user behind the webhook ({profile.get('ID')}) is no administrator, so lists may "
            "be incomplete",
            "Let an administrator of the portal make the webhook",
        )
    return f"the user behind the webhook ({profile.get('ID')}) is one"


def _count(client: BitrixClient, method: str) -> str:
    items = next(client.numbered(method, method, {}))
    return f"readable, {len(items)} on the first page"


def _newest(client: BitrixClient, listing: Listing) -> str:
    rows = listing.rows_of(client.one(listing.method, listing.method, listing.newest()))
    if not rows:
        return "readable, nothing is there yet"
    return f"readable, the newest one is of {listing.of_row(rows[0], listing.created)}"
