"""When people are disturbed, one rule a test."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from alerts.decide import decide
from alerts.models import (
    Because,
    Candidate,
    Decision,
    Form,
    Held,
    History,
    Kind,
    Severity,
    Status,
)
from alerts.policy import Policy

Heard = Callable[..., History]
Overdue = Callable[..., Candidate]
NOTHING_YET = History.of((), day_start=datetime.max.replace(tzinfo=UTC))


def sent(decisions: tuple[Decision, ...]) -> list[tuple[str, str]]:
    return [(each.recipient.id, each.candidate.rule) for each in decisions if each.is_sent_now]


def test_silence_is_told_to_the_marketer_and_the_sales_head(
    silence: Candidate, policy: Policy, now: datetime
) -> None:
    decisions = decide([silence], NOTHING_YET, policy, now)
    assert sent(decisions) == [("marketer", "no_new_leads"), ("sales_head", "no_new_leads")]
    assert {each.because for each in decisions} == {Because.NEW}


def test_overdue_deals_are_told_to_their_manager_and_go_into_the_heads_digest(
    overdue: Overdue, policy: Policy, now: datetime
) -> None:
    decisions = decide([overdue(1), overdue(2)], NOTHING_YET, policy, now)
    forms = sorted((each.recipient.id, each.form.value) for each in decisions)
    assert forms == [
        ("amocrm:main:9101", "single"),
        ("amocrm:main:9102", "single"),
        ("sales_head", "digest"),
        ("sales_head", "digest"),
    ]


def test_a_problem_without_a_manager_goes_only_to_those_who_are_not_one(
    overdue: Overdue, policy: Policy, now: datetime
) -> None:
    nobodys = replace(overdue(1), manager_id=None, manager_name=None)
    decisions = decide([nobodys], NOTHING_YET, policy, now)
    assert [each.recipient.id for each in decisions] == ["sales_head"]


def test_a_rule_the_policy_does_not_know_disturbs_nobody(
    silence: Candidate, policy: Policy, now: datetime
) -> None:
    assert decide([replace(silence, rule="unheard_of")], NOTHING_YET, policy, now) == ()


@pytest.mark.parametrize(
    ("hours_later", "observed", "severity", "because"),
    [
        (1, 6.0, Severity.WARNING, None),  # the same, an hour later
        (1, 8.9, Severity.WARNING, None),  # worse, but by less than a half
        (1, 5.0, Severity.WARNING, None),  # better
        (1, 9.0, Severity.WARNING, Because.WORSE),  # worse by a half
        (1, 6.0, Severity.CRITICAL, Because.WORSE),  # became critical
        (96, 6.0, Severity.WARNING, Because.REMINDER),  # its interval is over
    ],
)
def test_repeated_only_when_worse_or_after_its_interval(
    silence: Candidate,
    policy: Policy,
    now: datetime,
    heard: Heard,
    hours_later: int,
    observed: float,
    severity: Severity,
    because: Because | None,
) -> None:
    history = heard(decide([silence], NOTHING_YET, policy, now), now)
    later = replace(silence, observed=observed, severity=severity)
    decisions = decide([later], history, policy, now + timedelta(hours=hours_later))
    if because is None:
        assert {each.held for each in decisions} == {Held.ALREADY_TOLD}
    else:
        assert {(each.held, each.because) for each in decisions} == {(None, because)}
        assert {each.sequence for each in decisions} == {2}


def test_less_is_worse_where_the_norm_is_a_floor(
    silence: Candidate, policy: Policy, now: datetime, heard: Heard
) -> None:
    low = replace(silence, observed=0.10, threshold=0.20)
    history = heard(decide([low], NOTHING_YET, policy, now), now)
    lower = decide([replace(low, observed=0.04)], history, policy, now)
    higher = decide([replace(low, observed=0.16)], history, policy, now)
    assert {each.because for each in lower if each.is_sent_now} == {Because.WORSE}
    assert sent(higher) == []


def test_deciding_again_on_what_was_just_told_sends_nothing(
    silence: Candidate, overdue: Overdue, policy: Policy, now: datetime, heard: Heard
) -> None:
    candidates = [silence, *(overdue(number, observed=number) for number in range(1, 25))]
    for status in (Status.SENT, Status.RESERVED, Status.UNKNOWN):
        first = decide(candidates, NOTHING_YET, policy, now)
        assert sent(first)
        assert sent(decide(candidates, heard(first, now, status), policy, now)) == []


@pytest.mark.parametrize("seed", range(50))
def test_whatever_the_problems_and_the_hour_they_are_told_once(
    overdue: Overdue, silence: Candidate, policy: Policy, now: datetime, heard: Heard, seed: int
) -> None:
    chance = random.Random(seed)
    candidates = [
        replace(
            chance.choice([silence, overdue(chance.randint(1, 24))]),
            key=f"problem|{number}",
            observed=chance.uniform(0, 30),
            severity=chance.choice(list(Severity)),
        )
        for number in range(chance.randint(1, 40))
    ]
    at = now + timedelta(minutes=chance.randint(0, 7 * 24 * 60))
    first = decide(candidates, NOTHING_YET, policy, at)
    second = decide(candidates, heard(first, at), policy, at)
    assert sent(second) == []
    assert {each.held for each in second if each.past} <= {Held.ALREADY_TOLD}


def test_what_surely_failed_is_tried_again_under_the_next_number(
    silence: Candidate, policy: Policy, now: datetime, heard: Heard
) -> None:
    first = decide([silence], NOTHING_YET, policy, now)
    again = decide([silence], heard(first, now, Status.FAILED), policy, now)
    assert sent(again) == sent(first)
    assert {each.sequence for each in again} == {2}


@pytest.mark.parametrize(
    ("moment", "until"),
    [
        ("2026-11-20T21:00:00+03:00", "2026-11-23T09:00:00+03:00"),  # Friday evening
        ("2026-11-21T12:00:00+03:00", "2026-11-23T09:00:00+03:00"),  # Saturday noon
        ("2026-11-24T06:00:00+03:00", "2026-11-24T09:00:00+03:00"),  # early on Tuesday
        ("2026-11-04T12:00:00+03:00", "2026-11-05T09:00:00+03:00"),  # a holiday, a Wednesday
        ("2026-12-31T20:00:00+03:00", "2027-01-11T09:00:00+03:00"),  # New Year, then a weekend
    ],
)
def test_quiet_hours_and_holidays_hold_until_the_next_working_morning(
    silence: Candidate, policy: Policy, now: datetime, moment: str, until: str
) -> None:
    at = datetime.fromisoformat(moment).astimezone(now.tzinfo)
    decisions = decide([silence], NOTHING_YET, policy, at)
    assert {each.held for each in decisions} == {Held.QUIET_HOURS}
    assert {each.until for each in decisions} == {datetime.fromisoformat(until)}


def test_what_is_critical_breaks_the_quiet_the_digest_and_the_cap(
    overdue: Overdue, policy: Policy, now: datetime
) -> None:
    night = now.replace(hour=23)
    critical = replace(overdue(1), severity=Severity.CRITICAL)
    decisions = decide([critical], NOTHING_YET, replace(policy, daily_cap=1), night)
    assert {(each.recipient.id, each.form, each.held) for each in decisions} == {
        ("amocrm:main:9101", Form.SINGLE, None),
        ("sales_head", Form.SINGLE, None),
    }


def test_a_reminder_of_what_is_critical_waits_for_the_morning(
    silence: Candidate, policy: Policy, now: datetime, heard: Heard
) -> None:
    critical = replace(silence, severity=Severity.CRITICAL)
    history = heard(decide([critical], NOTHING_YET, policy, now), now)
    decisions = decide([critical], history, policy, now + timedelta(hours=25))  # a Saturday
    assert {(each.because, each.held) for each in decisions} == {
        (Because.REMINDER, Held.QUIET_HOURS)
    }


def test_above_the_daily_cap_the_least_urgent_wait_for_the_digest(
    silence: Candidate, policy: Policy, now: datetime
) -> None:
    candidates = [
        replace(silence, key=f"no_new_leads|{channel}", observed=4.0 + hours)
        for hours, channel in enumerate(("site", "phone", "chat", "mail", "vk", "direct"), start=1)
    ]
    early = now.replace(hour=9, minute=5)
    decisions = decide(candidates, NOTHING_YET, policy, early)
    theirs = [each for each in decisions if each.recipient.id == "marketer"]
    assert [each.candidate.observed for each in theirs if each.is_sent_now] == [10, 9, 8, 7]
    waiting = [(each.candidate.observed, each.held) for each in theirs if not each.is_sent_now]
    assert waiting == [(6, Held.DAILY_CAP), (5, Held.DAILY_CAP)]
    assert {each.until for each in theirs if each.until} == {early.replace(hour=9, minute=30)}


def test_one_digest_a_day_and_what_comes_after_it_waits_for_the_next(
    overdue: Overdue, policy: Policy, now: datetime, heard: Heard
) -> None:
    history = heard(decide([overdue(1)], NOTHING_YET, policy, now), now)
    later = now + timedelta(hours=1)
    decisions = decide([overdue(1), overdue(2)], history, policy, later)
    to_head = [each for each in decisions if each.recipient.id == "sales_head"]
    assert [each.held for each in to_head] == [Held.ALREADY_TOLD, Held.DIGEST]
    monday = datetime(2026, 11, 23, 9, 30, tzinfo=now.tzinfo)
    assert [each.until for each in to_head if each.until] == [monday]


def test_the_end_of_a_problem_is_told_once_to_those_who_heard_of_it(
    silence: Candidate, policy: Policy, now: datetime, heard: Heard
) -> None:
    history = heard(decide([silence], NOTHING_YET, policy, now), now)
    over = decide([], history, policy, now + timedelta(hours=1))
    assert {(each.recipient.id, each.kind, each.held) for each in over} == {
        ("marketer", Kind.RECOVERED, None),
        ("sales_head", Kind.RECOVERED, None),
    }
    assert decide([], heard(over, now), policy, now + timedelta(hours=2)) == ()


@pytest.mark.parametrize("status", [Status.FAILED, Status.UNKNOWN, Status.RESERVED])
def test_the_end_is_not_told_of_what_may_never_have_arrived(
    silence: Candidate, policy: Policy, now: datetime, heard: Heard, status: Status
) -> None:
    history = heard(decide([silence], NOTHING_YET, policy, now), now, status)
    assert decide([], history, policy, now) == ()


def test_the_end_of_a_critical_problem_lets_people_sleep(
    silence: Candidate, policy: Policy, now: datetime, heard: Heard
) -> None:
    critical = replace(silence, severity=Severity.CRITICAL)
    history = heard(decide([critical], NOTHING_YET, policy, now), now)
    over = decide([], history, policy, now.replace(hour=23))
    assert {each.held for each in over} == {Held.QUIET_HOURS}


def test_a_new_episode_is_told_at_once_but_a_flapping_one_is_a_repeat(
    silence: Candidate, policy: Policy, now: datetime, heard: Heard
) -> None:
    told = heard(decide([silence], NOTHING_YET, policy, now), now)
    over = heard(decide([], told, policy, now), now)
    later = now + timedelta(hours=5)
    new = replace(silence, since_at=now + timedelta(hours=1))
    assert len(sent(decide([new], over, policy, later))) == 2
    assert sent(decide([silence], over, policy, later)) == []
