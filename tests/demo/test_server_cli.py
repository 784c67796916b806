"""`python -m demo`: what it prints, how it starts, how it ends."""

import re
import signal
import socket
import subprocess
import sys
from subprocess import PIPE

import httpx
import pytest

from demo.__main__ import main


def test_env_prints_what_points_the_clients_here(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["env", "--port", "8101", "--onec-password", "it's"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "export AMOCRM_BASE_URL=http://127.0.0.1:8101/amocrm",
        "export AMOCRM_TOKEN=demo-token",
        "export AMOCRM_REQUESTS_PER_SECOND=50",
        "export ONEC_BASE_URL=http://127.0.0.1:8101/onec/odata/standard.odata",
        "export ONEC_USER=demo",
        """export ONEC_PASSWORD='it'"'"'s'""",
        "export ONEC_TIMEZONE=Europe/Moscow",
        "export ZADARMA_KEY=demo-key",
        "export ZADARMA_SECRET=demo-secret",
        "export ZADARMA_BASE_URL=http://127.0.0.1:8101/zadarma",
        "export ZADARMA_STATISTICS_PER_MINUTE=3000",
        "export MANGO_API_KEY=demo-vpbx",
        "export MANGO_API_SALT=demo-salt",
        "export MANGO_BASE_URL=http://127.0.0.1:8101/mango/vpbx",
        "export MANGO_REQUESTS_PER_SECOND=500",
        "export YANDEX_DIRECT_LOGIN=optovik-direct",
        "export YANDEX_DIRECT_TOKEN=demo-direct",
        "export YANDEX_DIRECT_BASE_URL=http://127.0.0.1:8101/yandex_direct/json/v501",
        "export YANDEX_DIRECT_GOALS=41001",
        "export YANDEX_DIRECT_REQUESTS_PER_SECOND=2000",
    ]


def test_the_second_crm_is_offered_only_to_who_asks_for_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    main(["env"])
    assert "BITRIX24" not in capsys.readouterr().out
    main(["env", "--port", "8101", "--crm", "bitrix24"])
    told = capsys.readouterr().out
    assert "AMOCRM" not in told
    assert told.splitlines()[:3] == [
        "export BITRIX24_BASE_URL=http://127.0.0.1:8101/bitrix24",
        "export BITRIX24_WEBHOOK=http://127.0.0.1:8101/bitrix24/rest/9100/demo-webhook/",
        "export BITRIX24_REQUESTS_PER_SECOND=2000",
    ]


def test_token_comes_from_the_environment_unless_given(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DEMO_TOKEN", "from-environment")
    main(["env"])
    assert "export AMOCRM_TOKEN=from-environment" in capsys.readouterr().out
    main(["env", "--token", "given"])
    assert "export AMOCRM_TOKEN=given" in capsys.readouterr().out


def test_busy_port_ends_in_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        assert main(["serve", "--port", str(port)]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert f"127.0.0.1:{port}" in line
    assert "--port" in line


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["serve", "--port", "70000"],
        ["serve", "--months", "0"],
        ["serve", "--scale", "nan"],
        ["serve", "--customers-mode", "sometimes"],
        ["serve", "--as-of", "yesterday"],
        ["serve", "--as-of", "2026-11-20T10:00:00"],
    ],
)
def test_arguments_that_make_no_sense_are_refused(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as refused:
        main(arguments)
    assert refused.value.code == 2
    assert "usage:" in capsys.readouterr().err


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_serve_takes_a_free_port_says_so_and_ends_cleanly(stop: signal.Signals) -> None:
    command = [sys.executable, "-m", "demo", "serve", "--port", "0", "--months", "2"]
    command += ["--scale", "0.05", "--as-of", "2026-11-20"]
    process = subprocess.Popen(command, stdout=PIPE, stderr=PIPE, text=True)
    try:
        assert process.stdout is not None
        ready = process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+", ready)
        assert found, ready
        health = httpx.get(f"{found[0]}/demo/health").json()
        assert health["as_of"] == "2026-11-20T12:00:00+03:00"
        assert health["records"]["leads"] > 0
        process.send_signal(stop)
        rest, errors = process.communicate(timeout=15)
    finally:
        process.kill()
    assert (process.returncode, rest, errors) == (0, "", "")
