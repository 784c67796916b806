"""What people read, word for word: golden files, and the limits of the formats.

`GOLDEN=write pytest tests/alerts/test_messages.py` writes the files anew; read them before keeping.
"""

import os
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alerts.decide import decide
from alerts.formats import telegram_html, text
from alerts.message import compose, moment_text, number_text, plural
from alerts.models import Candidate, Form, History, Message, Record, Severity
from alerts.policy import Policy

GOLDEN = Path(__file__).with_name("golden")
NOTHING_YET = History.of((), day_start=datetime.max.replace(tzinfo=UTC))
Overdue = Callable[..., Candidate]
Heard = Callable[..., History]


@pytest.fixture
def messages(
    silence: Candidate, overdue: Overdue, policy: Policy, now: datetime, heard: Heard
) -> dict[str, Message]:
    """Every kind of message, by the name of its golden file."""

    def said(
        candidates: list[Candidate], history: History = NOTHING_YET, at: datetime = now
    ) -> dict[str, Message]:
        decisions = decide(candidates, history, policy, at)
        sent = [each for each in decisions if each.is_sent_now]
        return {each.recipient.id: each for each in compose(sent, policy, at)}

    evening = now.replace(hour=17, minute=30)
    yesterday = now - timedelta(days=1)
    counts = (14, 12, 9, 7, 5, 4, 3, 2, 2, 1)
    everyone = [overdue(number, count) for number, count in enumerate(counts, start=1)]
    told_silence = heard(decide([silence], NOTHING_YET, policy, now), now)
    told_overdue = heard(
        decide([overdue(1), overdue(2)], NOTHING_YET, policy, yesterday), yesterday, as_of=now
    )
    critical = replace(silence, observed=11.5, severity=Severity.CRITICAL, examples=())
    return {
        "no_new_leads_marketer": said([silence])["marketer"],
        "no_new_leads_sales_head": said([silence])["sales_head"],
        "no_new_leads_worse": said([critical], told_silence, evening)["marketer"],
        "no_new_leads_recovered": said([], told_silence, evening)["marketer"],
        "deals_overdue_manager": said([overdue(1)])["amocrm:main:9101"],
        "deals_overdue_digest": said(everyone)["sales_head"],
        "deals_overdue_digest_recovered": said([overdue(2, 20)], told_overdue)["sales_head"],
    }


@pytest.mark.parametrize("extension", ["txt", "html"])
@pytest.mark.parametrize(
    "name",
    [
        "no_new_leads_marketer",
        "no_new_leads_sales_head",
        "no_new_leads_worse",
        "no_new_leads_recovered",
        "deals_overdue_manager",
        "deals_overdue_digest",
        "deals_overdue_digest_recovered",
    ],
)
def test_message_reads_as_agreed(messages: dict[str, Message], name: str, extension: str) -> None:
    message = messages[name]
    rendered = text.render(message) if extension == "txt" else telegram_html.render(message)[0]
    golden = GOLDEN / f"{name}.{extension}"
    if os.environ.get("GOLDEN") == "write":
        golden.write_text(rendered + "\n", encoding="utf-8")
    assert rendered + "\n" == golden.read_text(encoding="utf-8")


def test_every_message_fits_a_phone(messages: dict[str, Message]) -> None:
    for name, message in messages.items():
        lines = [line for line in telegram_html.render(message)[0].split("\n") if line]
        assert len(lines) <= 15, name


def test_every_rule_of_the_policy_has_its_golden_message(policy: Policy) -> None:
    for rule in policy.rules:
        assert list(GOLDEN.glob(f"{rule}_*.txt")), f"write a golden message for {rule}"


def test_names_from_the_crm_cannot_become_markup(messages: dict[str, Message]) -> None:
    rendered = telegram_html.render(messages["deals_overdue_manager"])[0]
    assert "&lt;срочно&gt;" in rendered
    assert "Ромашка &amp; Ко" in rendered
    assert set(re.findall(r"</?(\w+)", rendered)) == {"b", "a"}


def test_a_link_that_is_not_http_is_not_a_link(messages: dict[str, Message]) -> None:
    message = messages["deals_overdue_manager"]
    section = replace(message.sections[0], records=(Record("Сделка", "javascript:alert(1)"),))
    rendered = telegram_html.render(replace(message, sections=(section,)))[0]
    assert "javascript" not in rendered


@pytest.mark.parametrize("limit", [200, 300, 1000, 4096])
def test_a_long_message_is_cut_between_lines_and_loses_none(
    messages: dict[str, Message], limit: int
) -> None:
    message = messages["deals_overdue_digest"]
    short = tuple(replace(each, advice="Разберите.", records=()) for each in message.sections)
    long = replace(message, sections=short * 30)
    parts = telegram_html.render(long, limit=limit)
    assert len(parts) > 1
    assert all(len(part.encode("utf-16-le")) // 2 <= limit for part in parts)
    assert all(part.count("<b>") == part.count("</b>") for part in parts)
    lines = [line for part in parts for line in part.split("\n") if line]
    whole = [line for line in telegram_html.render(long, limit=10**6)[0].split("\n") if line]
    assert lines == whole


def test_a_title_as_long_as_a_novel_is_shortened(
    overdue: Overdue, policy: Policy, now: datetime
) -> None:
    endless = replace(overdue(1), examples=(Record("Ромашка\n" * 2000, "https://x.ru/1"),))
    (message, *_) = compose(decide([endless], NOTHING_YET, policy, now), policy, now)
    (part,) = telegram_html.render(message)
    assert "…" in part
    assert "Ромашка\nРомашка" not in part


def test_a_unit_nobody_worded_is_shown_as_it_is(
    silence: Candidate, policy: Policy, now: datetime
) -> None:
    odd = replace(silence, unit="parrots")
    (message, *_) = compose(decide([odd], NOTHING_YET, policy, now), policy, now)
    assert "6 parrots" in message.heading


def test_a_line_with_something_unknown_is_left_out(
    silence: Candidate, policy: Policy, now: datetime
) -> None:
    (message, *_) = compose(
        decide([replace(silence, since_at=None, details={})], NOTHING_YET, policy, now), policy, now
    )
    assert message.form is Form.SINGLE
    assert len(message.sections[0].facts) == 1


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (1, "1 сделка"),
        (3, "3 сделки"),
        (5, "5 сделок"),
        (11, "11 сделок"),
        (21, "21 сделка"),
        (112, "112 сделок"),
        (4.5, "4,5 сделки"),
        (0, "0 сделок"),
        (1234567, "1\u00a0234\u00a0567 сделок"),
    ],
)
def test_numbers_read_as_russian(value: float, words: str) -> None:
    forms = ("сделка", "сделки", "сделок")
    assert f"{number_text(value)} {plural(value, forms)}" == words


def test_moments_are_told_in_the_business_time_zone(now: datetime) -> None:
    assert moment_text(datetime.fromisoformat("2026-11-20T08:40:00Z"), now) == "сегодня в 11:40"
    assert (
        moment_text(datetime.fromisoformat("2026-11-18T22:00:00Z"), now) == "чт 19 ноября в 01:00"
    )
    assert moment_text(datetime.fromisoformat("2025-03-01T09:00:00Z"), now) == (
        "сб 1 марта 2025 в 12:00"
    )
