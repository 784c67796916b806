"""`python -m expectations`: what it prints and with which code it ends."""

from __future__ import annotations

from typing import Any

import pytest

from expectations.__main__ import main
from expectations.runner import psycopg2_url
from expectations.settings import QualitySettings


def use(monkeypatch: pytest.MonkeyPatch, settings: QualitySettings) -> None:
    monkeypatch.setenv("WAREHOUSE_TRANSFORMER_URL", settings.reading_url)
    monkeypatch.setenv("WAREHOUSE_LOADER_URL", settings.writing_url)
    monkeypatch.setenv("WAREHOUSE_PREFIX", settings.prefix)
    monkeypatch.setenv("BUSINESS_NOW", "2026-03-31T12:00:00+00:00")


def test_a_missing_variable_is_one_sentence_and_code_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("WAREHOUSE_TRANSFORMER_URL", raising=False)
    assert main(["report"]) == 2
    assert capsys.readouterr().err.startswith(
        "expectations: WAREHOUSE_TRANSFORMER_URL is not set; "
    )


@pytest.mark.parametrize(
    ("name", "value"), [("WAREHOUSE_PREFIX", "dev; drop"), ("BUSINESS_NOW", "вчера")]
)
def test_a_malformed_variable_is_refused_by_name(
    name: str,
    value: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("WAREHOUSE_TRANSFORMER_URL", "postgresql://x@y/z")
    monkeypatch.setenv("WAREHOUSE_LOADER_URL", "postgresql://x@y/z")
    monkeypatch.setenv(name, value)
    assert main(["report"]) == 2
    assert name in capsys.readouterr().err


def test_a_dollar_in_a_password_is_no_variable_of_great_expectations() -> None:
    url = psycopg2_url("postgresql://transformer:pa$word@127.0.0.1:5432/warehouse")
    assert url == "postgresql+psycopg2://transformer:pa%24word@127.0.0.1:5432/warehouse"


@pytest.mark.integration
def test_a_run_shows_failures_by_owner_with_links_and_the_report_repeats_them(
    make_crm: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lost = {"status": "lost", "stage_rank": "lost"}
    settings = make_crm(
        "cli_",
        {"intermediate.int_deals": [{"deal_id": "1", "loss_reason": "Другое", **lost}]},
    )
    use(monkeypatch, settings)
    assert main(["run", "--asset", "intermediate/int_deals"]) == 0
    shown = capsys.readouterr().out
    assert "РОП: не выполнено 1 из 2" in shown
    assert "НЕ ВЫПОЛНЕНО" in shown
    assert "не так в 1 из 1 (100\u00a0%, можно 15\u00a0%)" in shown
    assert "Поставка  https://crm.example/leads/1" in shown
    assert main(["report"]) == 0
    assert "РОП: не выполнено 1 из 2" in capsys.readouterr().out
    assert main(["report", "--brief"]) == 0
    assert "  Исправляет: РОП\n    Причина отказа названа" in capsys.readouterr().out


@pytest.mark.integration
def test_an_empty_feed_ends_with_code_1(make_crm: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, make_crm("cli_empty_", {}))
    assert main(["run", "--asset", "intermediate/int_deals"]) == 1


@pytest.mark.integration
def test_an_unreachable_warehouse_is_one_sentence_and_code_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    url = "postgresql://transformer:s3cret@127.0.0.1:1/warehouse"
    use(monkeypatch, QualitySettings(reading_url=url, writing_url=url))
    assert main(["run"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("expectations: quality checks cannot reach Postgres at 127.0.0.1:1/")
    assert "s3cret" not in error
