"""A policy, a clock and candidates for the alerting tests; the policy is the one we ship."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

import alerts
from alerts.models import Candidate, Decision, History, PastDelivery, Record, Severity, Status
from alerts.policy import Policy, load_policy

MOSCOW = ZoneInfo("Europe/Moscow")
POLICY_FILE = Path(alerts.__file__).with_name("policy.yml")
DEAL = "https://optovik.amocrm.ru/leads/detail"
CHATS = {"TELEGRAM_CHAT_SALES_HEAD": "-100500", "TELEGRAM_CHAT_MARKETER": "42"}
MANAGERS = (
    "Иванов Пётр", "Орлова Анна", "Ким Олег", "Белова Ирина", "Гусев Антон",
    "Лебедева Юлия", "Соколов Денис", "Мороз Вера", "Титов Роман", "Панина Ольга",
)  # fmt: skip


@pytest.fixture
def policy() -> Policy:
    return load_policy(POLICY_FILE, CHATS)


@pytest.fixture
def now() -> datetime:
    """A Friday at noon: nobody is asleep and the hour of the digest has passed."""
    return datetime(2026, 11, 20, 12, 0, tzinfo=MOSCOW)


@pytest.fixture
def silence(now: datetime) -> Candidate:
    """No new leads for six business hours: since Thursday 15:00, the working day ends at 18:00."""
    return Candidate(
        rule="no_new_leads",
        key="no_new_leads|company",
        manager_id=None,
        manager_name=None,
        observed=6.0,
        threshold=4.0,
        unit="business_hours",
        since_at=datetime(2026, 11, 19, 15, 0, tzinfo=MOSCOW),
        severity=Severity.WARNING,
        evaluated_at=now,
        examples=(
            Record("Стеллажи для склада", f"{DEAL}/512", "19.11.2026 15:00"),
            Record("Звонок с рекламы", f"{DEAL}/511", "19.11.2026 14:20"),
            Record("phone", None, "19.11.2026 13:05"),
        ),
        details={"usual_leads_count": 5.2},
    )


@pytest.fixture
def overdue(now: datetime) -> Callable[..., Candidate]:
    """`overdue(number, observed)`: deals of the manager of that number with an overdue task."""

    def make(number: int = 1, observed: float = 12) -> Candidate:
        manager_id = f"amocrm:main:{9100 + number}"
        oldest = datetime(2026, 11, 2 + number % 9, 18, 0, tzinfo=MOSCOW)
        links = [f"{DEAL}/{number}{deal}" for deal in range(3)]
        return Candidate(
            rule="deals_overdue",
            key=f"deals_overdue|{manager_id}",
            manager_id=manager_id,
            manager_name=MANAGERS[(number - 1) % len(MANAGERS)],
            observed=observed,
            threshold=0,
            unit="deals",
            since_at=oldest,
            severity=Severity.WARNING,
            evaluated_at=now,
            examples=(
                Record('ООО "Ромашка & Ко": стеллажи', links[0], f"{oldest:%d.%m.%Y %H:%M}"),
                Record("Поставка профиля <срочно>", links[1], "14.11.2026 12:00"),
                Record("Кафе на Ленина", None, "16.11.2026 10:30"),
            ),
        )

    return make


@pytest.fixture
def heard() -> Callable[..., History]:
    """`heard(decisions, at, status)`: the log after those that go now were delivered then."""

    def make(
        decisions: tuple[Decision, ...],
        at: datetime,
        status: Status = Status.SENT,
        *,
        as_of: datetime | None = None,
    ) -> History:
        rows = [
            PastDelivery(
                candidate=replace(each.candidate, examples=()),
                recipient_id=each.recipient.id,
                kind=each.kind,
                form=each.form,
                status=status,
                sequence=each.sequence,
                message_id=f"{each.recipient.id}-{each.candidate.key}-{each.form}",
                told_at=at,
            )
            for each in decisions
            if each.is_sent_now
        ]
        day = as_of or at
        return History.of(rows, day_start=day.replace(hour=0, minute=0))

    return make
