"""What an administrator or the tariff can change about an account while it is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    from tests.demo.conftest import DemoServer, ServeDemo


@pytest.fixture
def demo(serve_demo: ServeDemo) -> DemoServer:
    return serve_demo()


def ids(demo: DemoServer, path: str, key: str = "leads") -> list[Any]:
    response = demo.crm(path)
    return (
        []
        if response.status_code == 204
        else [item["id"] for item in response.json()["_embedded"][key]]
    )


def test_a_filter_that_is_switched_off_is_ignored_in_silence(demo: DemoServer) -> None:
    asked = "leads?filter[id][]=1&order[id]=desc"
    assert ids(demo, asked) == [1]
    demo.desk("account", {"is_api_filter_enabled": False})
    assert ids(demo, asked) == [5, 4, 3, 2, 1]
    account = demo.crm("account?with=is_api_filter_enabled").json()
    assert account["is_api_filter_enabled"] is False


def test_an_address_means_its_owner_even_without_filters(demo: DemoServer) -> None:
    demo.desk("account", {"is_api_filter_enabled": False})
    assert ids(demo, "leads/1/notes", "notes") == [51, 52]
    assert ids(demo, "leads/2/notes", "notes") == []


def test_a_user_who_lost_rights_sees_only_their_own_rows(demo: DemoServer) -> None:
    demo.store.amocrm["leads"][3]["responsible_user_id"] = 9102
    demo.desk("account", {"visible_to": 9102})
    assert ids(demo, "leads") == [3]
    assert demo.crm("leads/1").status_code == 204
    assert demo.crm("leads?with=only_deleted").status_code == 204
    account = demo.crm("account").json()
    assert account["current_user_id"] == 9102
    assert demo.crm("users/9102").json()["rights"]["is_admin"] is False
    demo.desk("account", {"visible_to": None})
    assert ids(demo, "leads") == [1, 2, 3, 4, 5]


def test_the_account_tells_private_parts_only_when_asked(demo: DemoServer) -> None:
    assert "version" not in demo.crm("account").json()
    assert demo.crm("account?with=version").json()["version"] == 11


@pytest.mark.parametrize(
    "switches",
    [
        [],
        {},
        {"colour": 1},
        {"customers_mode": "sometimes"},
        {"is_api_filter_enabled": "no"},
        {"visible_to": "everybody"},
    ],
)
def test_a_switch_that_makes_no_sense_is_refused(demo: DemoServer, switches: Any) -> None:
    response = httpx.post(f"{demo.base_url}/demo/account", json=switches)
    assert response.status_code == 400
    assert response.json()["error"]
