"""Tokens of amoCRM: how they rotate, where they lie, and what a person reads when they are dead."""

import base64
import json
import os
import stat
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from ingestion.errors import SettingsError, SourceError
from ingestion.http import ApiClient, RateLimiter
from ingestion.sources.amocrm.refusals import explain
from ingestion.sources.amocrm.tokens import expiry, tokens_for

ROOT = Path(__file__).parents[2]
NOW = 1_767_225_600.0


def jwt(**claims):
    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    return f"{part({'alg': 'none'})}.{part(claims)}.signature"


class Vendor:
    """An account whose refresh tokens work once; remembers what it was given."""

    def __init__(self):
        self.lock = threading.Lock()
        self.pair = None
        self.given = []
        self.number = 0
        self.codes = {"code-1"}
        self.refresh_tokens = {"refresh-0"}
        self.fail = []
        self.lives = 86_400

    def exchange(self, body):
        with self.lock:
            self.given.append(body)
            if self.fail:
                return self.fail.pop(0), {}
            granted = {
                "authorization_code": (self.codes, body.get("code")),
                "refresh_token": (self.refresh_tokens, body.get("refresh_token")),
            }
            accepted, shown = granted[body["grant_type"]]
            if shown not in accepted:
                return 400, {"hint": shown}
            accepted.remove(shown)
            self.number += 1
            self.pair = (f"access-{self.number}", f"refresh-{self.number}")
            self.refresh_tokens = {self.pair[1]}
            access, refresh = self.pair
            return 200, {
                "token_type": "Bearer",
                "expires_in": self.lives,
                "access_token": access,
                "refresh_token": refresh,
            }


@pytest.fixture
def vendor():
    """A vendor on a free loopback port: `vendor.url`."""
    vendor = Vendor()

    class Handler(BaseHTTPRequestHandler):
        def answer(self, status, body):
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def do_POST(self):
            size = int(self.headers["Content-Length"])
            assert self.path == "/oauth2/access_token"
            self.answer(*vendor.exchange(json.loads(self.rfile.read(size))))

        def do_GET(self):
            is_known = vendor.pair and self.headers["Authorization"] == f"Bearer {vendor.pair[0]}"
            self.answer(200 if is_known else 401, {"id": 1})

        def log_message(self, format, *args):
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    vendor.url = f"http://127.0.0.1:{server.server_port}"
    yield vendor
    server.shutdown()
    server.server_close()


INTEGRATION = {
    "AMOCRM_CLIENT_ID": "id-1",
    "AMOCRM_CLIENT_SECRET": "secret-word",
    "AMOCRM_REDIRECT_URI": "https://example.com",
}


class Account:
    """An API client of the vendor with the tokens its variables give; time moves by hand."""

    def __init__(self, vendor, folder, **variables):
        self.now = NOW
        self.limiter = RateLimiter(100_000)
        values = {"AMOCRM_BASE_URL": vendor.url, **INTEGRATION, **variables}
        self.tokens = tokens_for(
            values, "main", folder, self.limiter, lambda: self.now, lambda seconds: None
        )
        self.api = ApiClient(
            "amocrm",
            vendor.url,
            self.limiter,
            credentials="the integration's tokens",
            address="AMOCRM_BASE_URL",
            auth=self.tokens,
            explain=explain,
        )

    def ask(self):
        return self.api.get("account", "api/v4/account")


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "secrets"


def kept(folder):
    return json.loads((folder / "amocrm-main.json").read_text())


def test_an_authorisation_code_is_exchanged_once_and_kept(vendor, folder):
    Account(vendor, folder, AMOCRM_AUTH_CODE="code-1").ask()

    again = Account(vendor, folder, AMOCRM_AUTH_CODE="code-1")

    assert again.ask() == {"id": 1}
    assert [body["grant_type"] for body in vendor.given] == ["authorization_code"]
    assert vendor.given[0] == {
        "client_id": "id-1",
        "client_secret": "secret-word",
        "redirect_uri": "https://example.com",
        "grant_type": "authorization_code",
        "code": "code-1",
    }


def test_the_code_may_be_taken_out_of_the_settings_afterwards(vendor, folder):
    Account(vendor, folder, AMOCRM_AUTH_CODE="code-1").ask()

    assert Account(vendor, folder).ask() == {"id": 1}


def test_a_new_code_replaces_what_is_kept(vendor, folder):
    Account(vendor, folder, AMOCRM_AUTH_CODE="code-1").ask()
    vendor.codes = {"code-2"}

    Account(vendor, folder, AMOCRM_AUTH_CODE="code-2").ask()

    assert kept(folder)["access_token"] == "access-2"


def test_only_we_may_read_the_file_and_nothing_else_lies_beside_it(vendor, folder):
    Account(vendor, folder, AMOCRM_REFRESH_TOKEN="refresh-0").ask()

    file = folder / "amocrm-main.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {path.name for path in folder.iterdir()} == {"amocrm-main.json", "amocrm-main.lock"}


def test_a_token_is_replaced_before_it_expires_by_our_clock(vendor, folder):
    account = Account(vendor, folder, AMOCRM_AUTH_CODE="code-1")
    account.ask()

    account.now += 86_400 - 301
    account.ask()
    assert vendor.number == 1
    account.now += 2
    account.ask()

    assert vendor.number == 2
    assert kept(folder)["refresh_token"] == "refresh-2"


def test_without_expires_in_the_token_itself_says_when(vendor, folder):
    assert expiry(jwt(exp=NOW + 60)) == NOW + 60
    assert [expiry(token) for token in ("demo-token", "aaa.bbb.ccc", "a.e30.c")] == [None] * 3


def test_a_401_refreshes_once_and_asks_once_more(vendor, folder):
    account = Account(vendor, folder, AMOCRM_AUTH_CODE="code-1")
    account.ask()
    vendor.pair = ("another", "pair")  # revoked at the vendor's

    account.ask()

    assert [body["grant_type"] for body in vendor.given][1:] == ["refresh_token"]


def test_a_401_that_stays_is_told_after_one_refresh(vendor, folder, monkeypatch):
    account = Account(vendor, folder, AMOCRM_AUTH_CODE="code-1")
    account.ask()
    exchange = vendor.exchange

    def useless(body):
        answer = exchange(body)
        vendor.pair = ("never", "accepted")
        return answer

    monkeypatch.setattr(vendor, "exchange", useless)
    vendor.pair = ("never", "accepted")

    with pytest.raises(SourceError, match=r"access was refused \(401\).*the integration's tokens"):
        account.ask()
    assert len(vendor.given) == 2


def test_a_new_pair_is_on_the_disk_before_it_is_used(vendor, folder):
    account = Account(vendor, folder, AMOCRM_AUTH_CODE="code-1")
    flow = account.tokens.sync_auth_flow(httpx.Request("GET", f"{vendor.url}/api/v4/account"))

    shown = next(flow).headers["Authorization"]

    assert shown == f"Bearer {kept(folder)['access_token']}"


def test_threads_refresh_once_between_them(vendor, folder):
    account = Account(vendor, folder, AMOCRM_AUTH_CODE="code-1")
    account.ask()
    vendor.pair = ("another", "pair")

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: account.ask(), range(16)))

    assert answers == [{"id": 1}] * 16
    assert vendor.number == 2


ONE_PROCESS = """
import sys
from pathlib import Path
from ingestion.http import ApiClient, RateLimiter
from ingestion.sources.amocrm.tokens import tokens_for
url, folder, now = sys.argv[1:]
values = {"AMOCRM_BASE_URL": url, "AMOCRM_CLIENT_ID": "id-1", "AMOCRM_REDIRECT_URI": "https://e",
          "AMOCRM_CLIENT_SECRET": "secret-word", "AMOCRM_AUTH_CODE": "code-1"}
limiter = RateLimiter(100000)
tokens = tokens_for(values, "main", Path(folder), limiter, lambda: float(now), lambda s: None)
api = ApiClient("amocrm", url, limiter, credentials="-", address="-", auth=tokens)
sys.stdin.readline()
print(api.get("account", "api/v4/account"))
"""


def test_two_processes_at_once_refresh_once_between_them(vendor, folder):
    Account(vendor, folder, AMOCRM_AUTH_CODE="code-1").ask()
    expired_at = NOW + 86_400
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", ONE_PROCESS, vendor.url, str(folder), str(expired_at)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    time.sleep(0.5)
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    said = [process.communicate(timeout=30)[0].strip() for process in processes]

    assert said == ["{'id': 1}"] * 3
    assert vendor.number == 2


def test_a_refresh_that_does_not_answer_is_asked_again(vendor, folder):
    vendor.fail = [503, 429]

    assert Account(vendor, folder, AMOCRM_AUTH_CODE="code-1").ask() == {"id": 1}


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"AMOCRM_AUTH_CODE": "old-code"}, "the authorisation code was refused (HTTP 400)"),
        ({"AMOCRM_REFRESH_TOKEN": "used-token"}, "the refresh token was refused (HTTP 400)"),
    ],
)
def test_a_dead_grant_says_how_to_authorise_again_and_holds_no_secret(
    vendor, folder, variables, words
):
    with pytest.raises(SourceError) as error:
        Account(vendor, folder, **variables).ask()

    assert words in str(error.value)
    assert "set the code it shows as AMOCRM_AUTH_CODE, within 20 minutes" in str(error.value)
    assert not any(secret in str(error.value) for secret in [*variables.values(), "secret-word"])


def test_tokens_are_in_no_repr(vendor, folder):
    account = Account(vendor, folder, AMOCRM_AUTH_CODE="code-1")
    account.ask()

    shown = repr(account.tokens) + repr(vars(account.tokens)["_integration"])
    shown += repr(vars(account.tokens)["_pair"])

    assert not any(word in shown for word in ("access-1", "refresh-1", "code-1", "secret-word"))


def test_a_broken_file_says_what_to_do(vendor, folder):
    folder.mkdir()
    (folder / "amocrm-main.json").write_text("{")

    with pytest.raises(
        SourceError, match=r"does not hold a pair of tokens\. Remove it\. Authorise"
    ):
        Account(vendor, folder).ask()


def test_neither_way_complete_names_what_is_missing(vendor, folder):
    with pytest.raises(
        SettingsError, match=r"needs AMOCRM_TOKEN .*AMOCRM_CLIENT_SECRET is not set"
    ):
        Account(vendor, folder, AMOCRM_CLIENT_SECRET="")
    with pytest.raises(SettingsError, match="needs AMOCRM_AUTH_CODE"):
        Account(vendor, folder)


def test_a_long_lived_token_is_never_refreshed(vendor, folder):
    account = Account(vendor, folder, AMOCRM_TOKEN=jwt(exp=NOW + 60))

    with pytest.raises(SourceError, match="access was refused"):
        account.ask()
    assert vendor.given == []


def test_a_long_lived_token_that_expired_says_so_before_the_first_request(vendor, folder):
    with pytest.raises(SourceError, match="AMOCRM_TOKEN expired on 2025-12-31"):
        Account(vendor, folder, AMOCRM_TOKEN=jwt(exp=NOW - 60))


@pytest.mark.parametrize("token", ["two\nlines", "токен"])
def test_a_token_no_header_can_carry_is_refused_without_repeating_it(vendor, folder, token):
    with pytest.raises(SettingsError, match="AMOCRM_TOKEN holds a line break") as error:
        Account(vendor, folder, AMOCRM_TOKEN=token)
    assert token not in str(error.value)
