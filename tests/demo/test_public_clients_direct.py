"""A client of Yandex Direct nobody here wrote reads the stand-in over real HTTP:
`tapi-yandex-direct`.

It is the check that the stand-in and the product do not share one misreading. Where the client
disagrees with the stand-in, the test says who is taken to be right and why.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

import pytest

from demo import yandex_direct_ads as ads
from demo.selections import Selections
from demo.settings import ServerSettings
from demo.wire import Wire
from demo.world import World, build_world
from demo.yandex_direct import Direct

tapi = pytest.importorskip(
    "tapi_yandex_direct", reason="dependency group `clients` is not installed"
)

AS_OF = datetime(2026, 11, 20, 9, tzinfo=UTC)
REPORT = {
    "SelectionCriteria": {"DateFrom": "2026-10-01", "DateTo": "2026-10-31"},
    "FieldNames": ["Date", "CampaignId", "Clicks", "Cost", "Conversions", "CostPerConversion"],
    "ReportName": "of a client",
    "ReportType": "CUSTOM_REPORT",
    "DateRangeType": "CUSTOM_DATE",
    "Format": "TSV",
    "IncludeVAT": "NO",
}


@pytest.fixture(scope="module")
def world() -> World:
    return build_world(seed=3, months=2, scale=0.3, as_of=AS_OF)


@pytest.fixture
def client(loopback: Any, world: World) -> Iterator[Callable[..., Any]]:
    """The client of a stand-in of its own. It knows reports by their whole path, so the stand-in
    lies at the root.
    """
    with ExitStack() as stack:

        def start(token: str = "demo-direct", login: str = ads.LOGIN, **settings: Any) -> Any:
            selections, told = Selections(), ServerSettings(**settings)
            wire = Wire(world.store, selections, told, time.monotonic, AS_OF.timestamp)
            direct = Direct(wire)
            url = stack.enter_context(loopback(direct.app()))

            client = tapi.tapi_yandex_direct
            here = {"get_api_root": lambda adapter, api_params, resource_name: f"{url}/"}
            adapter = type("Adapter", (client.YandexDirectClientAdapter,), here)
            wrapper = client.generate_wrapper_from_adapter(adapter)
            return wrapper(access_token=token, login=login)

        yield start


def settled(world: World) -> dict[tuple[str, str], tuple[int, float, int]]:
    return {
        (row["date"], str(row["campaign_id"])): (row["clicks"], row["amount"], row["forms"])
        for row in world.truth()["ad_spend"]
        if row["login"] == ads.LOGIN and row["date"].startswith("2026-10")
    }


def test_it_reads_a_report(client: Callable[..., Any], world: World) -> None:
    got = client().reports().post(data={"params": REPORT})

    rows = {
        (row["Date"], row["CampaignId"]): (
            int(row["Clicks"]),
            float(row["Cost"]),
            int(row["Conversions"]),
        )
        for row in got().to_dicts()
    }
    assert rows == settled(world)
    assert any(row["CostPerConversion"] == "--" for row in got().to_dicts())


def test_it_waits_for_a_report_that_is_queued(client: Callable[..., Any], world: World) -> None:
    got = client(direct_ready_after_seconds=1.0).reports().post(data={"params": REPORT})

    assert len(got().to_values()) == len(settled(world))


def test_it_pages_through_campaigns(client: Callable[..., Any]) -> None:
    asked = {
        "SelectionCriteria": {},
        "FieldNames": ["Id", "Name"],
        "Page": {"Limit": 2, "Offset": 0},
    }
    got = client().campaigns().post(data={"method": "get", "params": asked})

    ids = [item["Id"] for page in got().pages() for item in page.data]
    text_campaigns = [one for one in ads.CAMPAIGNS if one.type == "TEXT_CAMPAIGN"]
    assert ids == [one.id for one in text_campaigns if one.login == ads.LOGIN]


@pytest.mark.parametrize(
    ("credentials", "code"),
    [({"token": "other"}, 53), ({"login": "somebody"}, 54), ({"direct_points": 0}, 152)],
)
def test_it_understands_refusals(
    client: Callable[..., Any], credentials: dict[str, Any], code: int
) -> None:
    """It raises its general error for all of them: it looks for a number called `code`, where the
    vendor documents `error_code`, which the stand-in sends.
    """
    asked = {"SelectionCriteria": {}, "FieldNames": ["Id"]}
    with pytest.raises(tapi.exceptions.YandexDirectClientError) as error:
        client(**credentials).campaigns().post(data={"method": "get", "params": asked})

    assert error.value.error_code == code
