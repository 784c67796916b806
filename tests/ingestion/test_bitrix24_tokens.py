"""A Bitrix24 application: how its tokens rotate, and what is read when they are dead."""

import json

import pytest

from ingestion.errors import SettingsError, SourceError
from tests.ingestion.bitrix24_portal import AS_OF, land

pytestmark = pytest.mark.integration

OURS = {"BITRIX24_CLIENT_ID": "local.demo", "BITRIX24_CLIENT_SECRET": "demo-secret"}


@pytest.fixture
def application(portal):
    """The variables of an application that was just authorised."""
    return {
        "BITRIX24_WEBHOOK": "",
        "BITRIX24_OAUTH_URL": f"{portal.url}/bitrix24",
        "BITRIX24_AUTH_CODE": "demo-code",
        **OURS,
    }


def kept(bench):
    return json.loads((bench.var_dir / "secrets" / "bitrix24-main.json").read_text())


def test_a_code_gives_a_pair_that_later_runs_keep_and_replace(portal, bench, application, caplog):
    caplog.set_level("DEBUG")
    land(bench, portal, **application)
    first = kept(bench)
    land(bench, portal, **application)
    assert kept(bench) == first

    portal.switch(expire=True)  # unknown to us: the portal answers 401 expired_token
    result = land(bench, portal, **application)

    assert kept(bench)["refresh_token"] != first["refresh_token"]
    assert result.tables["categories"] == 3
    for secret in (first["access_token"], first["refresh_token"], "demo-secret", "demo-code"):
        assert secret not in caplog.text


def test_tokens_are_replaced_before_they_expire(portal, bench, application):
    land(bench, portal, **application)
    first = kept(bench)
    land(bench, portal, now=AS_OF.replace(hour=10), **application)

    assert kept(bench)["access_token"] != first["access_token"]


def test_a_dead_grant_says_how_to_authorise_again(portal, bench, application):
    with pytest.raises(SourceError) as caught:
        land(bench, portal, **application | {"BITRIX24_AUTH_CODE": "used-before"})
    assert str(caught.value) == (
        "bitrix24: the authorisation code was refused (HTTP 400). Authorise the application again "
        "and set the refresh token it was given as BITRIX24_REFRESH_TOKEN"
    )


def test_an_application_that_is_not_paid_for_is_told_so(portal, bench, application, serve, answer):
    body = {"error": "PAYMENT_REQUIRED", "error_description": "Payment required"}
    office = serve(lambda asked: answer(json.dumps(body).encode(), status=400))
    with pytest.raises(SourceError) as caught:
        land(bench, portal, **application | {"BITRIX24_OAUTH_URL": office.url})
    assert str(caught.value) == (
        "bitrix24: the application is not paid for, so it is given no tokens. Renew the "
        "application's subscription, then run again"
    )


def test_a_silent_token_server_is_named(portal, bench, application):
    with pytest.raises(SourceError) as caught:
        land(bench, portal, **application | {"BITRIX24_OAUTH_URL": "http://127.0.0.1:9"})
    assert str(caught.value) == (
        "bitrix24: the tokens cannot be refreshed: /oauth/token/ does not answer (ConnectError). "
        "Check BITRIX24_OAUTH_URL and the network, then run again"
    )


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        (
            "BITRIX24_CLIENT_SECRET",
            "needs BITRIX24_WEBHOOK (an incoming webhook), or an application's BITRIX24_CLIENT_ID "
            "and BITRIX24_CLIENT_SECRET with BITRIX24_AUTH_CODE; BITRIX24_CLIENT_SECRET is not set",
        ),
        ("BITRIX24_AUTH_CODE", "source bitrix24 needs BITRIX24_REFRESH_TOKEN (or BITRIX24_AUTH"),
    ],
)
def test_what_is_missing_is_named(portal, bench, application, missing, words):
    with pytest.raises(SettingsError) as caught:
        land(bench, portal, **application | {missing: ""})
    assert words in str(caught.value)
