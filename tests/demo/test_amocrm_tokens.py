"""The token endpoint: pairs that replace themselves, and what kills them."""

from __future__ import annotations

import base64
import json
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from demo.settings import Integration

if TYPE_CHECKING:
    from tests.demo.conftest import DemoServer, ServeDemo

OURS = Integration()


@pytest.fixture
def demo(serve_demo: ServeDemo) -> DemoServer:
    return serve_demo()


def ask(demo: DemoServer, **grant: str) -> httpx.Response:
    body = {
        "client_id": OURS.client_id,
        "client_secret": OURS.client_secret,
        "redirect_uri": OURS.redirect_uri,
        **grant,
    }
    return httpx.post(f"{demo.base_url}/amocrm/oauth2/access_token", json=body)


def pair_of(answer: httpx.Response) -> tuple[str, str]:
    assert answer.status_code == 200, answer.text
    body = answer.json()
    return body["access_token"], body["refresh_token"]


def by_code(demo: DemoServer, code: str = OURS.code) -> tuple[str, str]:
    return pair_of(ask(demo, grant_type="authorization_code", code=code))


def by_refresh(demo: DemoServer, refresh: str) -> httpx.Response:
    return ask(demo, grant_type="refresh_token", refresh_token=refresh)


def status(demo: DemoServer, token: str) -> int:
    return demo.crm("account", headers={"Authorization": f"Bearer {token}"}).status_code


def hint(answer: httpx.Response) -> str:
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    return str(answer.json()["hint"])


def test_a_code_gives_a_pair_once(demo: DemoServer) -> None:
    access, _ = by_code(demo)
    assert status(demo, access) == 200
    again = ask(demo, grant_type="authorization_code", code=OURS.code)
    assert hint(again) == "Authorization code has been revoked"


def test_a_refresh_kills_the_old_pair(demo: DemoServer) -> None:
    old_access, old_refresh = by_code(demo)
    access, refresh = pair_of(by_refresh(demo, old_refresh))
    assert (status(demo, access), status(demo, old_access)) == (200, 401)
    assert hint(by_refresh(demo, old_refresh)) == "Token has been revoked"
    assert by_refresh(demo, refresh).status_code == 200


def test_an_access_token_is_a_jwt_that_says_when_it_expires(demo: DemoServer) -> None:
    demo.desk("tokens", {"lifetime_seconds": 60})
    access, _ = by_code(demo)
    claims = json.loads(base64.urlsafe_b64decode(access.split(".")[1] + "=="))
    assert claims["exp"] == pytest.approx(time.time() + 60, abs=5)
    demo.clock.now += 59
    assert status(demo, access) == 200
    demo.clock.now += 1
    assert status(demo, access) == 401


def test_an_answer_tells_how_long_a_token_lives(demo: DemoServer) -> None:
    answer = ask(demo, grant_type="authorization_code", code=OURS.code).json()
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 86_400)
    assert answer["server_time"] == pytest.approx(time.time(), abs=5)


def test_the_desk_expires_a_token_that_can_still_be_refreshed(demo: DemoServer) -> None:
    access, refresh = by_code(demo)
    demo.desk("tokens", {"expire": True})
    assert status(demo, access) == 401
    assert by_refresh(demo, refresh).status_code == 200


def test_a_revoked_integration_needs_a_person_to_authorise_it_again(demo: DemoServer) -> None:
    access, refresh = by_code(demo)
    code = demo.desk("tokens", {"revoke": True})["code"]
    assert status(demo, access) == 401
    assert hint(by_refresh(demo, refresh)) == "Token has been revoked"
    assert status(demo, by_code(demo, code)[0]) == 200


def test_a_code_of_the_desk_is_good_for_twenty_minutes(demo: DemoServer) -> None:
    code = demo.desk("tokens", {})["code"]
    demo.clock.now += 1201
    late = ask(demo, grant_type="authorization_code", code=code)
    assert hint(late) == "Authorization code has been revoked"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("client_id", "somebody"),
        ("client_secret", "guess"),
        ("redirect_uri", "https://elsewhere.example"),
        ("grant_type", "password"),
    ],
)
def test_a_grant_that_does_not_fit_names_the_parameter(
    demo: DemoServer, name: str, value: str
) -> None:
    grant = {"grant_type": "authorization_code", "code": OURS.code, name: value}
    assert hint(ask(demo, **grant)) == f"Check the `{name}` parameter"
    assert by_code(demo)


def test_the_long_lived_token_never_changes(demo: DemoServer) -> None:
    by_code(demo)
    demo.desk("tokens", {"revoke": True})
    assert status(demo, "demo-token") == 200


@pytest.mark.parametrize("body", [{"lifetime_seconds": 0}, {"lifetime_seconds": "long"}, [], None])
def test_a_wish_about_tokens_that_makes_no_sense_is_refused(demo: DemoServer, body: Any) -> None:
    response = httpx.post(f"{demo.base_url}/demo/tokens", json=body)
    assert response.status_code == 400
    assert response.json()["error"]
